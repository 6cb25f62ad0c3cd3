"""Mean, variance and extremes over paths."""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from camjax.ensemble.reducers.base import Scope
from camjax.intervals import student_interval


@dataclasses.dataclass(frozen=True)
class MomentsResult:
    """Statistics of a variable over paths, each of the shape of one path, [T] or [T, deposits]."""

    num_paths: int
    mean: NDArray
    std: NDArray
    """Divided by P - 1; NaN for a single path."""
    minimum: NDArray
    maximum: NDArray

    def interval(self, level: float = 0.95) -> tuple[NDArray, NDArray]:
        """Student's interval of the mean."""
        return student_interval(self.mean, self.std, self.num_paths, level)


def over_lanes(operation: Callable[[Array, Array], Array], values: Array) -> Array:
    """Reduce [..., L] to [...] by halves: half with half, then those, down to one.

    Pairwise sums round less than running ones, and keep vector units busy: a reduction would wait
    for each addition.
    """
    while (number := values.shape[-1]) > 1:
        half = number // 2
        joined = operation(values[..., :half], values[..., half : 2 * half])
        rest = values[..., 2 * half :]  # one, where the number is odd
        values = jnp.concatenate([joined, rest], axis=-1) if number % 2 else joined
    return values[..., 0]


def moments_of(values: Array, counted: Array) -> dict[str, Array]:
    """Count, mean, squared deviations and extremes [...] of values [..., L] over counted lanes.

    What rounding left of the mean is found among the deviations and taken out (Chan, Golub &
    LeVeque 1983).
    """
    weight = counted.astype(values.dtype)
    number, total = weight.sum(), partial(over_lanes, jnp.add)
    mean = total(jnp.where(counted, values, 0)) / number
    deviations = jnp.where(counted, values - mean[..., None], 0)
    rounding = total(deviations) / number
    return {
        "count": jnp.broadcast_to(number, mean.shape),
        "mean": mean + rounding,
        "squares": jnp.maximum(total(deviations * deviations) - number * rounding * rounding, 0),
        "minimum": over_lanes(jnp.minimum, jnp.where(counted, values, jnp.inf)),
        "maximum": over_lanes(jnp.maximum, jnp.where(counted, values, -jnp.inf)),
    }


@dataclasses.dataclass(frozen=True)
class Moments:
    """Mean, variance and extremes of a variable at every step.

    Blocks are summed by mean and sum of squared deviations, and merged by the update of Chan,
    Golub & LeVeque (1979) in float64, so that float32 paths do not drift.

    Args:
      variable: name in the results table, or "share".
    """

    variable: str
    scope: ClassVar[Scope] = "step"

    @property
    def name(self) -> str:
        """moments(variable)."""
        return f"moments({self.variable})"

    @property
    def variables(self) -> tuple[str, ...]:
        """The one variable."""
        return (self.variable,)

    @property
    def kind(self) -> type:
        """All moments fold alike."""
        return Moments

    def cells(self, variables: dict[str, Array]) -> Array:
        """Values [..., L]."""
        return variables[self.variable]

    def fold_cells(self, cells: Array, counted: Array) -> dict[str, Array]:
        """Count, mean, squared deviations and extremes."""
        return moments_of(cells, counted)

    def fold(self, variables: dict[str, Array], counted: Array) -> dict[str, Array]:
        """Those of a step of a block."""
        return self.fold_cells(self.cells(variables), counted)

    def merge(self, earlier: Any, later: Any) -> dict[str, NDArray]:
        """Moments of both sets of paths."""
        first, second = (
            {name: np.asarray(value, np.float64) for name, value in moments.items()}
            for moments in (earlier, later)
        )
        count = first["count"] + second["count"]
        share = second["count"] / np.maximum(count, 1)
        distance = second["mean"] - first["mean"]
        return {
            "count": count,
            "mean": first["mean"] + distance * share,
            "squares": first["squares"]
            + second["squares"]
            + distance * distance * first["count"] * share,
            "minimum": np.minimum(first["minimum"], second["minimum"]),
            "maximum": np.maximum(first["maximum"], second["maximum"]),
        }

    def finish(self, partial: Any) -> MomentsResult:
        """Mean, standard deviation and extremes."""
        count = int(np.max(partial["count"]))
        undefined = np.isnan(partial["mean"])  # extremes do not tell: XLA's pass over NaN
        variance = partial["squares"] / (count - 1) if count > 1 else partial["squares"] * np.nan
        return MomentsResult(
            num_paths=count,
            mean=np.asarray(partial["mean"]),
            std=np.sqrt(variance),
            minimum=np.where(undefined, np.nan, partial["minimum"]),
            maximum=np.where(undefined, np.nan, partial["maximum"]),
        )
