"""Derivatives of final shares by all numbers of a model and its drivers, in both modes."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from camjax import Drivers, Model, simulate
from camjax.vector import positive_or, quotient

OFFSETS = (1.0, 2.0, 3.0)
COEFFICIENTS = (3 / 4, -3 / 20, 1 / 60)
"""Central difference of sixth order: Σ c_k (f(x + k h) - f(x - k h)) / h."""


def final_shares(model: Model, drivers: Drivers) -> jax.Array:
    balances = simulate(model, drivers, record=("balance",)).balance[-1]
    total = balances.sum()
    return quotient(balances, positive_or(total))


def forwards(
    function: Callable[[jax.Array], jax.Array], numbers: jax.Array, steps: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Forward derivatives of a function by L numbers, and central differences, [L, deposits].

    One program serves both, and a loop instead of a batch, since compiling takes longest here.
    """
    dtype = numbers.dtype
    offsets = jnp.asarray([0.0, *OFFSETS, *(-offset for offset in OFFSETS)], dtype)
    points = numbers[None, None] + offsets[:, None, None] * jnp.diag(steps)[None]
    directions = jnp.broadcast_to(jnp.eye(len(numbers), dtype=dtype), points.shape)
    values, slopes = jax.lax.map(
        lambda both: jax.jvp(function, both[:1], both[1:]),
        (points.reshape(-1, len(numbers)), directions.reshape(-1, len(numbers))),
    )
    values = values.reshape(len(offsets), len(numbers), -1)
    above, below = values[1 : 1 + len(OFFSETS)], values[1 + len(OFFSETS) :]
    weights = jnp.asarray(COEFFICIENTS, dtype)
    quotients = jnp.einsum("k,kpd->pd", weights, above - below) / steps[:, None]
    return slopes[: len(numbers)], quotients


def backwards(function: Callable[..., jax.Array], *trees: Any) -> tuple[jax.Array, ...]:
    """Reverse derivatives of a function by all numbers of some trees, [L, deposits] each."""
    shares, pull = jax.vjp(function, *trees)
    rows = jax.lax.map(
        lambda row: tuple(ravel_pytree(tree)[0] for tree in pull(row)),
        jnp.eye(len(shares), dtype=shares.dtype),
    )
    return tuple(row.T for row in rows)


@jax.jit
def forwards_by_model(model: Model, drivers: Drivers, steps: jax.Array):
    flat, unravel = ravel_pytree(model)
    return forwards(lambda numbers: final_shares(unravel(numbers), drivers), flat, steps)


@jax.jit
def backwards_by_all(model: Model, drivers: Drivers):
    return backwards(final_shares, model, drivers)


def single(tree: Any) -> Any:
    """The same in float32."""
    return _cast(tree, jnp.float64, jnp.float32)


def double(tree: Any) -> Any:
    """The same in float64."""
    return _cast(tree, jnp.float32, jnp.float64)


def _cast(tree: Any, one: Any, other: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf.astype(other) if leaf.dtype == one else leaf, tree)
