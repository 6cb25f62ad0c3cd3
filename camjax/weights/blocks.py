"""A long window of yields at the cost of a short one."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array
from jax.ad_checkpoint import checkpoint_name

from camjax._pytree import pytree
from camjax.vector import Vector

READ = "read of a ring"
"""Name of what a scan is to keep for its derivatives, so that it need not keep whole rings."""


@pytree
class Moments:
    """Mean of some quotes, and the sum of squares of how far they are from it."""

    mean: Vector
    squares: Vector

    @classmethod
    def none(cls, like: Vector) -> "Moments":
        """Of no quotes."""
        zeros = like.map(jnp.zeros_like)
        return cls(mean=zeros, squares=zeros)

    def kept_unless(self, condition: Array, otherwise: "Moments") -> "Moments":
        """These, or others where a condition holds."""
        return jax.tree.map(partial(jnp.where, condition), otherwise, self)


@pytree
class Blocks:
    """The last K quotes in blocks of L = K // 2, so that no step looks at more than three numbers.

    A window is what there is of the newest block, all of the one before, and the end of the one
    before that. Moments of the first grow by one quote a step. Those of every end of a block are
    made one a step too, from its newest quote back, while the block after it fills: when the window
    begins to leave the block, they lie ready. Nothing is ever subtracted, so that nothing drifts,
    and what has left the window leaves no rounding behind.
    """

    quotes: Vector
    """[K] by number of the quote modulo K: quotes, or mean of the end of a block from there on."""
    squares: Vector
    """[K] sum of squares that belongs to such a mean."""
    newest: Array
    """[] number of the newest quote; that of step 0 is 0."""
    filling: Moments
    """Of what there is of the newest block."""
    full: Moments
    """Of the block before."""
    end: Moments
    """Of the end of the block before, as long as the newest block is."""


def first_blocks(like: Vector, window: int) -> Blocks:
    """One quote of zero, that of step 0."""
    ring = like.map(lambda part: jnp.zeros((window, *part.shape), part.dtype))
    none = Moments.none(like)
    return Blocks(quotes=ring, squares=ring, newest=jnp.int32(0), filling=none, full=none, end=none)


def with_quotes(blocks: Blocks, quotes: Vector, window: int) -> Blocks:
    """The blocks with one more quote, and one more end of the block before."""
    length = window // 2
    newest = blocks.newest + 1
    place = newest % length
    begins = place == 0
    none = Moments.none(quotes)
    full = blocks.full.kept_unless(begins, blocks.filling)
    filling = blocks.filling.kept_unless(begins, none)
    end = blocks.end.kept_unless(begins, none)

    single = Moments(mean=quotes, squares=none.squares)
    last = (newest - 2 * place - 1) % window  # of the block before, what no end has yet
    longer = Moments(mean=blocks.quotes.map(lambda ring: _read(ring, last)), squares=none.squares)
    end = merged(longer, jnp.int32(1), end, place)
    kept = blocks.quotes.map(lambda ring, mean: _written(ring, last, mean), end.mean)
    return Blocks(
        quotes=kept.map(lambda ring, quote: _written(ring, newest % window, quote), quotes),
        squares=blocks.squares.map(lambda ring, value: _written(ring, last, value), end.squares),
        newest=newest,
        filling=merged(filling, place, single, jnp.int32(1)),
        full=full,
        end=end,
    )


def moments(blocks: Blocks, window: int) -> tuple[Moments, Array]:
    """Of the last K quotes, or of all there are, and how many those are."""
    length, newest = window // 2, blocks.newest
    in_filling = newest % length + 1
    in_full = jnp.where(newest >= length, length, 0)
    in_end = jnp.where(newest + 1 >= window, window - length - in_filling, 0)
    oldest = (newest + 1) % window
    end = Moments(
        mean=blocks.quotes.map(lambda ring: _read(ring, oldest)),
        squares=blocks.squares.map(lambda ring: _read(ring, oldest)),
    )
    recent = merged(blocks.filling, in_filling, blocks.full, in_full)
    counted = in_filling + in_full
    return merged(recent, counted, end, in_end), counted + in_end


def merged(first: Moments, count: Array, second: Moments, other_count: Array) -> Moments:
    """Moments of two sets of quotes together, from those of each and how many they are of.

    d = m₂ - m₁;  m = m₁ + d n₂/n;  M = M₁ + M₂ + d² n₁ n₂/n, n = n₁ + n₂ ≥ 1. What a set of
    none holds does not count.

    References:
      Chan, Golub & LeVeque 1983.
    """
    dtype = first.mean.parts[0].dtype
    total = (count + other_count).astype(dtype)
    share = other_count.astype(dtype) / total
    distance = second.mean - first.mean
    return Moments(
        mean=first.mean + distance * share,
        squares=first.squares
        + second.squares * jnp.where(other_count > 0, 1, 0)
        + distance * distance * (count.astype(dtype) * share),
    )


def _read(ring: Array, place: Array) -> Array:
    return checkpoint_name(jax.lax.dynamic_index_in_dim(ring, place, keepdims=False), READ)


def _written(ring: Array, place: Array, value: Array) -> Array:
    return jax.lax.dynamic_update_index_in_dim(ring, value, place, 0)
