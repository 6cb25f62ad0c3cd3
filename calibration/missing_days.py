"""Days on which a venue was not observed: what to do about them is an explicit choice.

A policy says, for each moment of a grid, between which two samples of a series the value lies.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from camjax.errors import CamjaxError, refusal

SAME_MOMENT_DAYS = 1e-6
"""Times closer than this (0.09 s) are one moment: room for rounding of dates to days."""


@dataclass(frozen=True)
class Placement:
    """Where the moments of a grid lie among the n samples of a series.

    Attributes:
      before: [G] index of the sample at or before; n where the policy gives none.
      after: [G] index of the sample after; equal to `before` unless interpolating between two.
      fraction: [G] share of the way from `before` to `after`.
    """

    before: np.ndarray
    after: np.ndarray
    fraction: np.ndarray

    def of(self, values: np.ndarray) -> np.ndarray:
        """Values [n] of the samples -> [G] at the moments; NaN where there is none."""
        padded = np.append(values, np.nan)
        return (1 - self.fraction) * padded[self.before] + self.fraction * padded[self.after]


class MissingDays(Protocol):
    """A policy for days without an observation."""

    remedy: ClassVar[str]  # what to do where the policy does not reach
    uses_samples_between_steps: ClassVar[bool]  # if not, such samples are refused

    def place(self, times_days: np.ndarray, grid_days: np.ndarray) -> Placement:
        """Place grid moments [G] among the sample times [n], both ascending."""


@dataclass(frozen=True)
class Refuse:
    """Every venue must have been observed at every moment."""

    uses_samples_between_steps: ClassVar[bool] = False
    remedy: ClassVar[str] = (
        "Write 0 where a venue was empty or not yet open; for days nobody looked, choose to carry "
        "the last observation forward or to interpolate, or a dt_days that fits the data."
    )

    def place(self, times_days: np.ndarray, grid_days: np.ndarray) -> Placement:
        """As `MissingDays.place`."""
        last = _last_sample(times_days, grid_days)
        return _at(np.where(_exact(times_days, grid_days, last), last, len(times_days)))


@dataclass(frozen=True)
class CarryForward:
    """The last observation stands for at most so many days.

    Attributes:
      days: how old an observation may be, ≥ 0.
    """

    days: float

    uses_samples_between_steps: ClassVar[bool] = True
    remedy: ClassVar[str] = (
        "Write 0 where a venue was not yet open, carry forward over more days, or interpolate."
    )

    def __post_init__(self) -> None:
        """Refuse an age that is none."""
        if not 0 <= self.days < np.inf:
            raise CamjaxError(refusal("days to carry forward", "a number ≥ 0", self.days))

    def place(self, times_days: np.ndarray, grid_days: np.ndarray) -> Placement:
        """As `MissingDays.place`."""
        last = _last_sample(times_days, grid_days)
        age = grid_days - _time_of(times_days, last)
        return _at(np.where(age <= self.days + SAME_MOMENT_DAYS, last, len(times_days)))


@dataclass(frozen=True)
class Interpolate:
    """On the straight line between the observations before and after; never beyond the ends.

    It uses the later observation, so what is interpolated is no forecast's business.
    """

    uses_samples_between_steps: ClassVar[bool] = True
    remedy: ClassVar[str] = (
        "Nothing is extrapolated: write 0 where a venue was not yet open or already closed, "
        "or keep only the days on which every venue was observed or lies between observations."
    )

    def place(self, times_days: np.ndarray, grid_days: np.ndarray) -> Placement:
        """As `MissingDays.place`."""
        none = len(times_days)
        last = _last_sample(times_days, grid_days)
        exact = _exact(times_days, grid_days, last)
        following = np.minimum(last + 1, none)
        inside = ~exact & (last < none) & (following < none)
        before = np.where(exact | inside, last, none)
        after = np.where(inside, following, before)
        start, end = _time_of(times_days, before), _time_of(times_days, after)
        gap = np.where(inside, end - start, 1.0)
        return Placement(before, after, np.where(inside, (grid_days - start) / gap, 0.0))


def parse_missing_days(text: str) -> MissingDays:
    """Read a policy as a command line gives it: `refuse`, `carry:3` or `interpolate`.

    Raises:
      CamjaxError: none of them.

    >>> parse_missing_days("carry:3")
    CarryForward(days=3.0)
    """
    if text == "refuse":
        return Refuse()
    if text == "interpolate":
        return Interpolate()
    method, _, days = text.partition(":")
    if method == "carry" and days.replace(".", "", 1).isdecimal():
        return CarryForward(float(days))
    remedy = "carry:3 carries the last observation forward over at most 3 days."
    raise CamjaxError(refusal("missing days", "refuse, carry:<days> or interpolate", text, remedy))


def _last_sample(times_days: np.ndarray, grid_days: np.ndarray) -> np.ndarray:
    """Index of the last sample at or before each moment, n where there is none."""
    count = np.searchsorted(times_days, grid_days + SAME_MOMENT_DAYS, side="right")
    return np.where(count == 0, len(times_days), count - 1)


def _time_of(times_days: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Time of each sample, NaN for the index n."""
    return np.append(times_days, np.nan)[index]


def _exact(times_days: np.ndarray, grid_days: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Whether that last sample is at the moment itself."""
    return np.abs(grid_days - _time_of(times_days, last)) <= SAME_MOMENT_DAYS


def _at(index: np.ndarray) -> Placement:
    """Each moment takes the value of one sample."""
    return Placement(before=index, after=index, fraction=np.zeros(len(index)))
