"""Means over paths with their interval, and the band in which paths lie."""

import xarray

from camjax.analysis.intervals import by_path, deviation, labelled, mean_interval, quantiles
from camjax.analysis.quantities import Of, at_step, quantity

BAND = ("mean", "low", "high", "skewed", "q05", "q95")
"""What is said of a quantity that is one of several in a table."""


def bands(results: xarray.Dataset, of: Of = "share", level: float = 0.95) -> xarray.Dataset:
    """Where paths lie, and where their mean is: at every step, for every deposit.

    Args:
      results: of a run or a sweep that kept its paths.
      of: a quantity, such as "balance" or "share[savings]", or an array with the dimension path.
      level: of the interval of the mean.

    Returns:
      `mean` with its interval `low` to `high` (Student's t: how well the mean is known), `skewed`
      where few paths carry the mean (1: the interval is likely too narrow), `std` and quantiles
      `q05` to `q95` over paths (how far paths differ). An interval and the deviation are NaN for
      one path alone.

    Raises:
      CamjaxError: results without paths, an unknown quantity.
    """
    array = quantity(results, of)
    values = by_path(array)
    found = mean_interval(values, level) | quantiles(values)
    return labelled(
        array, found | {"std": deviation(values)}, level=level, of=str(array.attrs.get("of", of))
    )


def snapshot(
    results: xarray.Dataset, of: Of = "share", step: int | None = None, level: float = 0.95
) -> xarray.Dataset:
    """`bands` at one step, the last if none is named.

    Raises:
      CamjaxError: as `bands`, or a step that was not run.
    """
    return bands(results, at_step(quantity(results, of), step), level)


def final_split(results: xarray.Dataset, level: float = 0.95) -> xarray.Dataset:
    """Mean share of each deposit at the end, with its interval: where the capital ended up.

    Raises:
      CamjaxError: results without paths.
    """
    return snapshot(results, "share", level=level)
