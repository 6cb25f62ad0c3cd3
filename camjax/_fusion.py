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
    """Identity whose derivatives, forwards or backwards, a CPU computes once.

    XLA fuses elementwise work into each of its uses. In the backward pass of a step nearly every
    result has many, so that the same cotangents would be computed up to ten times over. It does not
    fuse across the border of a branch, here of a choice by what it does not know: that steps are
    numbered from 1. On other devices a choice would cost more than it saves.

    Args:
      tree: arrays, whose values are left alone; those of no floating type have no derivatives.
      step: [] number above 0, known only when the program runs.
    """

    def once(value: Array) -> Array:
        floating = jnp.issubdtype(value.dtype, jnp.floating)
        return _derivative_once(value, step) if floating else value

    return jax.tree.map(once, tree)


@jax.custom_jvp
def _derivative_once(value: Array, step: Array) -> Array:
    del step
    return value


@_derivative_once.defjvp
def _derivative_once_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (value, step), (tangent, _) = primals, tangents
    once = jax.lax.platform_dependent(tangent, step, cpu=_behind_a_branch, default=_as_it_is)
    return value, once


def _behind_a_branch(tangent: Array, step: Array) -> Array:
    return jax.lax.cond(step > 0, lambda tangent: tangent, jnp.zeros_like, tangent)


def _as_it_is(tangent: Array, step: Array) -> Array:
    del step
    return tangent
