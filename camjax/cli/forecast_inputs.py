"""What `camjax forecast` starts from: observations, observed drivers, perhaps a scenario."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from calibration.csv_lines import read_lines
from calibration.forecast import History
from calibration.missing_days import Interpolate
from calibration.observations import Observations
from calibration.score_table import EMPTY_SHARE
from camjax.cli.driver_file import read_drivers
from camjax.cli.history import DRAWS, RATE_COLUMNS
from camjax.cli.load import say_notes
from camjax.cli.observed import ObservedOptions, read_document, steps_to_last
from camjax.cli.without import without
from camjax.errors import CamjaxError, refusal
from camjax.scenario import Scenario, load_scenario
from camjax.scenario.columns import column_for
from camjax.scenario.schema import Document


@dataclasses.dataclass(frozen=True)
class Inputs:
    """Observations to forecast from, and whose model may do it.

    Attributes:
      history: all observations.
      scenario: at whose steps they are; None: none was named.
      unused: columns of the drivers file that nothing in the scenario reads.
    """

    history: History
    scenario: Scenario | None
    unused: tuple[str, ...] = ()


def load_inputs(
    source: str | None,
    options: ObservedOptions,
    *,
    assignments: Iterable[str] | None,
    drivers: Path | None,
    left_out: Sequence[str],
) -> Inputs:
    """Read observations, and load a scenario whose drivers end where they do.

    A driver that is observed needs no process in the scenario: after an origin it then keeps its
    value. So does a rate that only the table of observations gives.

    Args:
      source: built-in name or file of the scenario; None: venues are taken as they are observed.
      options: the table of observations.
      assignments: `--set` options, KEY=VALUE.
      drivers: a CSV file of drivers by time.
      left_out: deposits to take out of allocation.

    Raises:
      CamjaxError: anything of it that cannot be used.
    """
    if source is None:
        stray = "--drivers" if drivers else "--set" if assignments else None
        if stray or left_out:
            got = f"{stray or '--without'} without it"
            raise CamjaxError(refusal("--scenario", "a scenario that it is about", got))
        return Inputs(History.of(options.read(None, fill=True), floor=EMPTY_SHARE), None)

    document, overrides = read_document(source, assignments)
    overrides |= without(document, left_out)
    observations = options.read(document, left_out)
    steps = steps_to_last(observations, document.dt_days)
    overrides["steps"] = max(steps, 1)
    series: dict[str, np.ndarray] = {}
    unused: tuple[str, ...] = ()
    if drivers is not None:
        table = read_drivers(drivers, document, options.as_is)
        days = document.dt_days * np.arange(steps + 1)
        series = table.at(days, observations.clock, options.policy)
        draws = [name for name in series if name.startswith(DRAWS)]
        unused = (*table.unused, *draws)
        series = {name: values for name, values in series.items() if name not in draws}
        overrides["drivers.file"] = None
    told = {*document.drivers.processes, *_columns_of_file(document, drivers), *series}
    series |= _rates_only_observed(document, observations, told)
    for name, values in series.items():
        # A scenario must have a process for every driver; that of an observed one is not asked.
        if name not in document.drivers.processes:
            known_values = values[~np.isnan(values)]
            overrides[f"drivers.{name}"] = {"process": "constant", "value": known_values[0]}
    history = History.of(observations, series, floor=EMPTY_SHARE)
    scenario = load_scenario(source, overrides)
    say_notes(scenario, told=series)
    unused += tuple(name for name in scenario.unread if name in series)
    return Inputs(history, scenario, unused)


def check_scoring(
    options: ObservedOptions, evaluate: bool, ex_post: bool, origins: Mapping[str, int | None]
) -> None:
    """Refuse to score forecasts from rows that were filled in from later ones, or none at all.

    Args:
      options: how observations are read.
      evaluate: whether forecasts from earlier rows are scored.
      ex_post: whether those that know what came are too.
      origins: options of the earlier rows that they are made from; None where left out.

    Raises:
      CamjaxError: missing days are interpolated, or nothing is scored that was asked for.
    """
    if ex_post and not evaluate:
        remedy = "Forecasts that know what came are made to be scored."
        raise CamjaxError(refusal("--ex-post", "no --no-evaluate beside it", "one", remedy))
    for option, value in origins.items():
        if value is not None and not evaluate:
            remedy = "It says from which earlier rows to forecast."
            raise CamjaxError(refusal(option, "no --no-evaluate beside it", value, remedy))
    if evaluate and isinstance(options.policy, Interpolate):
        scored_only = ex_post or any(value is not None for value in origins.values())
        unscored = "" if scored_only else ", or add --no-evaluate"
        remedy = f"Carry observations forward (--missing carry:3){unscored}."
        expected = "a way to fill in days that looks at nothing later"
        raise CamjaxError(refusal("--missing", expected, options.missing, remedy))


def _columns_of_file(document: Document, drivers: Path | None) -> list[str]:
    """Columns of the scenario's own driver file, where it is used."""
    file = document.drivers.file
    if file is None or drivers is not None:
        return []
    return [name for _, header in read_lines(Path(file))[:1] for name in header]


def _rates_only_observed(
    document: Document, observations: Observations, told: Collection[str]
) -> dict[str, np.ndarray]:
    """Rates that the scenario leaves open and the table gives: [T] by column, NaN where blank."""
    found = {}
    for deposit in document.deposits:
        stem = RATE_COLUMNS.get(deposit.type)
        has_rate = getattr(deposit, "rate", None) is not None
        if stem is None or has_rate or deposit.name not in observations.names:
            continue
        rates = observations.yield_rates[:, observations.names.index(deposit.name)]
        if not np.isnan(rates).all() and column_for(stem, deposit.name, told) is None:
            found[f"{stem}_{deposit.name}"] = rates
    return found
