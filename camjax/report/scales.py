"""Where the lines of an axis go."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from camjax.report.content import Axis

DAY_STEPS = (1, 2, 5, 7, 14, 30, 60, 90, 180, 365, 730, 1825)
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60)
DAYS_A_MONTH = 30.44
MOST_TIME_TICKS = 5


class Scale(NamedTuple):
    """A linear axis and the values marked on it."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, values: ArrayLike) -> NDArray:
        """Where values lie between the axis' ends, 0 to 1."""
        return (np.asarray(values, np.float64) - self.low) / (self.high - self.low)


def linear(low: float, high: float, *, negligible: float = 0.0, most: int = 5) -> Scale:
    """An axis over at least [low, high] that ends on round values.

    Args:
      low: lowest value to be drawn.
      high: highest value.
      negligible: a difference that is not worth showing.
      most: ticks wanted, more or less.

    >>> linear(0, 93).ticks
    (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        low, high = 0.0, 1.0
    if high - low <= max(negligible, 1e-9 * max(abs(low), abs(high))):
        reach = abs(high) / 2 if abs(high) > negligible else 1.0
        low, high = (0.0, high + reach) if low >= -negligible else (low - reach, high + reach)
    step = _round_step((high - low) / most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(float(f"{number * step:.12g}") for number in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], ticks)


def time_ticks(axis: Axis) -> list[tuple[float, str]]:
    """Days to mark on the axis of time, and what to write there."""
    first, last = float(axis.days[0]), float(axis.days[-1])
    if axis.start is None or last - first < 2 * DAYS_A_MONTH:
        span = max(last - first, 1e-9)
        step = next((s for s in DAY_STEPS if span / s <= MOST_TIME_TICKS), _round_step(span / 4))
        number = math.ceil(first / step - 1e-9)
        days = [k * step for k in range(number, math.floor(last / step + 1e-9) + 1)]
        return [(day, _day(day, axis)) for day in days]
    months = (last - first) / DAYS_A_MONTH
    every = next((s for s in MONTH_STEPS if months / s <= MOST_TIME_TICKS), 120)
    start = axis.start.astype("datetime64[D]")
    firsts = np.arange(
        (start + int(first)).astype("datetime64[M]"),
        (start + int(last)).astype("datetime64[M]") + 1,
    )
    chosen = [month for month in firsts if month.astype(int) % every == 0]
    marked = [(float((m.astype("datetime64[D]") - start).astype(int)), m) for m in chosen]
    return [(day, m.item().strftime("%b %Y")) for day, m in marked if first <= day <= last]


def moment(day: float, axis: Axis) -> str:
    """A point in time in words: a date, or the number of the day."""
    if axis.start is None:
        return f"day {day:g}"
    return str(axis.start.astype("datetime64[D]") + round(day))


def _day(day: float, axis: Axis) -> str:
    if axis.start is None:
        return f"{day:g}"
    date = (axis.start.astype("datetime64[D]") + round(day)).item()
    return f"{date.day} {date:%b}"


def _round_step(step: float) -> float:
    """The next larger of 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return power * next(m for m in (1, 2, 2.5, 5, 10) if step <= m * power * (1 + 1e-9))
