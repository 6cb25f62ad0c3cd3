"""Put what venues held, each sampled when it was, on one time axis: the steps of the model."""

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.clock import Clock, epoch_days
from calibration.missing_days import SAME_MOMENT_DAYS, MissingDays
from calibration.observed_file import ObservedTable, VenueSeries
from camjax.errors import CamjaxError, refusal
from camjax.memory import check_fits

_STEP_REMEDY = (
    "Choose a start_date and dt_days that fit the data, "
    "or carry observations forward or interpolate."
)


@dataclass(frozen=True, eq=False)
class Column:
    """One venue or deposit at every step.

    Attributes:
      balances: [T] tokens.
      yield_rates: [T] 1/year, NaN where not known.
      mask: [T] True where the balance was observed at that very moment.
    """

    balances: np.ndarray
    yield_rates: np.ndarray
    mask: np.ndarray


@dataclass(frozen=True, eq=False)
class TimeAxis:
    """The moments that rows of observations stand for.

    Attributes:
      source: the file, for messages.
      clock: where day 0 lies.
      offset_days: time of day 0 in the table's own count.
      days: [T] ascending, days since day 0.
    """

    source: str
    clock: Clock
    offset_days: float
    days: np.ndarray

    def place(self, series: VenueSeries, missing: MissingDays) -> Column:
        """Read one venue off at every moment, filling gaps as the policy says.

        Raises:
          CamjaxError: a gap the policy does not reach.
        """
        known = ~np.isnan(series.balances)
        times = series.times_days[known] - self.offset_days
        placement = missing.place(times, self.days)
        balances = placement.of(series.balances[known])
        gaps = np.flatnonzero(np.isnan(balances))
        if len(gaps):
            where = f"{self.source}, {self.clock.name(self.days[gaps[0]])}"
            more = f" (nor on {len(gaps) - 1} later days)" if len(gaps) > 1 else ""
            expected = f"a balance of {series.label}"
            raise CamjaxError(refusal(where, expected, f"none{more}", missing.remedy))
        return Column(
            balances=balances,
            yield_rates=placement.of(series.yield_rates[known]),
            mask=_contains(times, self.days),
        )


def time_axis(
    table: ObservedTable,
    start: datetime.date | None,
    dt_days: float | None,
    missing: MissingDays,
) -> TimeAxis:
    """Lay the model's steps over the observations.

    Args:
      table: the venues that set the axis.
      start: date of day 0; None: the first observation, or day 0 of a table that counts days.
      dt_days: rows are the steps k·Δt within the observations; None: the moments of the table.
      missing: whether observations between steps are of use.

    Returns:
      The axis, with at least one moment.

    Raises:
      CamjaxError: an observation before the start, or one that falls between steps and is of no
        use there; no step within the observations; a dt_days that is not positive, or so small that
        rows do not fit in memory.
    """
    if dt_days is not None and not 0 < dt_days < np.inf:
        raise CamjaxError(refusal("dt_days", "a positive number of days", dt_days))
    moments = table.moments
    clock = Clock() if start is None else Clock.at(epoch_days(start))
    offset = 0.0
    if table.is_calendar:
        offset = moments[0] if start is None else epoch_days(start)
        clock = Clock.at(offset)
    moments = moments - offset
    if moments[0] < -SAME_MOMENT_DAYS:
        where = _line_of(table, moments[0] + offset)
        remedy = "Move the scenario's start_date, or leave earlier rows out."
        got = clock.name(moments[0])
        raise CamjaxError(refusal(where, "a time at or after the start", got, remedy))
    if dt_days is None:
        apart = np.diff(moments, prepend=-np.inf) > SAME_MOMENT_DAYS
        return TimeAxis(table.source, clock, offset, moments[apart])
    between = np.abs(moments - dt_days * np.round(moments / dt_days)) > SAME_MOMENT_DAYS
    if between.any() and not missing.uses_samples_between_steps:
        moment = moments[between][0]
        where = _line_of(table, moment + offset)
        expected = f"a time at a step, every {dt_days:g} days from the start"
        raise CamjaxError(refusal(where, expected, clock.name(moment), _STEP_REMEDY))
    first = math.ceil((moments[0] - SAME_MOMENT_DAYS) / dt_days)
    last = math.floor((moments[-1] + SAME_MOMENT_DAYS) / dt_days)
    if last < first:
        expected = f"a step of {dt_days:g} days within the observations"
        got = f"{clock.name(moments[0])} to {clock.name(moments[-1])}"
        raise CamjaxError(refusal(table.source, expected, got, "Choose a smaller dt_days."))
    size = 8 * (last - first + 1) * len(table.series)
    what = f"{last - first + 1:,} rows, one every {dt_days:g} days"
    check_fits(size, what, "Choose a larger dt_days.")
    return TimeAxis(table.source, clock, offset, dt_days * np.arange(first, last + 1))


def add_venues(columns: Sequence[Column]) -> Column:
    """The deposit that several venues make up.

    b = Σ_v b_v, y = Σ_v b_v y_v / Σ_v b_v over the venues whose yield is known (their plain
    mean where all of those are empty)

    References:
      Specification, 5.
    """
    balances = np.stack([column.balances for column in columns])
    yield_rates = np.stack([column.yield_rates for column in columns])
    known = ~np.isnan(yield_rates)
    shares = np.where(known, balances, 0.0)
    shares = np.where(shares.sum(axis=0) > 0, shares, known)
    total = shares.sum(axis=0)
    earned = (shares * np.where(known, yield_rates, 0.0)).sum(axis=0)
    return Column(
        balances=balances.sum(axis=0),
        yield_rates=np.divide(earned, total, out=np.full_like(total, np.nan), where=total > 0),
        mask=np.logical_and.reduce([column.mask for column in columns]),
    )


def _contains(times_days: np.ndarray, grid_days: np.ndarray) -> np.ndarray:
    """Which moments of the grid are among the times."""
    following = np.searchsorted(times_days, grid_days - SAME_MOMENT_DAYS)
    distance = np.append(times_days, np.inf)[following] - grid_days
    return distance <= SAME_MOMENT_DAYS


def _line_of(table: ObservedTable, time: float) -> str:
    """Where in the file the first observation at a time is."""
    lines = [
        series.lines[np.abs(series.times_days - time).argmin()]
        for series in table.series
        if np.abs(series.times_days - time).min() <= SAME_MOMENT_DAYS
    ]
    return f"{table.source}, line {min(lines)}"
