"""How good an ensemble is as a probability forecast of weights.

An ensemble is [M, ...]: members lead, as paths do in camjax. The *ordinary* scores judge the M
members as if they were the whole forecast; the *fair* ones estimate without bias what an infinite
ensemble from the same source would score, so that ensembles of different sizes compare (Ferro,
Quarterly Journal of the Royal Meteorological Society 140, 2014). Lower is better. A perfect
ordinary score is 0; a fair one scatters around its expectation and may fall below 0.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from calibration._arrays import as_floating_pair, norm, require_shape
from calibration.metrics import Axis, masked_mean
from camjax.errors import CamjaxError, refusal


def crps(ensemble: ArrayLike, observed: ArrayLike, *, fair: bool = True) -> Array:
    """Continuous ranked probability score of each observed number, in O(M log M).

    CRPS = (1/M) Σ_i |x_i − y| − (1/(2 K)) Σ_i Σ_j |x_i − x_j|, K = M² (ordinary) or M(M−1) (fair)

    The double sum is 2 Σ_i (2i − M − 1) x_(i) over the sorted members.

    Args:
      ensemble: [M, ...] any unit, such as weights [M, T, N].
      observed: [...] the same unit.
      fair: the unbiased estimate; needs M ≥ 2.

    Returns:
      [...] in the unit of the observations.

    Raises:
      CamjaxError: shapes do not match, no member, or one member and a fair score.

    References:
      Gneiting and Raftery, Journal of the American Statistical Association 102, 2007.

    >>> float(crps([1.0, 3.0], 2.0, fair=False)), float(crps([1.0, 3.0], 2.0))
    (0.5, 0.0)
    """
    members, observed = _members(ensemble, observed, "crps")
    num_members = len(members)
    ordered = jnp.sort(members - observed[None], axis=0)
    ranks = jnp.arange(1, num_members + 1, dtype=ordered.dtype)
    share_of_pairs = (2 * ranks - (num_members + 1)) / _num_pairs(num_members, fair, "crps")
    half_spread = jnp.tensordot(share_of_pairs, ordered, axes=1, precision="highest")
    return jnp.abs(ordered).mean(axis=0) - half_spread


def energy_score(ensemble: ArrayLike, observed: ArrayLike, *, fair: bool = True) -> Array:
    """Energy score of each observed vector: the CRPS for all its components together.

    ES = (1/M) Σ_i ‖x_i − y‖ − (1/(2 K)) Σ_i Σ_j ‖x_i − x_j‖, K = M² (ordinary) or M(M−1) (fair)

    Pairs are summed one member at a time: M² distances are computed, M are held.

    Args:
      ensemble: [M, ..., N] weights, or their ilr coordinates to score in Aitchison's geometry.
      observed: [..., N] the same unit.
      fair: the unbiased estimate; needs M ≥ 2.

    Returns:
      [...] in the unit of the observations.

    Raises:
      CamjaxError: shapes do not match, no member, or one member and a fair score.

    References:
      Gneiting and Raftery, Journal of the American Statistical Association 102, 2007.
    """
    members, observed = _members(ensemble, observed, "energy_score")
    if observed.ndim == 0:
        raise CamjaxError(
            refusal("observed", "vectors [..., N]", "one number", "Use crps() for single numbers.")
        )
    num_pairs = _num_pairs(len(members), fair, "energy_score")
    return norm(members - observed[None]).mean(axis=0) - _pair_distances(members) / (2 * num_pairs)


def central_interval(ensemble: ArrayLike, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Equal-tailed interval in which one more member would fall with probability `level`.

    Quantiles q = (1 ∓ level)/2 are read off at rank q (M + 1), since below the k-th of M
    exchangeable members a further one falls with probability k/(M + 1).

    Args:
      ensemble: [M, ...] any unit.
      level: in (0, 1), such as 0.95.

    Returns:
      Lower and upper end, [...] each; NaN where M is below `fewest_members(level)`.

    Raises:
      CamjaxError: the level is not in (0, 1), or there is no member.

    >>> [float(end) for end in central_interval([0.1, 0.4, 0.2, 0.3], 0.6)]
    [0.1, 0.4]
    """
    members = np.asarray(ensemble)
    if members.ndim == 0 or len(members) == 0:
        raise CamjaxError(refusal("ensemble", "at least one member", f"shape {members.shape}"))
    if len(members) < fewest_members(level):
        nowhere = np.full(members.shape[1:], np.nan)
        return nowhere, nowhere
    tail = (1 - level) / 2
    lower, upper = np.quantile(members, [tail, 1 - tail], axis=0, method="weibull")
    return lower, upper


def fewest_members(level: float) -> int:
    """Members below which there is no interval of a level: 2/(1 − level) − 1, rounded up.

    Raises:
      CamjaxError: the level is not in (0, 1).

    >>> fewest_members(0.8), fewest_members(0.95)
    (9, 39)
    """
    if not 0 < level < 1:
        raise CamjaxError(refusal("level", "a share in (0, 1)", level, "95 % is written 0.95."))
    return math.ceil(2 / (1 - level) - 1 - 1e-9)


def interval_coverage(
    lower: ArrayLike,
    upper: ArrayLike,
    observed: ArrayLike,
    axis: Axis = None,
    where: ArrayLike | None = None,
    tolerance: ArrayLike = 0.0,
) -> Array:
    """Share of observations that lie in their interval, ends included.

    Args:
      lower: [...] lower ends.
      upper: [...] upper ends.
      observed: [...] same shape and unit.
      axis: axes to average over; None: all.
      where: booleans that broadcast to `observed`, True where there was an observation.
      tolerance: how far beyond an end still counts as in the interval, broadcasts to `observed`;
        above 0 where ends and observations are known to rounding only.

    Returns:
      The share over `axis`, in [0, 1]; NaN where nothing was observed, or where a number that
      counts is NaN.

    Raises:
      CamjaxError: the shapes differ.
    """
    observed, lower = as_floating_pair(observed, lower, "interval_coverage")
    observed, upper = as_floating_pair(observed, upper, "interval_coverage")
    remedy = "One interval for each observation."
    require_shape(lower, observed.shape, "lower", remedy)
    require_shape(upper, observed.shape, "upper", remedy)
    room = jnp.asarray(tolerance, observed.dtype)
    inside = (lower.astype(observed.dtype) - room <= observed) & (observed <= upper + room)
    unknown = jnp.isnan(lower) | jnp.isnan(upper) | jnp.isnan(observed)
    return masked_mean(jnp.where(unknown, jnp.nan, inside.astype(observed.dtype)), axis, where)


def _members(ensemble: ArrayLike, observed: ArrayLike, where: str) -> tuple[Array, Array]:
    """Check that every member has the shape of the observation."""
    members, observed = as_floating_pair(ensemble, observed, where)
    if members.ndim == 0 or len(members) == 0:
        raise CamjaxError(refusal("ensemble", "at least one member", f"shape {members.shape}"))
    remedy = "Members lead: [members, ...] for observations [...]."
    require_shape(members, (len(members), *observed.shape), "ensemble", remedy)
    return members, observed


def _num_pairs(num_members: int, fair: bool, where: str) -> float:
    """The number of ordered pairs the spread is averaged over; a float, as it may pass 2³¹."""
    if fair and num_members < 2:
        raise CamjaxError(
            refusal(where, "at least 2 members for a fair score", num_members, "Use fair=False.")
        )
    return float(num_members * (num_members - 1) if fair else num_members**2)


@jax.jit
def _pair_distances(members: Array) -> Array:
    """Σ_i Σ_j ‖x_i − x_j‖ over all ordered pairs of members [M, ..., N] -> [...]."""
    return jax.lax.map(lambda member: norm(members - member[None]).sum(axis=0), members).sum(axis=0)
