"""What holders remember of the yields that were quoted: a window, or a fading memory."""

from typing import Any, Protocol

import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree, static
from camjax.vector import Vector, positive_or, sqrt
from camjax.weights.base import View
from camjax.weights.blocks import Blocks, first_blocks, moments, with_quotes

LONGEST_UNROLLED = 12
"""Steps of a window whose quotes are held one by one; a longer one is held in blocks.

Up to about this length that is faster, and faster to compile: figures in README.md.
"""

FLOOR = 1e-18
"""1/year; stands in for a yield of zero, so that weights are always defined."""


@pytree
class Statistics:
    """Yields as remembered, 1/year."""

    average: Vector
    """ȳ_i, what the score rewards."""
    mean: Vector
    """m_i, mean of what is at hand."""
    deviation: Vector
    """sd_i, population standard deviation of what is at hand."""
    count: Array | None = None
    """How much is remembered: where it is 0, all deposits look alike; None: always enough."""


class YieldMemory(Protocol):
    """Keeps quotes from one step to the next and sums them up."""

    def init(self, like: Vector) -> Any:
        """Memory before the first step."""
        ...

    def statistics(self, memory: Any, convenience_yield: Vector, view: View) -> Statistics:
        """What is remembered, with a constant convenience yield added to every quote."""
        ...

    def remember(self, memory: Any, yield_rates: Vector, dt_days: float) -> Any:
        """Memory after this step's quotes."""
        ...


@pytree
class WindowMemory:
    """The last K quotes, alike; those before the first step count as zero.

    ȳ_i = Σ y_i / K, m_i and sd_i over the k = min(K, t) entries at hand.

    A window of more than `LONGEST_UNROLLED` steps is held in `Blocks`, at a cost that hardly
    depends on its length.

    Args:
      window: K, steps.

    References:
      Specification, 3.5.
    """

    window: int = static(default=3)

    def init(self, like: Vector) -> Any:
        """Entries of zero."""
        if self.window > LONGEST_UNROLLED:
            return first_blocks(like, self.window)
        return (like.map(jnp.zeros_like),) * self.window

    def statistics(self, memory: Any, convenience_yield: Vector, view: View) -> Statistics:
        """Mean over the window and over what is at hand, and its population deviation."""
        if self.window > LONGEST_UNROLLED:
            return _block_statistics(memory, convenience_yield, self.window)
        dtype = convenience_yield.parts[0].dtype
        share = 1 / jnp.minimum(view.step, self.window).astype(dtype)
        shares = [jnp.where(view.step >= age, share, 0) for age in range(1, self.window + 1)]

        # Taken from the newest quote, so that yields that never move deviate by exactly zero.
        newest, *older = memory
        excess = [quotes - newest for quotes in older]
        offset = _weighted_sum(shares[1:], excess) if older else newest * 0
        spread = [offset, *(entry - offset for entry in excess)]
        variance = _weighted_sum(shares, [entry * entry for entry in spread])
        mean = newest + offset + convenience_yield
        return Statistics(
            average=mean * (1 / (share * self.window)),
            mean=mean,
            deviation=variance.map(sqrt),
        )

    def remember(self, memory: Any, yield_rates: Vector, dt_days: float) -> Any:
        """The newest quotes kept, the oldest forgotten."""
        del dt_days
        if self.window > LONGEST_UNROLLED:
            return with_quotes(memory, yield_rates, self.window)
        return (yield_rates, *memory[:-1])


def _block_statistics(blocks: Blocks, convenience_yield: Vector, window: int) -> Statistics:
    """What `WindowMemory.statistics` gives, of a long window."""
    found, count = moments(blocks, window)
    mean = found.mean + convenience_yield
    number = count.astype(mean.parts[0].dtype)
    return Statistics(
        average=mean * (number / window),
        mean=mean,
        deviation=(found.squares * (1 / number)).map(sqrt),
    )


@pytree
class FadingState:
    """Running weighted moments, by West's update."""

    weight: Array
    mean: Vector
    squares: Vector


@pytree
class HalfLifeMemory:
    """All quotes since the first step, weighted by 2^(-age Δt / h): a smooth stand-in for a window.

    Args:
      half_life_days: [] h, positive.

    References:
      Specification, 4.2. Weighted moments: West 1979.
    """

    half_life_days: Array

    def init(self, like: Vector) -> FadingState:
        """Nothing remembered."""
        zeros = like.map(jnp.zeros_like)
        return FadingState(weight=jnp.zeros_like(self.half_life_days), mean=zeros, squares=zeros)

    def statistics(self, memory: FadingState, convenience_yield: Vector, view: View) -> Statistics:
        """Weighted mean and population deviation."""
        del view
        mean = memory.mean + convenience_yield
        variance = memory.squares / positive_or(memory.weight)
        return Statistics(
            average=mean, mean=mean, deviation=variance.map(sqrt), count=memory.weight
        )

    def remember(self, memory: FadingState, yield_rates: Vector, dt_days: float) -> FadingState:
        """Fade what is remembered and add the newest quotes with weight 1."""
        faded = memory.weight * jnp.exp2(-dt_days / self.half_life_days)
        weight = faded + 1
        surprise = yield_rates - memory.mean
        return FadingState(
            weight=weight,
            mean=memory.mean + surprise / weight,
            squares=memory.squares * (faded / positive_or(memory.weight))
            + surprise.map(_squared_unless_rounding, yield_rates) * (faded / weight),
        )


def _squared_unless_rounding(surprise: Array, quote: Array) -> Array:
    """Squares of surprises, and 0 of those that are how the quote rounds.

    The root of rounding is as small, but its derivatives are of order 1 and point anywhere.
    """
    rounding = 4 * float(jnp.finfo(quote.dtype).eps)
    return jnp.where(jnp.abs(surprise) > rounding * jnp.abs(quote), surprise * surprise, 0)


def _weighted_sum(weights: list[Array], entries: list[Vector]) -> Vector:
    total = entries[0] * weights[0]
    for weight, entry in zip(weights[1:], entries[1:], strict=True):
        total = total + entry * weight
    return total
