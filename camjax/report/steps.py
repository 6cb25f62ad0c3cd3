"""Steps of results on an axis of time: which are drawn, and where each setting ends."""

from collections.abc import Iterable

import numpy as np
import xarray
from numpy.typing import NDArray

from camjax.errors import CamjaxError, refusal
from camjax.report.content import Axis
from camjax.results import at_end
from camjax.results.ends import Labelled

MOST_POINTS = 200
"""Points of a line; longer runs are drawn at every second, third, … step and the last."""


def check_lengths(days: Iterable[float]) -> None:
    """Refuse a report of settings whose steps are not of one length.

    Args:
      days: that a step of each setting takes.

    Raises:
      CamjaxError: they differ.
    """
    lengths = np.unique(np.round(list(days), 9))
    if len(lengths) > 1:
        got = f"steps of {', '.join(f'{each:g}' for each in lengths)} days"
        remedy = "Report on settings that differ in dt_days one by one."
        raise CamjaxError(refusal("report", "steps of one length", got, remedy))


def at_last(array: Labelled) -> Labelled:
    """The last step of each setting, along a `step` of length 1 without a number."""
    return at_end(array).reset_coords(drop=True).expand_dims("step")


def number_range(numbers: NDArray) -> str:
    """What settings have, from the least to the most.

    >>> number_range(np.array([365.0, 365.0])), number_range(np.array([2000.0, 1.0]))
    ('365', '1 to 2,000')
    """
    ends = np.unique([numbers.min(), numbers.max()])
    return " to ".join(f"{end:,.0f}" if end == round(end) else f"{end:g}" for end in ends)


def shown_steps(count: int) -> slice:
    """Positions of the steps that are drawn, of so many: as many as fit, up to the last."""
    every = -(-count // MOST_POINTS)
    return slice((count - 1) % every, None, every)


def axis_of(results: xarray.Dataset, shown: slice | NDArray) -> Axis:
    """Some steps of results on the axis of time, those of the longest setting."""
    times = results.time.max("setting") if "setting" in results.time.dims else results.time
    days = times.values.astype(np.float64)
    start = None
    if "date" in results.coords:
        dates = results.date.max("setting") if "setting" in results.date.dims else results.date
        start = dates.values[0] - np.timedelta64(round(float(days[0]) * 86_400), "s")
    return Axis(days=days[shown], start=start)
