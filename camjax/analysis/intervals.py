"""Means over paths with their interval, and statistics as labelled variables."""

from collections.abc import Mapping

import numpy as np
import xarray
from numpy.typing import NDArray

from camjax.intervals import LEVEL, is_skewed, student_interval
from camjax.results import QUANTILES

ORDER = ("setting", "figure", "step")
"""Dimensions that come first in what analyses give."""

SKEWED = "skewed"
"""End of the name of what says that the interval of a mean is likely too narrow."""


def by_path(array: xarray.DataArray) -> NDArray:
    """The values with paths along the first axis, in float64."""
    return array.transpose("path", ...).values.astype(np.float64)


def mean_interval(values: NDArray, level: float = LEVEL) -> dict[str, NDArray]:
    """Mean over the first axis and Student's interval, by `mean`, `low`, `high` and `skewed`.

    The interval is NaN where there is one path alone; see `camjax.intervals.student_interval`.
    Where `skewed` is 1 it is likely too narrow; see `camjax.intervals.is_skewed`.

    >>> {name: round(float(v), 3) for name, v in mean_interval(np.array([1.0, 2.0, 3.0])).items()}
    {'mean': 2.0, 'low': -0.484, 'high': 4.484, 'skewed': 0.0}
    """
    mean = values.mean(axis=0)
    low, high = student_interval(mean, deviation(values), len(values), level)
    return {"mean": mean, "low": low, "high": high, SKEWED: doubted(values, low)}


def doubted(values: NDArray, low: NDArray) -> NDArray:
    """Whether the interval of the mean over the first axis is likely too narrow: 1 or 0.

    Args:
      values: what it is the mean of; those that are not finite are left out.
      low: end of the interval; NaN, as the answer is then, where there is none.
    """
    return np.where(np.isfinite(low), is_skewed(values), np.nan)


def deviation(values: NDArray) -> NDArray:
    """Sample standard deviation over the first axis, divided by P - 1; NaN of one alone.

    >>> deviation(np.array([1.0, 2.0, 3.0])).item(), deviation(np.array([1.0])).item()
    (1.0, nan)
    """
    if len(values) < 2:
        return np.full_like(values.mean(axis=0), np.nan)
    found: NDArray = values.std(axis=0, ddof=1)
    return found


def quantiles(values: NDArray, names: Mapping[str, float] = QUANTILES) -> dict[str, NDArray]:
    """Quantiles over the first axis, by their labels."""
    return dict(zip(names, np.quantile(values, list(names.values()), axis=0), strict=True))


def labelled(
    like: xarray.DataArray,
    variables: Mapping[str, NDArray],
    *,
    units: str | None = None,
    **attributes: object,
) -> xarray.Dataset:
    """Statistics over the paths of an array, along all its other dimensions.

    Args:
      like: the array that was reduced; it lends dimensions, coordinates and, unless they are
        given, the units.
      variables: by name.
      units: of all variables.
      attributes: of the dataset; the number of paths is added.
    """
    frame = like.isel(path=0, drop=True)
    units = str(like.attrs.get("units", "1")) if units is None else units
    dataset = xarray.Dataset(
        {
            name: (frame.dims, values, {"units": "1" if name.endswith(SKEWED) else units})
            for name, values in variables.items()
        },
        frame.coords,
        {"paths": like.sizes["path"], **attributes},
    )
    dataset = dataset.drop_vars("scenario", errors="ignore")
    return dataset.transpose(*ORDER, ..., missing_dims="ignore")
