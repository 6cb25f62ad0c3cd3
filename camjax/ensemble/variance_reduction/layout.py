"""Which dimension of a low-discrepancy point drives what."""

import dataclasses
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array

from camjax.ensemble.variance_reduction.components import increments_from_components
from camjax.processes import DriverProcesses
from camjax.processes.stream import parameter_dtype


@dataclasses.dataclass(frozen=True)
class Layout:
    """Dimensions of a point in order of weight, the first being the best spread.

    1. components of the columns that add their normals up, such as prices: the first of every
       column, the second of every column, …; each column's T normals are C ξ, see
       `increments_from_components`;
    2. the rows of columns without memory, such as noise: row 0 of every column, row 1, …;
    3. row 0 of the columns of 1, which their processes start from without looking at it.

    Args:
      paths: columns that add up.
      noises: columns without memory.
      steps: T.
    """

    paths: tuple[str, ...]
    noises: tuple[str, ...]
    steps: int

    @classmethod
    def of(cls, processes: DriverProcesses) -> "Layout":
        """The layout for the Gaussian columns of driver processes."""
        columns = processes.gaussian_columns
        noises = tuple(column for column in columns if _forgets(processes, column))
        paths = tuple(column for column in columns if column not in noises)
        return cls(paths, noises, processes.steps)

    @property
    def num_dimensions(self) -> int:
        """One for each row of each column."""
        return (len(self.paths) + len(self.noises)) * (self.steps + 1)

    def normals(self, points: Array) -> dict[str, Array]:
        """Independent standard normals for the rows of each column.

        Args:
          points: [dimensions, L] independent standard normals.

        Returns:
          [T+1, L] by column.
        """
        ends = len(self.paths) * self.steps, self.num_dimensions - len(self.paths)
        components, rows, first_rows = jnp.split(points, ends)
        matrix = jnp.asarray(increments_from_components(self.steps), points.dtype)
        normals = _columns(rows, self.noises)
        for i, (column, own) in enumerate(_columns(components, self.paths).items()):
            increments = jnp.matmul(matrix, own, precision=jax.lax.Precision.HIGHEST)
            normals[column] = jnp.concatenate([first_rows[i : i + 1], increments])
        return normals


def _columns(interleaved: Array, names: Sequence[str]) -> dict[str, Array]:
    """Columns that take turns."""
    return {name: interleaved[i :: len(names)] for i, name in enumerate(names)}


def _forgets(processes: DriverProcesses, column: str) -> bool:
    """Whether no row depends on an earlier one: then a process has no state."""
    process = processes.drawn[column]

    def first_state(key: Array) -> object:
        innovations = process.innovations(key, 1, processes.dt_days)
        innovation = jax.tree.map(lambda rows: rows[0], innovations)
        normal = jnp.zeros((), parameter_dtype(process))
        return process.start(normal, innovation)[0]

    return not jax.tree.leaves(jax.eval_shape(first_state, jax.random.key(0)))
