"""Rows of a driver: the draws they consume and the scan that makes them."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array


def split_key(key: Array) -> tuple[Array, Array]:
    """The keys of a process's normals and of its other innovations."""
    normal_key, innovation_key = jax.random.split(key)
    return normal_key, innovation_key


def draw_normals(parameters: Any, key: Array, num_rows: int) -> Array:
    """[T+1] independent standard normals in the dtype of a process's parameters."""
    return jax.random.normal(key, (num_rows,), jnp.result_type(*jax.tree.leaves(parameters)))


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
    state, first = start(jax.tree.map(lambda rows: rows[0], draws))
    _, later = jax.lax.scan(advance, state, jax.tree.map(lambda rows: rows[1:], draws), steps)
    return jax.tree.map(lambda row, rows: jnp.concatenate([row[None], rows]), first, later)
