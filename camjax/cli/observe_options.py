"""The options of `camjax observe`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

FilesArgument = Annotated[
    list[Path],
    typer.Argument(metavar="FILE…", help="CSV, JSON or Parquet, of one venue or of many."),
]
FormatOption = Annotated[
    Literal["defillama", "dune", "subgraph"] | None,
    typer.Option(help="Whose format it is. [default: told by the file]"),
]
TimeOption = Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of times.")]
BalanceOption = Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of balances.")]
YieldOption = Annotated[
    str | None, typer.Option("--yield", metavar="COLUMN", help="Column of yields.")
]
VenueOption = Annotated[
    str | None,
    typer.Option(metavar="NAME|COLUMN", help="The venue, or a column. [default: the file]"),
]
DepositOption = Annotated[
    str | None,
    typer.Option(metavar="NAME|COLUMN", help="The deposit, or a column. [default: the venue]"),
]
UnitOption = Annotated[
    float | None,
    typer.Option(metavar="X", help="What balances are divided by, 1e18 for wei."),
]
PercentOption = Annotated[
    bool | None,
    typer.Option("--percent/--shares", help="Whether yields are in percent or shares of 1."),
]
PercentOfOption = Annotated[
    list[str] | None,
    typer.Option(metavar="VENUE", help="A venue whose yields are in percent. Repeatable."),
]
ApyOption = Annotated[
    Literal["daily", "continuous"] | None,
    typer.Option(help="How yields are compounded; they become simple yearly rates."),
]
AddOption = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN", help="A column added to the yield. Repeatable."),
]
DailyOption = Annotated[
    Literal["last", "mean", "first"],
    typer.Option(help="Which of several rows of a day counts."),
]
AbsentOption = Annotated[
    Literal["zero", "closed"] | None,
    typer.Option(help="What a venue was before its first row and after its last."),
]
AsIsOption = Annotated[
    bool, typer.Option("--as-is", help="Take figures as they stand that look wrong.")
]
TokenOption = Annotated[
    str, typer.Option(metavar="NAME", help="The token, as --scenario-out names it.")
]
OutOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write observed.csv there. [default: nothing]"),
]
ScenarioOutOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write a scenario of external venues that fits."),
]
