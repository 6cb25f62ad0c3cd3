"""Mean, spread and quantile bands over paths, each cell binned over a range of its own."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from camjax.ensemble.quantities import STEP
from camjax.ensemble.reducers.base import Scope
from camjax.ensemble.reducers.histograms import count_rows, merged_counts
from camjax.ensemble.reducers.moments import Moments, moments_of

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclasses.dataclass(frozen=True)
class BandsResult:
    """Statistics of a variable over paths; a cell is a step, or a deposit at a step."""

    num_paths: int
    mean: NDArray
    std: NDArray
    """Divided by P - 1; NaN for a single path."""
    levels: tuple[float, ...]
    quantiles: NDArray
    """[levels, ...]; NaN in cells where the variable is, on any path."""
    error: NDArray
    """[levels, ...] most by which one can be off from the order statistic: the width of its bin."""


@dataclasses.dataclass(frozen=True, eq=False)
class Bands:
    """Mean, standard deviation and quantiles of a variable at every step.

    Counts are integers and merge exactly. Values beyond a cell's range are counted too: a
    quantile among them is read off with the error of a bin that reaches to the extremes.

    Args:
      variable: name in the results table, or "share".
      low: [T, ...] lower end of the range that is divided into bins, cell by cell.
      high: [T, ...] its upper end; may equal the lower one.
      number: of bins in a range.
      final: whether only the last step is looked at; then T is 1.
      levels: probabilities of the quantiles, ascending.
    """

    variable: str
    low: NDArray = dataclasses.field(repr=False)
    high: NDArray = dataclasses.field(repr=False)
    number: int = 256
    final: bool = False
    levels: tuple[float, ...] = LEVELS

    @property
    def name(self) -> str:
        """bands(variable)."""
        return f"bands({self.variable})"

    @property
    def variables(self) -> tuple[str, ...]:
        """The one variable."""
        return (self.variable,)

    @property
    def scope(self) -> Scope:
        """Every step, or the end."""
        return "end" if self.final else "step"

    @property
    def _moments(self) -> Moments:
        return Moments(self.variable)

    @property
    def kind(self) -> tuple[type, int]:
        """Those of as many bins fold alike."""
        return Bands, self.number

    def cells(self, variables: dict[str, Array]) -> tuple[Array, Array, Array]:
        """Values [..., L], and the ends [..., 1] of each cell's range."""
        values = variables[self.variable]
        row = 0 if self.final else variables[STEP] - 1
        low, high = (
            jnp.asarray(ends, values.dtype)[row, ..., None] for ends in (self.low, self.high)
        )
        return values, low, high

    def fold_cells(self, cells: tuple[Array, Array, Array], counted: Array) -> dict[str, Any]:
        """Moments, and counts [..., bins + 2]."""
        values, low, high = cells
        width = high - low
        scale = jnp.where(width > 0, self.number / jnp.where(width > 0, width, 1), 0)
        # Divided out once a cell, not again for every lane.
        low, high, scale = jax.lax.optimization_barrier((low, high, scale))
        inside = jnp.clip(jnp.floor((values - low) * scale), 0, self.number - 1) + 1
        place = jnp.where(values < low, 0, jnp.where(values > high, self.number + 1, inside))
        valid = jnp.broadcast_to(counted, values.shape) & ~jnp.isnan(values)
        return {
            "moments": moments_of(values, counted),
            "counts": count_rows(place.astype(jnp.int32), valid, self.number + 2),
        }

    def fold(self, variables: dict[str, Array], counted: Array) -> dict[str, Any]:
        """Those of a step of a block."""
        folded = self.fold_cells(self.cells(variables), counted)
        return jax.tree.map(lambda leaf: leaf[None], folded) if self.final else folded

    def merge(self, earlier: Any, later: Any) -> dict[str, Any]:
        """Those of both sets of paths."""
        return {
            "moments": self._moments.merge(earlier["moments"], later["moments"]),
            "counts": merged_counts(earlier["counts"], later["counts"]),
        }

    def finish(self, partial: Any) -> BandsResult:
        """Statistics, quantiles linear within a bin."""
        moments, counts = partial["moments"], np.asarray(partial["counts"], np.int64)
        num_paths = int(moments["count"].max())
        read = [self._quantile(counts, moments, level * num_paths) for level in self.levels]
        known = counts.sum(-1) == num_paths
        quantiles, error = (
            np.stack([np.where(known, values, np.nan) for values in each])
            for each in zip(*read, strict=True)
        )
        mean = np.asarray(moments["mean"])
        std = self._moments.finish(moments).std
        return BandsResult(num_paths, mean, std, self.levels, quantiles, error)

    def _quantile(
        self, counts: NDArray, moments: dict[str, NDArray], rank: float
    ) -> tuple[NDArray, NDArray]:
        """The value below which `rank` paths lie, and the width of the bin it lies in."""
        below = counts.cumsum(-1)
        found = np.minimum((below < max(rank, 1e-9)).sum(-1), self.number + 1)
        inside = np.take_along_axis(counts, found[..., np.newaxis], -1)[..., 0]
        before = np.take_along_axis(below, found[..., np.newaxis], -1)[..., 0] - inside
        width = (self.high - self.low) / self.number
        first, last = found == 0, found == self.number + 1
        start = np.where(last, self.high, self.low + (found - 1) * width)
        end = np.where(first, self.low, self.low + found * width)
        start = np.maximum(start, moments["minimum"])
        end = np.minimum(np.where(last, np.inf, end), moments["maximum"])
        start = np.where(first, moments["minimum"], start)
        share = np.clip((rank - before) / np.maximum(inside, 1), 0, 1)
        return start + share * np.maximum(end - start, 0), np.maximum(end - start, 0)
