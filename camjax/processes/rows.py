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


def draw_normals(parameters: Any, key: Array, num_rows: int, noise: str = "float32") -> Array:
    """[T+1, ...] independent standard normals for keys [...], in the dtype of some parameters.

    Drawn in float32 unless `noise` says otherwise, and widened: a path is then the same noise in
    both precisions, and a draw in float64 costs three times as much.
    """
    dtype = jnp.result_type(*jax.tree.leaves(parameters))
    drawn = np.dtype(noise) if dtype == np.float64 else np.dtype(np.float32)
    return standard_normals(key, num_rows, drawn).astype(dtype)


def scan_rows(
    start: Callable[[Any], tuple[Any, Any]],
    advance: Callable[[Any, Any], tuple[Any, Any]],
    draws: Any,
    steps: int,
) -> Any:
    """Rows 0…T in one scan: row 0 from its draws, row t from row t-1 and its draws.

    Args:
      start: maps the draws of row 0 to (state, values).
      advance: maps (state, draws of row t) to (state, values).
      draws: pytree with leaves [T+1, ...].
      steps: T.

    Returns:
      The pytree of the values, each [T+1, ...].
    """
    first_state, first = start(jax.tree.map(lambda rows: rows[0], draws))

    # Row 0 goes through the scan too: joined on afterwards it would cost a copy of everything.
    def row(state: Any, drawn: tuple[Array, Any]) -> tuple[Any, Any]:
        number, draw = drawn
        later = advance(state, draw)
        return jax.tree.map(partial(jnp.where, number > 0), later, (state, first))

    _, rows = jax.lax.scan(row, first_state, (jnp.arange(steps + 1, dtype=jnp.int32), draws))
    return rows
