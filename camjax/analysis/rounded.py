"""Against what differences in a quantity of results are held, to tell them from rounding."""

import numpy as np
import xarray
from numpy.typing import NDArray

from camjax.analysis.quantities import total_user_balance
from camjax.rounding import RELATIVE

DIMENSIONLESS = "1"


def precision_of(results: xarray.Dataset) -> str:
    """Precision of the numbers, the coarser one where settings differ in it."""
    said = str(results.attrs.get("precision", ""))
    return said if said in RELATIVE else results.balance.dtype.name


def scale_of(results: xarray.Dataset, *arrays: xarray.DataArray) -> NDArray:
    """Size of what a quantity is computed from, which its rounding is a part of.

    Args:
      results: which the quantity is of.
      arrays: of the quantity, with the dimension path, all of the same other dimensions.

    Returns:
      [...] for each entry along the other dimensions. Shares are held against 1; amounts of the
      token, which move between deposits, against all that users hold or their own size; all else
      against its own size.
    """
    values = [array.transpose("path", ...).values.astype(np.float64) for array in arrays]
    finite = [np.where(np.isfinite(each), np.abs(each), 0.0).max(axis=0) for each in values]
    scale = np.maximum.reduce(finite)
    units = arrays[0].attrs.get("units", DIMENSIONLESS)
    if units == DIMENSIONLESS:
        scale = np.maximum(scale, 1.0)
    elif "balance" in results and units == results.balance.attrs.get("units"):
        held = total_user_balance(results).values
        scale = np.maximum(scale, np.max(held, initial=0.0, where=np.isfinite(held)))
    return scale
