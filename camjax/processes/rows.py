"""Rows of a driver: the draws they consume and the scan that makes them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from camjax.processes.normals import standard_normals


def split_key(key: Array) -> tuple[Array, Array]:
    """The keys of a process's normals and of its other innovations."""
    normal_key, innovation_key = jax.random.split(key)
    return normal_key, innovation_key


def parameter_dtype(parameters: Any) -> np.dtype:
    """The dtype in which processes compute, that of their parameters; float32 without any."""
    leaves = jax.tree.leaves(parameters)
    return jnp.result_type(*leaves) if leaves else np.dtype(np.float32)


def draw_normals(parameters: Any, key: Array, num_rows: int, noise: str = "float32") -> Array:
    """[T+1, ...] independent standard normals for keys [...].

    Float32 unless `noise` says otherwise and parameters are in float64; a row widens them as it
    consumes them. A path is then the same noise in both precisions, and a draw in float64 would
    cost three times as much.
    """
    wide = parameter_dtype(parameters) == np.float64
    return standard_normals(key, num_rows, np.dtype(noise if wide else np.float32))


def scan_rows(
    start: Callable[[Any], tuple[Any, Any]],
    advance: Callable[[Any, Any], tuple[Any, Any]],
    draws: Any,
    steps: int,
    dtype: np.dtype,
) -> Any:
    """Rows 0…T in one scan: row 0 from its draws, row t from row t-1 and its draws.

    Draws are widened row by row: all at once, they would be written and read twice as long.

    Args:
      start: maps the draws of row 0 to (state, values).
      advance: maps (state, draws of row t) to (state, values).
      draws: pytree with leaves [T+1, ...].
      steps: T.
      dtype: of all floating draws as `start` and `advance` see them.

    Returns:
      The pytree of the values, each [T+1, ...].
    """

    def widened(draw: Array) -> Array:
        return draw.astype(dtype) if jnp.issubdtype(draw.dtype, jnp.floating) else draw

    first_state, first = start(jax.tree.map(lambda rows: widened(rows[0]), draws))

    # Row 0 goes through the scan too: joined on afterwards it would cost a copy of everything.
    def row(state: Any, drawn: tuple[Array, Any]) -> tuple[Any, Any]:
        number, draw = drawn
        later = advance(state, jax.tree.map(widened, draw))
        return jax.tree.map(partial(jnp.where, number > 0), later, (state, first))

    _, rows = jax.lax.scan(row, first_state, (jnp.arange(steps + 1, dtype=jnp.int32), draws))
    return rows
