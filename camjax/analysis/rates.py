"""How far two deposits' yields are apart, and how much that swings."""

import numpy as np
import xarray
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from camjax.analysis.bands import BAND, bands
from camjax.analysis.key_figures import check_window
from camjax.analysis.quantities import check_deposit, check_paths


def rate_spread(
    results: xarray.Dataset,
    first: str = "money_market",
    second: str = "savings",
    window_steps: int = 30,
    level: float = 0.95,
) -> xarray.Dataset:
    """Yield rate of one deposit less that of another, and its deviation over the last steps.

    Args:
      results: of a run or a sweep that kept its paths and steps.
      first: a deposit. What a money market quotes to holders counts utilization twice
        (specification, 3.3), which is what the rule sees.
      second: the deposit it is held against.
      window_steps: over how many steps the deviation is taken.
      level: of the intervals of means.

    Returns:
      `spread_mean`, `spread_low`, `spread_high`, `spread_skewed`, `spread_q05`, `spread_q95` and
      the same for `volatility`, 1/year, at each step; volatility is NaN until a window is full.

    Raises:
      CamjaxError: an unknown deposit, results without paths, a window below 2 steps.
    """
    check_paths(results, steps=True)
    check_window(window_steps)
    for name in (first, second):
        check_deposit(results, name)
    quoted = results.yield_rate.transpose(..., "step")
    spread = quoted.sel(deposit=first, drop=True) - quoted.sel(deposit=second, drop=True)
    spread.attrs["units"] = "1/year"
    moving = spread.copy(data=rolling_deviation(spread.values, window_steps))
    found = xarray.Dataset(attrs={"level": level, "first": first, "second": second})
    for name, array in (("spread", spread), ("volatility", moving)):
        part = bands(results, array, level)[list(BAND)]
        found = found.assign({f"{name}_{key}": part[key] for key in part.data_vars})
    return found.assign_attrs(paths=spread.sizes["path"], window_steps=window_steps)


def rolling_deviation(values: NDArray, window_steps: int) -> NDArray:
    """Sample deviation of the last entries along the last axis; NaN until there are enough."""
    found = np.full(values.shape, np.nan)
    if window_steps <= values.shape[-1]:
        windows = sliding_window_view(values, window_steps, axis=-1)
        found[..., window_steps - 1 :] = windows.std(axis=-1, ddof=1)
    return found
