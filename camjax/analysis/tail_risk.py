"""How much a balance may lose: value at risk and expected shortfall."""

import math

import numpy as np
import xarray
from numpy.typing import NDArray

from camjax.analysis.intervals import by_path, labelled
from camjax.analysis.own_ends import at_own_ends
from camjax.analysis.quantities import Of, check_paths, quantity
from camjax.analysis.shortfall import shortfall
from camjax.errors import CamjaxError, refusal
from camjax.intervals import order_statistic, quantile_ranks

ROUNDING = 1e-9
"""Of a number of paths: 7 % of 100 paths are 7 of them, not a little more."""


@at_own_ends
def tail_risk(
    results: xarray.Dataset,
    of: Of = "balance",
    probability: float = 0.95,
    horizon_steps: int | None = None,
    level: float = 0.95,
) -> xarray.Dataset:
    """Value at risk and expected shortfall of a balance over the last steps, across paths.

    The loss of a path is L = x_{T−h} − x_T. VaR is its quantile at `probability` p, the loss that
    is exceeded on 1 − p of the paths; ES = VaR + E(max(L − VaR, 0)) / (1 − p) is the mean of the
    losses beyond, corrected for how far the mean of few paths falls short of it. Negative values
    are gains.

    Args:
      results: of a run or a sweep that kept its paths and steps.
      of: a quantity, for every deposit unless it names one.
      probability: p.
      horizon_steps: h; None: from the first step to the last.
      level: of the intervals.

    Returns:
      `value_at_risk` with an interval from order statistics, and `expected_shortfall` with one
      from bootstrap resamples; ends are `_low` and `_high`, NaN where they are open since paths
      are too few to tell. Where fewer than 5 paths lie beyond the value at risk, shortfall has no
      interval and is the plain mean, which is too low.

    Raises:
      CamjaxError: a probability outside (0, 1), a horizon that was not run, results without paths.

    References:
      Rockafellar and Uryasev 2002 (ES).
    """
    check_paths(results, steps=True)
    array = quantity(results, of)
    longest = array.sizes["step"] - 1
    horizon = longest if horizon_steps is None else horizon_steps
    if not 0 < probability < 1:
        raise CamjaxError(refusal("probability", "a number in (0, 1)", probability))
    if longest < 1:
        raise CamjaxError(refusal("results", "2 steps or more, for losses", "one step"))
    if not 1 <= horizon <= longest:
        raise CamjaxError(refusal("horizon", f"1 to {longest} steps", horizon))
    losses = array.isel(step=-1 - horizon, drop=True) - array.isel(step=-1, drop=True)
    found = _tail(by_path(losses), probability, level)
    name, units = str(array.attrs.get("of", of)), str(array.attrs.get("units", "1"))
    return labelled(
        losses,
        found,
        units=units,
        level=level,
        of=name,
        probability=probability,
        horizon_steps=horizon,
    )


def _tail(losses: NDArray, probability: float, level: float) -> dict[str, NDArray]:
    """Both measures and their intervals from losses [P, ...]."""
    num_paths = len(losses)
    ordered = np.sort(losses, axis=0)
    low, high = quantile_ranks(num_paths, probability, level)
    found = {
        "value_at_risk": ordered[math.ceil(num_paths * probability - ROUNDING) - 1],
        "value_at_risk_low": order_statistic(ordered, low),
        "value_at_risk_high": order_statistic(ordered, high),
    }
    names = ("expected_shortfall", "expected_shortfall_low", "expected_shortfall_high")
    return found | dict(zip(names, shortfall(ordered, probability, level), strict=True))
