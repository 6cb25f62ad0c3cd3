"""How probable something is at a step, with its interval."""

import numpy as np
import xarray
from numpy.typing import NDArray

from camjax.analysis.intervals import labelled
from camjax.analysis.quantities import at_step, quantity
from camjax.ensemble.reducers.events import COMPARISONS, Event
from camjax.intervals import LEVEL, probability_interval

What = str | xarray.DataArray
"""An event, such as "share[savings] > 0.6", or an array of true (1) and false (0)."""


def happens(results: xarray.Dataset, event: What) -> xarray.DataArray:
    """Whether an event is so, on each path at each step: 1 or 0.

    NaN where the quantity is not defined, such as the share of a deposit left out of allocation.

    Args:
      results: of a run or a sweep that kept its paths.
      event: quantity, comparison and number; for every deposit where the quantity names none.

    Raises:
      CamjaxError: an event that cannot be read, an unknown quantity, results without paths.
    """
    if isinstance(event, xarray.DataArray):
        return event.astype(np.float64)
    parsed = Event.parse(event)
    array = quantity(results, str(parsed.quantity))
    so = COMPARISONS[parsed.comparison](array, parsed.threshold).where(array.notnull())
    return so.assign_attrs(event=str(parsed))


def probability(
    results: xarray.Dataset, event: What, step: int | None = None, level: float = LEVEL
) -> xarray.Dataset:
    """Probability of an event at one step, the last if none is named.

    Args:
      results: of a run or a sweep that kept its paths.
      event: such as "share[savings] > 0.6".
      step: 1 to the last.
      level: of the interval.

    Returns:
      `probability`, and its interval `low` to `high` (`camjax.intervals.probability_interval`),
      which is never empty: an event that none of 100 paths saw has a probability of at most
      3.7 %.

    Raises:
      CamjaxError: as `happens`, or a step that was not run.
    """
    return _counted(at_step(happens(results, event), step), level)


def probability_over_time(
    results: xarray.Dataset, event: What, level: float = LEVEL
) -> xarray.Dataset:
    """`probability` at every step."""
    return _counted(happens(results, event), level)


def estimated(counts: NDArray, num_paths: int, level: float) -> tuple[NDArray, NDArray, NDArray]:
    """Probability, and the ends of its interval, from how many paths saw an event."""
    low, high = probability_interval(counts, num_paths, level)
    return np.asarray(counts) / num_paths, low, high


def _counted(so: xarray.DataArray, level: float) -> xarray.Dataset:
    counts = so.sum("path").where(so.notnull().any("path")).values
    found = estimated(counts, so.sizes["path"], level)
    variables = dict(zip(("probability", "low", "high"), found, strict=True))
    event = str(so.attrs.get("event", "event"))
    return labelled(so, variables, units="1", level=level, event=event)
