"""Every path in a few figures: its level, its swings, its extremes, its worst fall."""

import numpy as np
import xarray
from numpy.typing import NDArray
from scipy import ndimage

from camjax.analysis.intervals import by_path, deviation, labelled, mean_interval, quantiles
from camjax.analysis.own_ends import at_own_ends
from camjax.analysis.quantities import Of, check_paths, quantity, step_days
from camjax.errors import CamjaxError, refusal

DAYS_A_YEAR = 365.0
ENDS = {"q05": 0.05, "q95": 0.95}


@at_own_ends
def key_figures(
    results: xarray.Dataset, of: Of = "balance", window_steps: int = 30, level: float = 0.95
) -> xarray.Dataset:
    """Figures of each path along time, and their mean and band over paths.

    Args:
      results: of a run or a sweep that kept its paths and steps.
      of: a quantity, for every deposit unless it names one.
      window_steps: over how many steps a fall is looked for.
      level: of the interval of a mean.

    Returns:
      `mean`, `low`, `high`, `skewed`, `q05`, `q95` along `figure`: mean, std, min, max and final
      value; `volatility`, see `volatility`; `max_drawdown`, see `max_drawdown`.

    Raises:
      CamjaxError: an unknown quantity, results without paths, a window below 2 steps.
    """
    check_paths(results, steps=True)
    check_window(window_steps)
    array = quantity(results, of)
    values = np.moveaxis(by_path(array.transpose(..., "step")), -1, 0)
    steps_a_year = DAYS_A_YEAR / step_days(results)
    frame = array.isel(path=0, step=0, drop=True)
    yearly = steps_a_year.broadcast_like(frame).transpose(*frame.dims).values
    figures = {
        "mean": values.mean(axis=0),
        "std": deviation(values),
        "min": values.min(axis=0),
        "max": values.max(axis=0),
        "final": values[-1],
        "volatility": volatility(values, yearly),
        "max_drawdown": max_drawdown(values, window_steps),
    }
    stacked = np.stack(list(figures.values()), axis=1)
    found = mean_interval(stacked, level) | quantiles(stacked, ENDS)
    base = array.isel(step=0, drop=True).transpose("path", ...)
    like = base.expand_dims(figure=np.array(list(figures)), axis=1)
    own = str(array.attrs.get("units", "1"))
    units = [{"volatility": "1/√year", "max_drawdown": "1"}.get(name, own) for name in figures]
    described = labelled(
        like, found, units="see unit", level=level, of=str(array.attrs.get("of", of))
    )
    return described.assign_coords(unit=("figure", units))


def volatility(values: NDArray, steps_a_year: NDArray | float) -> NDArray:
    """Deviation of the changes from step to step, relative to the mean level, 1/√year.

    σ = sd(x_t − x_{t−1}) / mean(|x_t|) · √(steps a year)

    Changes are held against the mean of the whole path, so that a deposit that is nearly empty
    for a while does not make it explode as relative changes would. 0 where nothing ever moves, NaN
    where there is one step alone.

    Args:
      values: [T, ...].
      steps_a_year: 365 / Δt.
    """
    level = np.abs(values).mean(axis=0)
    if len(values) < 2:
        return np.full_like(level, np.nan)
    swings = deviation(np.diff(values, axis=0))
    return swings / np.where(level > 0, level, 1.0) * np.sqrt(steps_a_year)


def max_drawdown(values: NDArray, window_steps: int) -> NDArray:
    """Largest fall within a window, as a share of the window's highest value before it.

    max_t 1 − x_t / max(x_{t−w+1}, …, x_t)

    Args:
      values: [T, ...]; where the highest value is not positive there is no fall.
      window_steps: w; the first steps have as much of a window as there is.
    """
    highest = ndimage.maximum_filter1d(
        values,
        window_steps,
        axis=0,
        mode="constant",
        cval=-np.inf,
        origin=(window_steps - 1) // 2,
    )
    positive = highest > 0
    falls = np.where(positive, 1 - values / np.where(positive, highest, 1.0), 0.0)
    return falls.max(axis=0)


def check_window(window_steps: int) -> None:
    """Refuse a window in which nothing can change.

    Raises:
      CamjaxError: it is shorter than 2 steps.
    """
    if window_steps < 2:
        raise CamjaxError(refusal("window", "at least 2 steps", window_steps))
