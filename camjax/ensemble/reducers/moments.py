"""Mean, variance and extremes over paths."""

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from camjax.ensemble.intervals import normal_interval


@dataclasses.dataclass(frozen=True)
class MomentsResult:
    """Statistics of a variable over paths, each of the shape of one path, [T] or [T, deposits]."""

    num_paths: int
    mean: NDArray
    std: NDArray
    """Unbiased; NaN for a single path."""
    minimum: NDArray
    maximum: NDArray

    def interval(self, level: float = 0.95) -> tuple[NDArray, NDArray]:
        """Interval for the mean, by the central limit theorem."""
        return normal_interval(self.mean, self.std / np.sqrt(self.num_paths), level)


@dataclasses.dataclass(frozen=True)
class Moments:
    """Mean, variance and extremes of a variable at every step.

    Blocks are summed by mean and sum of squared deviations, and merged by the update of Chan,
    Golub & LeVeque (1979) in float64, so that float32 paths do not drift.

    Args:
      variable: name in the results table, or "share".
    """

    variable: str

    @property
    def name(self) -> str:
        """moments(variable)."""
        return f"moments({self.variable})"

    @property
    def variables(self) -> tuple[str, ...]:
        """The one variable."""
        return (self.variable,)

    def fold(self, variables: dict[str, Array], counted: Array) -> dict[str, Array]:
        """Count, mean, squared deviations and extremes of a block."""
        values = variables[self.variable]
        counts = jnp.broadcast_to(counted, values.shape)
        count = counted.sum().astype(values.dtype)
        # Around the block's first path, so that large values keep their digits.
        pivot = values[..., :1]
        mean = jnp.where(counts, values - pivot, 0).sum(-1, keepdims=True) / count
        deviations = jnp.where(counts, values - pivot - mean, 0)
        return {
            "count": count,
            "mean": (pivot + mean)[..., 0],
            "squares": (deviations * deviations).sum(-1),
            "minimum": jnp.where(counts, values, jnp.inf).min(-1),
            "maximum": jnp.where(counts, values, -jnp.inf).max(-1),
        }

    def merge(self, earlier: Any, later: Any) -> dict[str, NDArray]:
        """Moments of both sets of paths."""
        first, second = (
            {name: np.asarray(value, np.float64) for name, value in partial.items()}
            for partial in (earlier, later)
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
        count = int(partial["count"])
        variance = partial["squares"] / (count - 1) if count > 1 else partial["squares"] * np.nan
        return MomentsResult(
            num_paths=count,
            mean=np.asarray(partial["mean"]),
            std=np.sqrt(variance),
            minimum=np.asarray(partial["minimum"]),
            maximum=np.asarray(partial["maximum"]),
        )
