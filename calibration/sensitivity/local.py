"""Local sensitivity: exact derivatives of outputs over an ensemble, with Monte Carlo intervals."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike, NDArray

from camjax import Evaluations
from camjax.errors import CamjaxError, refusal
from camjax.intervals import student_reach

GROUPS = 32
"""Groups of paths that the jackknife leaves out in turn."""


@dataclasses.dataclass(frozen=True)
class LocalResult:
    """Derivatives of Q outputs by K parameters at the scenario's own numbers."""

    names: tuple[str, ...]
    at: NDArray
    """[K] the parameters' values."""
    questions: tuple[str, ...]
    value: NDArray
    """[Q] the outputs; probabilities smoothed."""
    derivative: NDArray
    """[Q, K] in the output's unit over the parameter's."""
    derivative_reach: NDArray
    """[Q, K] half the width of its 95 % interval."""
    elasticity: NDArray
    """[Q, K] percent for a percent; NaN where parameter or output is 0."""
    elasticity_reach: NDArray
    """[Q, K] half the width of its 95 % interval."""
    widths: NDArray
    """[C] over which each comparison was smoothed."""
    paths: int


def local(evaluations: Evaluations) -> LocalResult:
    """Derivatives and elasticities of outputs over an ensemble.

    ∂y/∂θ,  ε = (θ / y) ∂y/∂θ

    Derivatives are exact on the paths that run: they are what differences of the same paths tend
    to. Intervals are by the jackknife over 32 groups of paths, y and its derivative together. The
    events of probabilities are smoothed, by the width that `smoothing_widths` tells. What may be
    rounding alone is 0.

    Args:
      evaluations: of K parameters and Q outputs on P paths.

    Raises:
      QuestionError: an output that has no derivative.
      CamjaxError: fewer than 64 paths.

    References:
      Efron & Stein 1981.
    """
    outputs, num_paths = evaluations.outputs, evaluations.num_paths
    outputs.check_smooth()
    if num_paths < 2 * GROUPS and evaluations.parameters.scenario.is_random:
        raise CamjaxError(refusal("paths", f"at least {2 * GROUPS}", num_paths))
    widths = smoothing_widths(evaluations)
    values, slopes = evaluations.path_gradients(widths)
    at = np.asarray(evaluations.parameters.values, np.float64)

    @jax.jit
    def estimates(values: Array, slopes: Array) -> Array:
        """[Q, 1 + 2K] outputs, derivatives and elasticities."""
        found, push = jax.linearize(outputs.combine, values)
        derivative = jax.vmap(push, in_axes=-1, out_axes=-1)(slopes)
        point = jnp.asarray(at, found.dtype)
        known = (found[:, None] != 0) & (point[None] != 0)
        safe = jnp.where(known, found[:, None], 1)
        elasticity = jnp.where(known, derivative * point[None] / safe, jnp.nan)
        return jnp.concatenate([found[:, None], derivative, elasticity], axis=1)

    full = np.asarray(estimates(values, slopes))
    reach = _jackknife(estimates, values, slopes)
    count = len(at)
    full, reach = _without_rounding(full, reach, at, outputs.rounding(full[None, :, 0]))
    return LocalResult(
        names=evaluations.parameters.names,
        at=at,
        questions=outputs.questions,
        value=full[:, 0],
        derivative=full[:, 1 : 1 + count],
        derivative_reach=reach[:, 1 : 1 + count],
        elasticity=full[:, 1 + count :],
        elasticity_reach=reach[:, 1 + count :],
        widths=widths,
        paths=num_paths,
    )


def _without_rounding(
    full: NDArray, reach: NDArray, at: NDArray, rounding: NDArray
) -> tuple[NDArray, NDArray]:
    """Estimates [Q, 1 + 2K] and their reach, 0 where a parameter moves an output by rounding alone.

    That is where a change of the parameter by its own size comes to no more, its interval
    included; of one that is 0 no size is known.
    """
    derivative, own = np.split(full[:, 1:], 2, axis=1)[0], np.nan_to_num(reach[:, 1 : 1 + len(at)])
    inert = (np.abs(derivative) + own) * np.abs(at) <= rounding[:, None]
    inert &= at != 0
    every = np.concatenate([np.zeros((len(full), 1), bool), inert, inert], axis=1)
    still = every & ~np.isnan(full)
    return np.where(still, 0.0, full), np.where(still & ~np.isnan(reach), 0.0, reach)


def smoothing_widths(evaluations: Evaluations) -> NDArray:
    """[C] over how much of its margin each comparison is smoothed.

    h = s P^(-1/5) / 2,  s the deviation of left - right over paths

    The rate is that at which bias and noise of a kernel estimate fall together; the smoothed
    probability differs from the sharp one by O(h²).

    References:
      Silverman 1986, 3.4.
    """
    margins = evaluations.margins()
    spread = margins.std(0, ddof=1) if len(margins) > 1 else np.abs(margins[0])
    return np.asarray(0.5 * np.where(spread > 0, spread, 1) * len(margins) ** -0.2)


def _jackknife(estimates: Any, path_values: ArrayLike, path_slopes: ArrayLike) -> NDArray:
    """Half the width of a 95 % interval of every estimate; NaN for a single path."""
    values, slopes = np.asarray(path_values), np.asarray(path_slopes)
    size = len(values) // GROUPS
    if size == 0:
        return np.full_like(estimates(values, slopes), np.nan)
    used = size * GROUPS

    values, slopes = np.asarray(path_values), np.asarray(path_slopes)

    def without(group: int, array: NDArray) -> NDArray:
        return np.delete(array[:used], np.s_[group * size : (group + 1) * size], axis=0)

    each = np.stack(
        [estimates(without(group, values), without(group, slopes)) for group in range(GROUPS)]
    )
    variance = (GROUPS - 1) * each.var(0, dtype=np.float64)
    return student_reach(GROUPS - 1) * np.sqrt(variance)
