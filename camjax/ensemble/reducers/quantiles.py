"""Quantiles over paths from integer histograms, which merge exactly."""

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from camjax.ensemble.reducers.base import Scope
from camjax.ensemble.reducers.histograms import count_rows, merged_counts


@dataclasses.dataclass(frozen=True)
class Bins:
    """Edges of a histogram: `number` bins between low and high, and one bin beyond each.

    Linear bins are equally wide, logarithmic ones in equal proportion. A quantile is read off
    with an error of at most one bin's width: (high - low) / number, or a factor of
    (high / low)^(1 / number). Values beyond are counted, and read as low or high.
    """

    low: float
    high: float
    number: int = 1024
    logarithmic: bool = False

    def index(self, values: Array) -> Array:
        """Bin of each value, 0 below `low`, number + 1 from `high` on."""
        low, high = self.low, self.high
        if self.logarithmic:
            values = jnp.log(jnp.maximum(values, low / 2))
            low, high = np.log(low), np.log(high)
        place = jnp.floor((values - low) * (self.number / (high - low)))
        return jnp.clip(place, -1, self.number).astype(jnp.int32) + 1

    @property
    def edges(self) -> NDArray:
        """[number + 1] edges of the bins between low and high."""
        if self.logarithmic:
            return np.geomspace(self.low, self.high, self.number + 1)
        return np.linspace(self.low, self.high, self.number + 1)


@dataclasses.dataclass(frozen=True)
class QuantilesResult:
    """Quantiles of a variable over paths."""

    num_paths: int
    levels: tuple[float, ...]
    values: NDArray
    """[levels, T] or [levels, T, deposits]; NaN where the variable is."""
    bins: Bins


@dataclasses.dataclass(frozen=True)
class Quantiles:
    """Quantiles of a variable at every step, by histograms of fixed bins.

    Args:
      variable: name in the results table, or "share".
      bins: where the values lie.
      levels: probabilities, ascending.
      final: whether only the last step is looked at.
    """

    variable: str
    bins: Bins
    levels: tuple[float, ...] = (0.05, 0.5, 0.95)
    final: bool = False

    @property
    def name(self) -> str:
        """quantiles(variable)."""
        return f"quantiles({self.variable})"

    @property
    def scope(self) -> Scope:
        """Every step, or the end."""
        return "end" if self.final else "step"

    @property
    def variables(self) -> tuple[str, ...]:
        """The one variable."""
        return (self.variable,)

    @property
    def kind(self) -> tuple[type, Bins]:
        """Those of the same bins fold alike."""
        return Quantiles, self.bins

    def cells(self, variables: dict[str, Array]) -> Array:
        """Values [..., L]."""
        return variables[self.variable]

    def fold_cells(self, cells: Array, counted: Array) -> Array:
        """Counts [..., bins + 2]."""
        valid = jnp.broadcast_to(counted, cells.shape) & ~jnp.isnan(cells)
        return count_rows(self.bins.index(cells), valid, self.bins.number + 2)

    def fold(self, variables: dict[str, Array], counted: Array) -> Array:
        """Those of a step of a block."""
        counts = self.fold_cells(self.cells(variables), counted)
        return counts[None] if self.final else counts

    def merge(self, earlier: Any, later: Any) -> NDArray:
        """Counts of both sets of paths."""
        return merged_counts(earlier, later)

    def finish(self, partial: Any) -> QuantilesResult:
        """Quantiles, linear within a bin."""
        counts = np.asarray(partial, np.int64)
        below = counts.cumsum(-1)
        total = below[..., -1:]
        values = np.stack([self._quantile(counts, below, total, level) for level in self.levels])
        return QuantilesResult(int(total.max()), self.levels, values, self.bins)

    def _quantile(self, counts: NDArray, below: NDArray, total: NDArray, level: float) -> NDArray:
        rank = level * total
        found = (below < np.maximum(rank, 1e-9)).sum(-1, keepdims=True)
        found = np.minimum(found, counts.shape[-1] - 1)
        inside = np.take_along_axis(counts, found, -1)
        before = np.take_along_axis(below, found, -1) - inside
        share = np.clip((rank - before) / np.maximum(inside, 1), 0, 1)
        edges = np.concatenate([self.bins.edges[:1], self.bins.edges, self.bins.edges[-1:]])
        value = edges[found] + share * (edges[found + 1] - edges[found])
        return np.where(total > 0, value, np.nan)[..., 0]
