"""How much a balance may lose: value at risk and expected shortfall."""

import math

import numpy as np
import xarray
from numpy.typing import NDArray
from scipy import special

from camjax.analysis.intervals import by_path, labelled
from camjax.analysis.own_ends import at_own_ends
from camjax.analysis.quantities import Of, check_paths, quantity
from camjax.ensemble.intervals import normal_quantile
from camjax.errors import CamjaxError, refusal

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
    losses beyond. Negative values are gains.

    Args:
      results: of a run or a sweep that kept its paths and steps.
      of: a quantity, for every deposit unless it names one.
      probability: p.
      horizon_steps: h; None: from the first step to the last.
      level: of the intervals.

    Returns:
      `value_at_risk` with an interval from order statistics, whose upper end is infinite where
      there are too few paths to tell, and `expected_shortfall` with an interval from its
      asymptotic variance; ends are `_low` and `_high`.

    Raises:
      CamjaxError: a probability outside (0, 1), a horizon that was not run, results without paths.

    References:
      Rockafellar and Uryasev 2002 (ES); Manistre and Hancock 2005 (its variance).
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
    at_risk = ordered[math.ceil(num_paths * probability - ROUNDING) - 1]
    beyond = np.maximum(losses - at_risk, 0)
    share = 1 - probability
    shortfall = at_risk + beyond.mean(axis=0) / share
    # Variance of max(L − VaR, 0) over (1 − p)²: VaR's own error is of second order.
    error = np.sqrt(beyond.var(axis=0, ddof=min(1, num_paths - 1)) / num_paths) / share
    reach = normal_quantile(level) * error
    low, high = _ranks(num_paths, probability, level)
    unbounded = np.full_like(at_risk, np.inf)
    return {
        "value_at_risk": at_risk,
        "value_at_risk_low": ordered[low - 1] if low >= 1 else -unbounded,
        "value_at_risk_high": ordered[high - 1] if high <= num_paths else unbounded,
        "expected_shortfall": shortfall,
        "expected_shortfall_low": shortfall - reach,
        "expected_shortfall_high": shortfall + reach,
    }


def _ranks(num_paths: int, probability: float, level: float) -> tuple[int, int]:
    """Ranks of the order statistics between which the quantile lies with the level.

    The number of losses below the quantile is binomial.
    """
    below = special.bdtr(np.arange(num_paths + 1), num_paths, probability)
    tail = (1 - level) / 2
    low = int(np.searchsorted(below, tail, side="right"))
    high = int(np.searchsorted(below, 1 - tail, side="left")) + 1
    return low, high
