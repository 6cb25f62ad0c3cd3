"""Rows of drivers, each made from the one before where a scan comes to it."""

import dataclasses
from collections.abc import Collection
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from camjax._pytree import pytree, static
from camjax.processes.base import Process
from camjax.processes.correlation import Correlation
from camjax.processes.domains import enter_domain, stay_in_domain
from camjax.processes.normals import (
    Words,
    can_draw,
    normal_of_row,
    normal_pair,
    standard_normals,
    words_of,
)

Values = dict[str, Array]
"""One row of some drivers, by column."""


@pytree
class Draws:
    """What a column consumes and is drawn beforehand, [T+1, ...], or a row of it."""

    normals: Array | None = None
    """None where they are drawn row by row, or not at all."""
    innovations: Any = None


@pytree
class StreamState:
    """What the next row needs of the last."""

    processes: dict[str, tuple[Any, Any]]
    """By column, the state of its process and of its domain."""
    pairs: dict[str, Array]
    """By column, the pair of normals that the last row drew from."""


@pytree
class DriverStream:
    """All that rows 0…T of some drivers are made of.

    Nothing but what is drawn beforehand is ever laid out over rows, so that a run which consumes
    rows as they come neither writes nor reads them. Written for one path.

    Args:
      processes: by column.
      keys: of the columns whose normals are drawn row by row.
      draws: by column, what is drawn beforehand.
      correlation: of normals.
      dt_days: step length.
    """

    processes: dict[str, Process]
    keys: dict[str, Words]
    draws: dict[str, Draws]
    correlation: Correlation | None = None
    dt_days: float = static()

    def start(self) -> tuple[StreamState, Values]:
        """Row 0: what row 1 needs, and the values."""
        pairs = {column: normal_pair(words, jnp.uint32(0)) for column, words in self.keys.items()}
        draws = jax.tree.map(lambda rows: rows[0], self.draws)
        normals = self._normals({column: pair.real for column, pair in pairs.items()}, draws)
        states, values = {}, {}
        for column, process in self.processes.items():
            innovations = self._widened(draws[column].innovations)
            state, value = process.start(normals.get(column), innovations)
            domain, values[column] = enter_domain(column, value)
            states[column] = state, domain
        return StreamState(processes=states, pairs=pairs), values

    def advance(
        self, state: StreamState, row: Array, draws: dict[str, Draws]
    ) -> tuple[StreamState, Values]:
        """Row t: what row t+1 needs, and the values.

        Args:
          state: from row t-1.
          row: [] t.
          draws: row t of `draws`.
        """
        drawn, pairs = {}, {}
        for column, words in self.keys.items():
            drawn[column], pairs[column] = normal_of_row(words, row, state.pairs[column])
        normals = self._normals(drawn, draws)
        states, values = {}, {}
        for column, process in self.processes.items():
            last, domain = state.processes[column]
            innovations = self._widened(draws[column].innovations)
            last, value = process.advance(last, normals.get(column), innovations, self.dt_days)
            domain, values[column] = stay_in_domain(column, domain, value)
            states[column] = last, domain
        return StreamState(processes=states, pairs=pairs), values

    def collect(self, steps: int) -> Values:
        """Rows 0…T of all columns, [T+1] each, in one scan."""
        start, first = self.start()

        # Row 0 goes through the scan too: joined on afterwards it would cost a copy of everything.
        def row(state: StreamState, at: tuple[Array, dict[str, Draws]]) -> tuple[StreamState, Any]:
            later = self.advance(state, *at)
            return jax.tree.map(partial(jnp.where, at[0] > 0), later, (start, first))

        _, rows = jax.lax.scan(row, start, (jnp.arange(steps + 1, dtype=jnp.int32), self.draws))
        return rows

    def only(self, columns: Collection[str]) -> "DriverStream":
        """The stream of some columns, which are the same as among the others."""
        correlation, needed = self.correlation, set(columns)
        if correlation is not None and needed.isdisjoint(correlation.columns):
            correlation = None
        if correlation is not None:
            needed |= set(correlation.columns)

        def drawn(column: str, draws: Draws) -> Draws:
            return draws if column in columns else dataclasses.replace(draws, innovations=None)

        return DriverStream(
            processes={column: law for column, law in self.processes.items() if column in columns},
            keys={column: words for column, words in self.keys.items() if column in needed},
            draws={name: drawn(name, each) for name, each in self.draws.items() if name in needed},
            correlation=correlation,
            dt_days=self.dt_days,
        )

    def _normals(self, drawn: Values, draws: dict[str, Draws]) -> Values:
        """Correlated normals of a row by column, in the precision of the processes."""
        lying = {name: each.normals for name, each in draws.items() if each.normals is not None}
        normals = self._widened(drawn | lying)
        return normals if self.correlation is None else self.correlation.apply(normals)

    def _widened(self, draws: Any) -> Any:
        """Floating draws in the precision of the processes.

        Row by row: all at once, they would be written and read twice as long.
        """
        dtype = parameter_dtype(self.processes)

        def widened(draw: Array) -> Array:
            return draw.astype(dtype) if jnp.issubdtype(draw.dtype, jnp.floating) else draw

        return jax.tree.map(widened, draws)


def stream_of(
    processes: dict[str, Process],
    keys: dict[str, Array],
    num_rows: int,
    dt_days: float,
    *,
    normals: dict[str, Array] | None = None,
    noise: str = "float32",
    correlation: Correlation | None = None,
) -> DriverStream:
    """The stream of processes, each with a random key of its own.

    Args:
      processes: by column.
      keys: by column.
      num_rows: T+1.
      dt_days: step length.
      normals: [T+1] by column, in place of those that keys give; of all Gaussian columns, or None.
      noise: precision of normals, see `noise_dtype`.
      correlation: of normals.
    """
    dtype, words, draws = noise_dtype(processes, noise), {}, {}
    for column, process in processes.items():
        normal_key, innovation_key = split_key(keys[column])
        lying = None
        if process.gaussian and normals is not None:
            lying = normals[column]
        elif process.gaussian and can_draw(normal_key, dtype):
            words[column] = words_of(normal_key)
        elif process.gaussian:
            lying = standard_normals(normal_key, num_rows, dtype)
        innovations = process.innovations(innovation_key, num_rows, dt_days)
        draws[column] = Draws(normals=lying, innovations=innovations)
    return DriverStream(
        processes=processes, keys=words, draws=draws, correlation=correlation, dt_days=dt_days
    )


def parameter_dtype(parameters: Any) -> np.dtype:
    """The dtype in which processes compute, that of their parameters; float32 without any."""
    leaves = jax.tree.leaves(parameters)
    return jnp.result_type(*leaves) if leaves else np.dtype(np.float32)


def noise_dtype(parameters: Any, noise: str) -> np.dtype:
    """The dtype in which normals are drawn: float32, unless both noise and parameters are wider.

    A path is then the same noise in both precisions, and a draw in float64 would cost ten times as
    much.
    """
    wide = parameter_dtype(parameters) == np.float64
    return np.dtype(noise if wide else np.float32)


def split_key(key: Array) -> tuple[Array, Array]:
    """The keys of a process's normals and of its other innovations."""
    normal_key, innovation_key = jax.random.split(key)
    return normal_key, innovation_key
