"""Options that several commands share, so that they read the same everywhere."""

from pathlib import Path
from typing import Annotated, Literal

import typer

ScenarioArgument = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A built-in name, or a TOML file.")
]
ResultsArgument = Annotated[
    Path,
    typer.Argument(metavar="RESULTS", help="results.nc, the folder that it is in, or STORE.zarr."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override a key of the scenario, such as deposits.savings.rate=0.03. Repeatable.",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Answer in JSON, for machines, on standard output.")
]
ReportOption = Annotated[
    bool, typer.Option("--report", help="Write DIR/report.html too, to be read in a browser.")
]
Precision = Literal["float32", "float64"]

ObservedArgument = Annotated[
    Path,
    typer.Argument(metavar="OBSERVED", help="A CSV table of observed balances, or `synthetic`."),
]
MissingOption = Annotated[
    str,
    typer.Option(
        metavar="refuse|carry:K|interpolate",
        help="What to do where a venue was not observed: refuse the table, carry the last"
        " observation forward over at most K days, or interpolate.",
    ),
]
AsIsOption = Annotated[
    bool, typer.Option("--as-is", help="Take figures as they stand that look like another unit.")
]
ResidualOption = Annotated[
    str | None,
    typer.Option(
        metavar="DEPOSIT", help="The deposit that holds what others leave of total_supply."
    ),
]
SupplyOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The series total_supply, if it is not in OBSERVED."),
]
ScenarioOption = Annotated[
    str, typer.Option("--scenario", metavar="SCENARIO", help="A built-in name, or a TOML file.")
]
DriversOption = Annotated[
    Path | None,
    typer.Option(
        "--drivers",
        metavar="FILE",
        help="Observed prices and other drivers by time, in place of the scenario's own.",
    ),
]
ModeOption = Annotated[
    Literal["one-step", "free-run"],
    typer.Option("--mode", help="Start every step from observed balances, or only the first."),
]
WithoutOption = Annotated[
    list[str] | None,
    typer.Option(
        "--without", metavar="DEPOSIT", help="Leave a deposit out of allocation. Repeatable."
    ),
]
