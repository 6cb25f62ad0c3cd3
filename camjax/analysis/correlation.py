"""Which deposits move together: along each path, and on average."""

from collections.abc import Sequence

import numpy as np
import xarray
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from camjax.analysis.intervals import SKEWED, by_path, doubted, labelled
from camjax.analysis.key_figures import check_window
from camjax.analysis.own_ends import at_own_ends
from camjax.analysis.quantities import check_deposit, check_paths, quantity
from camjax.intervals import student_interval
from camjax.results import QUANTILES

ROUNDING = 1e-12
"""Swings below this share of the level are rounding: what has none is correlated with nothing."""

STATES = ("balance", "yield_rate", "volatile_asset_price", "volatile_asset_risk", "utilization")
"""Variables whose means are correlated unless others are named."""


def rolling_correlation(
    results: xarray.Dataset,
    first: str,
    second: str,
    of: str = "balance",
    window_steps: int = 30,
    level: float = 0.95,
) -> xarray.Dataset:
    """Correlation between two deposits over the last steps of each path.

    Args:
      results: of a run or a sweep that kept its paths and steps.
      first: a deposit.
      second: another.
      of: a variable that every deposit has.
      window_steps: length of the window.
      level: of the interval of the mean.

    Returns:
      `mean`, `low`, `high`, `skewed`, `q05`, `q25`, `q50`, `q75`, `q95` over the paths on which it
      is defined, at each step, and `defined`, how many these are. It is not defined before a window
      is full, nor where one of the two does not move.

    Raises:
      CamjaxError: an unknown deposit or variable, results without paths, a window below 2 steps.
    """
    check_paths(results, steps=True)
    check_window(window_steps)
    for name in (first, second):
        check_deposit(results, name)
    a, b = (
        quantity(results, f"{of}[{name}]").transpose("path", ..., "step")
        for name in (first, second)
    )
    found = a.drop_vars("deposit", errors="ignore").copy(
        data=_rolling(a.values, b.values, window_steps)
    )
    values = by_path(found)
    statistics, defined = _over_defined(values)
    low, high = student_interval(statistics["mean"], statistics.pop("std"), defined, level)
    ends = {"low": low, "high": high, SKEWED: doubted(values, low), "defined": defined}
    about = {"level": level, "of": of, "first": first, "second": second}
    return labelled(found, statistics | ends, units="1", window_steps=window_steps, **about)


@at_own_ends
def correlation_matrix(results: xarray.Dataset, of: Sequence[str] | None = None) -> xarray.Dataset:
    """Correlations along time between the means over paths of all states.

    Args:
      results: of a run or a sweep that kept its paths and steps.
      of: quantities; None: balances and yields of every deposit, price, risk and utilization.

    Returns:
      `correlation` [state, other_state]; NaN beside a state that does not move. It says what the
      typical path does; `rolling_correlation` says what single paths do.

    Raises:
      CamjaxError: an unknown quantity, results without paths.
    """
    check_paths(results, steps=True)
    names = [name for name in STATES if name in results] if of is None else of
    columns: dict[str, xarray.DataArray] = {}
    for name in names:
        mean = quantity(results, name).mean("path")
        other = [dim for dim in mean.dims if dim not in ("setting", "step")]
        labels = mean[other[0]].values if other else [None]
        for label in labels:
            key = name if label is None else f"{name}[{label}]"
            columns[key] = mean if label is None else mean.sel({other[0]: label}, drop=True)
    states = xarray.concat(
        [column.reset_coords(drop=True) for column in columns.values()], "state", coords="minimal"
    ).transpose(..., "state", "step")
    matrix = _correlations(states.values)
    dims = (*states.dims[:-1], "other_state")
    coordinates = {"state": list(columns), "other_state": list(columns)}
    if "setting" in states.dims:
        coordinates["setting"] = list(states.setting.values)
    return xarray.Dataset({"correlation": (dims, matrix, {"units": "1"})}, coordinates)


def _rolling(first: NDArray, second: NDArray, window_steps: int) -> NDArray:
    """Correlation of the last entries along the last axis; NaN where it is not defined."""
    found = np.full(first.shape, np.nan)
    if window_steps <= first.shape[-1]:
        units = (_unit(sliding_window_view(x, window_steps, axis=-1)) for x in (first, second))
        found[..., window_steps - 1 :] = np.clip(np.einsum("...w,...w->...", *units), -1.0, 1.0)
    return found


def _correlations(states: NDArray) -> NDArray:
    """[..., n, n] from [..., n, T]."""
    unit = _unit(states)
    return np.clip(unit @ np.swapaxes(unit, -1, -2), -1.0, 1.0)


def _unit(values: NDArray) -> NDArray:
    """Deviations from the mean along the last axis, of length 1; NaN for what does not move."""
    centred = values - values.mean(axis=-1, keepdims=True)
    length = np.sqrt(np.einsum("...t,...t->...", centred, centred))
    largest = np.abs(values).max(axis=-1) * np.sqrt(values.shape[-1])
    moves = length > ROUNDING * largest
    centred /= np.where(moves, length, np.nan)[..., np.newaxis]
    return centred


def _over_defined(values: NDArray) -> tuple[dict[str, NDArray], NDArray]:
    """Statistics over the first axis of what is defined there, and how much that is."""
    number = np.isfinite(values).sum(axis=0)
    ordered = np.sort(values, axis=0)  # NaN comes last
    some = np.maximum(number, 1)
    total = np.where(np.isfinite(values), values, 0).sum(axis=0)
    mean = np.where(number > 0, total / some, np.nan)
    squares = np.where(np.isfinite(values), (values - mean) ** 2, 0).sum(axis=0)
    std = np.sqrt(np.where(number > 1, squares / np.maximum(number - 1, 1), np.nan))
    found = {"mean": mean, "std": std}
    for name, share in QUANTILES.items():
        place = share * (some - 1)
        below = np.floor(place).astype(int)[np.newaxis]
        above = np.minimum(below + 1, some - 1)
        low, high = (np.take_along_axis(ordered, at, axis=0)[0] for at in (below, above))
        found[name] = low + (high - low) * (place - below[0])
    return found, number
