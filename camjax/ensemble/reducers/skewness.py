"""Skewness over paths, which tells whether few of them carry a mean."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from camjax.ensemble.reducers.moments import moments_of, over_lanes


def moments_with_skewness(values: Array, counted: Array) -> dict[str, Array]:
    """`moments_of` values [..., L] over counted lanes, and their skewness.

    g = (1/n) Σ ((x − x̄) / σ)³,  σ² = Σ (x − x̄)² / n;  0 of what does not vary
    """
    moments = moments_of(values, counted)
    spread = jnp.sqrt(moments["squares"] / moments["count"])
    away = jnp.where(counted, values - moments["mean"][..., None], 0)
    scaled = away / jnp.where(spread > 0, spread, jnp.inf)[..., None]
    cubes = over_lanes(jnp.add, scaled * scaled * scaled)
    return moments | {"skewness": cubes / moments["count"]}


def merged_skewness(earlier: Any, later: Any, together: Any) -> NDArray:
    """Skewness of both sets of paths.

    M₃ = M₃ᵃ + M₃ᵇ + δ³ n_a n_b (n_a − n_b) / n² + 3 δ (n_a M₂ᵇ − n_b M₂ᵃ) / n,  δ = x̄_b − x̄_a

    in units of the σ of both, M₃ and M₂ the sums of cubes and squares around the mean.

    Args:
      earlier: moments, with skewness, of some paths.
      later: those of others.
      together: moments of both.

    References:
      Pébay 2008, Formulas for robust, one-pass parallel computation of covariances and
      arbitrary-order statistical moments.
    """
    number = np.asarray(together["count"], np.float64)
    spread = np.sqrt(together["squares"] / number)
    unit = np.where(spread > 0, spread, np.inf)
    (count_a, squares_a, cubes_a), (count_b, squares_b, cubes_b) = (
        _sums(each, unit) for each in (earlier, later)
    )
    means = (np.asarray(each["mean"], np.float64) for each in (later, earlier))
    distance = np.subtract(*means) / unit
    apart = distance**3 * count_a * count_b * (count_a - count_b) / number**2
    crossed = 3 * distance * (count_a * squares_b - count_b * squares_a) / number
    found: NDArray = (cubes_a + cubes_b + apart + crossed) / number
    return found


def _sums(moments: Any, unit: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Number of paths, and sums of squares and cubes around their mean, in a unit."""
    count, squares, skewness = (
        np.asarray(moments[name], np.float64) for name in ("count", "squares", "skewness")
    )
    squares = squares / unit**2
    cubes = skewness * count * (squares / np.maximum(count, 1)) ** 1.5
    return count, squares, cubes
