"""Where XLA is told to compute something once, because it would do it again for every use."""

from typing import TypeVar

import jax
import jax.numpy as jnp
from jax import Array

Tree = TypeVar("Tree")


def computed_before(words: Array) -> Array:
    """Identity on unsigned integers, computed ahead of the loop that reads them.

    Fused into that loop, a slice of interleaved words would be read there, and keep it from whole
    vectors: a third of its time. A division, here by a 1 that XLA does not know to be 1, is not
    fused into a loop that would repeat it.
    """
    one = jnp.minimum(words, 1) | 1
    return jax.lax.div(words, one)


def derivative_once(tree: Tree, step: Array) -> Tree:
    """Identity whose derivative, forwards or backwards, is computed once and then reused.

    XLA fuses elementwise work into each of its uses. In the backward pass of a step nearly every
    result has many, so the same cotangents would be computed up to ten times over. Expensive
    operations are not repeated, and a division counts as one: derivatives pass through a division
    by a 1 that XLA does not know to be 1. Values are left alone.

    Args:
      tree: floating arrays.
      step: [] integer above 0, known only when the program runs.
    """
    one = jnp.where(step > 0, 1.0, 2.0)
    return jax.tree.map(lambda value: _derivative_once(value, one.astype(value.dtype)), tree)


@jax.custom_jvp
def _derivative_once(value: Array, one: Array) -> Array:
    del one
    return value


@_derivative_once.defjvp
def _derivative_once_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (value, one), (tangent, _) = primals, tangents
    return value, tangent / one
