"""`camjax observe`: files that people have, read into a table of observations."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from camjax.cli.observe_options import (
    AbsentOption,
    AddOption,
    ApyOption,
    AsIsOption,
    BalanceOption,
    DailyOption,
    DepositOption,
    FilesArgument,
    FormatOption,
    OutOption,
    PercentOfOption,
    PercentOption,
    ScenarioOutOption,
    TimeOption,
    TokenOption,
    UnitOption,
    VenueOption,
    YieldOption,
)
from camjax.cli.options import JsonOption
from camjax.runs.plain import as_document

if TYPE_CHECKING:
    from calibration.sources.table import Observed


def observe(
    files: FilesArgument,
    format: FormatOption = None,
    time: TimeOption = None,
    balance: BalanceOption = None,
    yield_: YieldOption = None,
    venue: VenueOption = None,
    deposit: DepositOption = None,
    unit: UnitOption = None,
    percent: PercentOption = None,
    percent_of: PercentOfOption = None,
    apy: ApyOption = None,
    add: AddOption = None,
    daily: DailyOption = "last",
    absent: AbsentOption = None,
    as_is: AsIsOption = False,
    token: TokenOption = "tokens",
    out: OutOption = None,
    scenario_out: ScenarioOutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read what DefiLlama, Dune, a subgraph or a sheet gives into observations by the day."""
    from calibration.sources.observed import read_observed

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
    written = _write(found, out, scenario_out, token)
    if as_json:
        typer.echo(as_document(found.to_dict() | {"files": written}))
        return
    typer.echo(_text(found))
    if written:
        typer.echo(f"\nWrote {', '.join(written)}.")


def _write(found: "Observed", out: Path | None, scenario_out: Path | None, token: str) -> list[str]:
    """Write what was asked for; the files written."""
    from calibration.sources.scenario import write_scenario
    from camjax.writing import written_whole

    written = []
    if out is not None:
        with written_whole(out) as temporary:
            temporary.write_text(found.to_csv(), "utf-8")
        written.append(str(out))
    if scenario_out is not None:
        written += [str(path) for path in write_scenario(found, scenario_out, token)]
    return written


def _text(found: "Observed") -> str:
    """What was read and done, for people."""
    from camjax.runs.columns import aligned

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
