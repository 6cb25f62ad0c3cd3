"""A scenario that fits observations: every deposit a venue whose yield is known, not modelled."""

import csv
import io
import math
from pathlib import Path
from typing import Any

import numpy as np

from calibration.sources.table import Observed, ObservedVenue
from camjax.errors import CamjaxError, refusal
from camjax.writing import written_whole

DURATION_DAYS = 30.0
"""Time that capital takes to follow, until a fit says more."""


def write_scenario(observed: Observed, path: Path, token: str) -> list[Path]:
    """Write a scenario that fits, and beside it when venues were open, where some were closed.

    Returns:
      The files written.

    Raises:
      CamjaxError: see `scenario_of`; a file cannot be written.
    """
    import tomli_w

    says, document = scenario_of(observed, path.stem, token)
    files = [path]
    if columns := _openings(observed, document["steps"], document["dt_days"]):
        drivers = path.with_name(f"{path.stem}-drivers.csv")
        document["drivers"] = {"file": drivers.name}
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("step", *columns))
        writer.writerows(zip(range(document["steps"] + 1), *columns.values(), strict=True))
        with written_whole(drivers) as temporary:
            temporary.write_text(text.getvalue(), "utf-8")
        files.append(drivers)
    with written_whole(path) as temporary:
        temporary.write_text(f"# {says}\n{tomli_w.dumps(document)}", "utf-8")
    return files


def scenario_of(observed: Observed, name: str, token: str) -> tuple[str, dict[str, Any]]:
    """A scenario's tables, and a sentence on what in them is a guess.

    Deposits begin with what they held on the first day, and quote the mean yield observed. Where
    none was, the rate is 0.

    Args:
      observed: what it is to fit.
      name: the scenario's name.
      token: label of the amounts.

    Raises:
      CamjaxError: fewer than two deposits, or fewer than two days.
    """
    names = list(dict.fromkeys(venue.deposit for venue in observed.venues))
    days = observed.days
    if len(names) < 2 or len(days) < 2:
        got = f"{len(names)} deposits, {len(days)} days"
        remedy = "Give the files of all venues together."
        raise CamjaxError(refusal("scenario", "at least two of both", got, remedy))
    spacing = float(np.median(np.diff(days)))
    document: dict[str, Any] = {"schema": 1, "name": name, "token": token}
    if observed.is_calendar:
        document["start_date"] = np.datetime64(int(days[0]), "D").astype(object)
    document |= {"steps": max(1, round((days[-1] - days[0]) / spacing)), "dt_days": spacing}
    document["deposits"] = [
        _deposit(deposit, [v for v in observed.venues if v.deposit == deposit], days[0])
        for deposit in names
    ]
    document["rebalancing"] = {
        "law": "exponential",
        "duration_days": max(DURATION_DAYS, spacing),
    }
    blind = [entry["name"] for entry in document["deposits"] if entry["rate"] == 0.0]
    says = "Rates are means of observed yields, durations a first guess: `camjax calibrate` fits."
    if blind:
        says += f" Without a yield observed: {', '.join(blind)}."
    return says, document


def _openings(observed: Observed, steps: int, dt_days: float) -> dict[str, np.ndarray]:
    """Columns `available_<deposit>` [steps + 1] of deposits that were not there on every day."""
    if observed.absent != "closed":
        return {}
    days = observed.days[0] + dt_days * np.arange(steps + 1)
    columns = {}
    for name in dict.fromkeys(venue.deposit for venue in observed.venues):
        venues = [venue for venue in observed.venues if venue.deposit == name]
        is_open = np.any([(v.days[0] <= days) & (days <= v.days[-1]) for v in venues], axis=0)
        if not is_open.all():
            columns[f"available_{name}"] = is_open.astype(int)
    return columns


def _deposit(name: str, venues: list[ObservedVenue], first: float) -> dict[str, Any]:
    balance = sum(float(v.balances[0]) for v in venues if v.days[0] == first)
    yields = np.concatenate([venue.yield_rates for venue in venues])
    known = yields[np.isfinite(yields)]
    rate = float(known.mean()) if len(known) else math.nan
    return {
        "name": name,
        "type": "external",
        "user_balance": balance,
        "rate": 0.0 if math.isnan(rate) else float(f"{rate:.6g}"),
    }
