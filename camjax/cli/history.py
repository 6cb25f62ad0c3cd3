"""Observations and the scenario they are held against, laid over each other."""

import dataclasses
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import numpy as np

from calibration.backtest.history import with_series
from calibration.csv_lines import read_lines
from calibration.observations import Observations
from camjax.cli.driver_file import read_drivers
from camjax.cli.load import say_notes
from camjax.cli.observed import ObservedOptions, read_document, steps_to_last
from camjax.cli.without import without
from camjax.domains import SUM_TOLERANCE
from camjax.errors import CamjaxError, refusal
from camjax.scenario import Scenario, load_scenario
from camjax.scenario.columns import column_for
from camjax.scenario.precision import real_numbers
from camjax.scenario.schema import Document

RATE_COLUMNS = {"external": "yield_rate", "savings": "savings_rate"}
"""Types of deposits that quote a rate given to them, and the column it can come from."""

DRAWS = "dirichlet_"
"""How columns begin that hold draws of the exogenous rule; no process can stand for them."""


@dataclasses.dataclass(frozen=True)
class History:
    """A scenario whose steps and drivers reach over observations.

    Attributes:
      scenario: float64; its steps end at the last observation.
      observations: at the scenario's steps.
      unused: columns of the drivers file that nothing in the scenario reads.
    """

    scenario: Scenario
    observations: Observations
    unused: tuple[str, ...]


def load_history(
    source: str,
    options: ObservedOptions,
    *,
    assignments: Iterable[str] | None = None,
    drivers: Path | None = None,
    left_out: Sequence[str] = (),
) -> History:
    """Load a scenario as far as observations reach, with drivers at their days.

    Columns of the drivers file replace the scenario's own file and processes. They become
    timetables of the scenario, so that its text says all that was run. So do observed yields of a
    deposit that quotes a rate which the scenario does not give.

    Args:
      source: built-in name or file of the scenario.
      options: the table of observations.
      assignments: `--set` options, KEY=VALUE.
      drivers: a CSV file of drivers by time.
      left_out: deposits to take out of allocation.

    Raises:
      CamjaxError: anything of it that cannot be used.
    """
    document, overrides = read_document(source, assignments)
    overrides |= without(document, left_out)
    observations = options.read(document, left_out)
    steps = steps_to_last(observations, document.dt_days)
    days = document.dt_days * np.arange(steps + 1)
    overrides["steps"] = max(steps, 1)
    columns = set(document.drivers.processes)

    series: dict[str, np.ndarray] = {}
    unused: tuple[str, ...] = ()
    if drivers is not None:
        table = read_drivers(drivers, document, options.as_is)
        series = table.at(days, observations.clock, options.policy)
        unused = table.unused
        overrides["drivers.file"] = None
    elif document.drivers.file is not None:
        given = read_lines(Path(document.drivers.file))[:1]
        columns.update(name for _, header in given for name in header)
    columns.update(series)
    series |= _rates_only_observed(document, observations, columns, options.file.name)
    draws = {name: series.pop(name) for name in tuple(series) if name.startswith(DRAWS)}
    for name, values in series.items():
        timetable = {"process": "schedule", "days": days, "values": values}
        overrides[f"drivers.{name}"] = timetable
    scenario = load_scenario(source, overrides)
    say_notes(scenario, told=series)
    if scenario.document.weights.rule != "exogenous":
        unused += tuple(draws)
    unused += tuple(name for name in scenario.unread if name in series)
    return History(_with_draws(scenario, draws), observations, unused)


def _rates_only_observed(
    document: Document, observations: Observations, columns: Collection[str], source: str
) -> dict[str, np.ndarray]:
    """Rates that the scenario does not give but the table does: [steps + 1] by column.

    Rows before the first observation take its rate.
    """
    found = {}
    for deposit in document.deposits:
        stem = RATE_COLUMNS.get(deposit.type)
        has_rate = getattr(deposit, "rate", None) is not None
        if stem is None or has_rate or deposit.name not in observations.names:
            continue
        rates = observations.yield_rates[:, observations.names.index(deposit.name)]
        if np.isnan(rates).all() or column_for(stem, deposit.name, columns) is not None:
            continue
        blank = np.flatnonzero(np.isnan(rates[1:]))
        if len(blank):
            day = observations.clock.name(observations.times_days[blank[0] + 1])
            expected = f"a yield_rate of {deposit.name}, since the scenario gives it no rate"
            remedy = f"Fill it in, or set deposits.{deposit.name}.rate."
            raise CamjaxError(refusal(f"{source}, {day}", expected, "a blank", remedy))
        lead_in = round(observations.times_days[0] / document.dt_days)
        start = rates[1] if np.isnan(rates[0]) else rates[0]
        found[f"{stem}_{deposit.name}"] = np.concatenate([np.full(lead_in + 1, start), rates[1:]])
    return found


def _with_draws(scenario: Scenario, draws: dict[str, np.ndarray]) -> Scenario:
    """The scenario with the draws of its exogenous rule given, if that is its rule."""
    if not draws or scenario.document.weights.rule != "exogenous":
        return scenario
    names = [f"{DRAWS}{name}" for name in scenario.document.allocated]
    missing = [name for name in names if name not in draws]
    if missing:
        raise CamjaxError(refusal("--drivers", f"columns {', '.join(names)}", f"no {missing[0]}"))
    sums = np.sum([draws[name] for name in names], axis=0)
    wrong = np.flatnonzero(np.abs(sums - 1.0) > SUM_TOLERANCE)
    if len(wrong):
        where, expected = f"--drivers, {DRAWS}*, step {wrong[0]}", "numbers that sum to 1"
        raise CamjaxError(refusal(where, expected, f"a sum of {sums[wrong[0]]:.9g}"))
    real = real_numbers("float64")
    return with_series(scenario, {name: real(draws[name]) for name in names})
