"""Rows that follow each other evenly, as forecasts of rows ahead take them."""

import math
from typing import NamedTuple

import numpy as np

from calibration.missing_days import SAME_MOMENT_DAYS
from camjax.errors import CamjaxError, refusal

MOST_UNEVEN = 1.2
"""Longest gap over the shortest that still counts as even, with a word: months of 28 to 31 days."""


class Spacing(NamedTuple):
    """Shortest and longest time between rows, in days."""

    shortest: float
    longest: float

    @property
    def is_even(self) -> bool:
        """Whether all are the same."""
        return self.longest - self.shortest <= SAME_MOMENT_DAYS


def spacing_of(times_days: np.ndarray) -> Spacing:
    """Spacing of ascending times [t]; of one row, a day."""
    gaps = np.diff(times_days) if len(times_days) > 1 else np.ones(1)
    return Spacing(float(gaps.min()), float(gaps.max()))


def common_step(times_days: np.ndarray) -> float | None:
    """The shortest gap between ascending times [t], if all of them are multiples of it.

    >>> common_step(np.array([0.0, 1.0, 4.0])), common_step(np.array([0.0, 28.0, 59.0]))
    (1.0, None)
    """
    shortest = spacing_of(times_days).shortest
    steps = (times_days - times_days[0]) / shortest
    is_common = (np.abs(steps - np.round(steps)) * shortest <= SAME_MOMENT_DAYS).all()
    return shortest if is_common else None


def require_even(times_days: np.ndarray) -> None:
    """Refuse rows that a forecast of rows ahead cannot take as evenly spaced.

    Raises:
      CamjaxError: the longest gap is over 1.2 times the shortest.
    """
    shortest, longest = spacing_of(times_days)
    if longest <= MOST_UNEVEN * shortest:
        return
    if common_step(times_days) is None:
        remedy = "Take rows that are evenly spaced, or name a --scenario with a dt_days."
    else:
        days = math.ceil(longest - shortest)
        remedy = (
            f"--missing carry:{days} carries the last observation over the days between, which are"
            " not scored; so does interpolate, with --no-evaluate."
        )
    got = f"gaps of {shortest:.6g} to {longest:.6g} days"
    raise CamjaxError(refusal("observations", "evenly spaced rows", got, remedy))
