"""`camjax observe`: files that people have, read into a table of observations."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from camjax.cli.options import JsonOption
from camjax.cli.plain import as_document

if TYPE_CHECKING:
    from calibration.sources.table import Observed

FilesArgument = Annotated[
    list[Path],
    typer.Argument(metavar="FILE…", help="CSV, JSON or Parquet, of one venue or of many."),
]


def observe(
    files: FilesArgument,
    format: Annotated[
        Literal["defillama", "dune", "subgraph"] | None,
        typer.Option(help="Whose format it is. [default: told by the file]"),
    ] = None,
    time: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of times.")] = None,
    balance: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of balances.")
    ] = None,
    yield_: Annotated[
        str | None, typer.Option("--yield", metavar="COLUMN", help="Column of yields.")
    ] = None,
    venue: Annotated[
        str | None,
        typer.Option(metavar="NAME|COLUMN", help="The venue, or a column. [default: the file]"),
    ] = None,
    deposit: Annotated[
        str | None,
        typer.Option(metavar="NAME|COLUMN", help="The deposit, or a column. [default: the venue]"),
    ] = None,
    unit: Annotated[
        float | None,
        typer.Option(metavar="X", help="What balances are divided by, 1e18 for wei."),
    ] = None,
    percent: Annotated[
        bool | None,
        typer.Option("--percent/--shares", help="Whether yields are in percent or shares of 1."),
    ] = None,
    percent_of: Annotated[
        list[str] | None,
        typer.Option(metavar="VENUE", help="A venue whose yields are in percent. Repeatable."),
    ] = None,
    apy: Annotated[
        Literal["daily", "continuous"] | None,
        typer.Option(help="How yields are compounded; they become simple yearly rates."),
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="A column added to the yield. Repeatable."),
    ] = None,
    daily: Annotated[
        Literal["last", "mean", "first"],
        typer.Option(help="Which of several rows of a day counts."),
    ] = "last",
    absent: Annotated[
        Literal["zero", "closed"] | None,
        typer.Option(help="What a venue was before its first row and after its last."),
    ] = None,
    as_is: Annotated[
        bool, typer.Option("--as-is", help="Take figures as they stand that look wrong.")
    ] = False,
    token: Annotated[
        str, typer.Option(metavar="NAME", help="The token, as --scenario-out names it.")
    ] = "tokens",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write observed.csv there. [default: nothing]"),
    ] = None,
    scenario_out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a scenario of external venues that fits."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read what DefiLlama, Dune, a subgraph or a sheet gives into observations by the day."""
    from calibration.sources.observed import read_observed
    from calibration.sources.scenario import write_scenario
    from camjax.writing import written_whole

    found = read_observed(
        files,
        format=format,
        time=time,
        balance=balance,
        yield_rate=yield_,
        venue=venue,
        deposit=deposit,
        unit=unit,
        percent=percent,
        percent_of=percent_of or (),
        apy=apy,
        add=add or (),
        daily=daily,
        absent=absent,
        as_is=as_is,
    )
    written = []
    if out is not None:
        with written_whole(out) as temporary:
            temporary.write_text(found.to_csv(), "utf-8")
        written.append(str(out))
    if scenario_out is not None:
        written += [str(path) for path in write_scenario(found, scenario_out, token)]
    if as_json:
        typer.echo(as_document(found.to_dict() | {"files": written}))
        return
    typer.echo(_text(found))
    if written:
        typer.echo(f"\nWrote {', '.join(written)}.")


def _text(found: "Observed") -> str:
    """What was read and done, for people."""
    from camjax.cli.columns import aligned

    account = found.to_dict()
    table = [("venue", "deposit", "rows", "days", "gaps", "balances", "yields")]
    for venue in account["venues"]:
        low, high = venue["smallest_yield"], venue["largest_yield"]
        yields = "none" if low is None else f"{low:.2%} to {high:.2%}"
        balances = f"{venue['smallest_balance']:,.0f} to {venue['largest_balance']:,.0f}"
        counts = (venue["rows"], venue["days"], venue["gaps"])
        table.append((venue["venue"], venue["deposit"], *map(str, counts), balances, yields))
    spacing = max(venue["spacing_days"] for venue in account["venues"])
    every = "daily" if spacing == 1 else f"every {spacing} days"
    heading = f"{account['days']} rows, {every}, {account['first']} to {account['last']}"
    return "\n\n".join(filter(None, [heading, aligned(table), "\n".join(account["notes"])]))
