"""Samples at any moments -> one observation a venue and day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from calibration.sources.samples import Samples

MIDNIGHT_JITTER_DAYS = 10 / 1440
"""A job that runs this little before midnight belongs to the day that begins."""

DAILY_ROWS = 1.5
"""Rows a day up to which a venue is sampled by a daily job, whose minutes are jitter."""


@dataclass(frozen=True)
class Days:
    """One venue, a row a day.

    Attributes:
      days: [n] whole days, ascending.
      balances: [n] tokens.
      yield_rates: [n] 1/year; NaN where unknown.
      merged: samples that were put together with others of their day.
    """

    days: np.ndarray
    balances: np.ndarray
    yield_rates: np.ndarray
    merged: int


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


CHOICES: Mapping[str, Callable[[np.ndarray], float]] = {
    "last": lambda values: float(values[-1]),
    "mean": _mean,
    "first": lambda values: float(values[0]),
}
"""What of a day's samples counts, by the name that `--daily` takes."""


def by_day(samples: Samples, daily: str) -> Days:
    """One row a day: the last, the first or the mean of each day's samples with a balance.

    The moments of a daily job vary by minutes. They are counted from its usual hour, so that one
    that ran late is no missing day.

    Args:
      samples: of one venue, a balance among them.
      daily: "last", "mean" or "first".
    """
    kept = np.flatnonzero(np.isfinite(samples.balances))
    order = kept[np.argsort(samples.days[kept], kind="stable")]
    moments = samples.days[order]
    whole = _whole_days(moments)
    days, starts = np.unique(whole, return_index=True)
    choose = CHOICES[daily]
    balances, yields = (
        np.array([choose(part) for part in np.split(values[order], starts[1:])])
        for values in (samples.balances, samples.yield_rates)
    )
    return Days(days=days, balances=balances, yield_rates=yields, merged=len(order) - len(days))


def _whole_days(moments: np.ndarray) -> np.ndarray:
    """The day that each moment [n], ascending, is counted to."""
    calendar = np.floor(moments)
    span = calendar[-1] - calendar[0] + 1 if len(moments) else 0
    if len(np.unique(moments)) > DAILY_ROWS * max(span, 1):
        return calendar
    # The usual hour, in (-1/2, 1/2] of a day, as a mean over the circle of hours.
    turns = np.exp(2j * np.pi * (moments % 1))
    hour = float(np.angle(turns.mean())) / (2 * np.pi) if len(moments) else 0.0
    counted = np.round(moments - hour)
    return counted if hour >= -MIDNIGHT_JITTER_DAYS else counted - 1
