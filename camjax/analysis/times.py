"""When something first happens, "never" included."""

import numpy as np
import xarray
from numpy.typing import NDArray

from camjax.analysis.intervals import labelled
from camjax.analysis.own_ends import at_own_ends
from camjax.analysis.probabilities import What, estimated, happens
from camjax.analysis.quantities import check_paths

STEPS = {"q05_step": 0.05, "median_step": 0.5, "q95_step": 0.95}
"""Probabilities whose time is given, by name."""


@at_own_ends
def time_to_event(results: xarray.Dataset, event: What, level: float = 0.95) -> xarray.Dataset:
    """The first step at which an event happens.

    Paths on which it never happens count as such. They are not taken for paths on which it
    happens at once, nor left out.

    Args:
      results: of a run or a sweep that kept its paths and steps.
      event: such as "balance[idle] < 1e6", or an array of 1 and 0 over path, step.
      level: of the intervals.

    Returns:
      `probability` that it happens at all, with `low` and `high`; `never`, `never_low`,
      `never_high`; `by`, `by_low`, `by_high` at each step, the probability that it has happened
      by then; `q05_step`, `median_step`, `q95_step`, the first step by which it has happened with
      that probability, NaN where that is not within the run.

    Raises:
      CamjaxError: as `happens`.
    """
    check_paths(results, steps=True)
    so = happens(results, event).transpose("path", "step", ...)
    steps, num_paths = so.step.values, so.sizes["path"]
    first = first_step(so.values == 1)
    count = np.stack([(first <= number).sum(axis=0) for number in range(len(steps))])
    count = np.where(so.isnull().all(["path", "step"]).values, np.nan, count)
    frame = so.isel(step=0, drop=True)
    counts = {"probability": count[-1], "never": num_paths - count[-1]}
    found: dict[str, NDArray] = {}
    for name, number in counts.items():
        ends = ("low", "high") if name == "probability" else (f"{name}_low", f"{name}_high")
        found |= zip((name, *ends), estimated(number, num_paths, level), strict=True)
    for name, share in STEPS.items():
        reached = count >= share * num_paths
        found[name] = np.where(reached.any(0), steps[reached.argmax(0)], np.nan)
    name = str(so.attrs.get("event", "event"))
    summary = labelled(frame, found, units="1", level=level, event=name)
    by = zip(("by", "by_low", "by_high"), estimated(count, num_paths, level), strict=True)
    return summary.assign(labelled(so, dict(by), units="1").data_vars)


def first_step(so: NDArray) -> NDArray:
    """Position of the first true entry along the second axis; the axis' length where none is.

    >>> first_step(np.array([[False, True], [False, False]]))
    array([1, 2])
    """
    return np.where(so.any(axis=1), so.argmax(axis=1), so.shape[1])
