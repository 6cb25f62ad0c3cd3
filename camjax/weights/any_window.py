"""A window of yields whose length is a number of the batch, not of the program."""

import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree, static
from camjax.vector import Vector, sqrt
from camjax.weights.base import View
from camjax.weights.memory import Statistics


@pytree
class AnyWindowMemory:
    """`WindowMemory` with the window as a leaf, so that many windows run as one batch.

    ȳ_i = Σ y_i / K, m_i and sd_i over the k = min(K, t) entries at hand, by a mask over the last
    `longest` quotes. It computes what `WindowMemory` does at more cost; its derivative by K is 0.

    Args:
      window: [] K, a whole number from 1 to `longest`.
      longest: quotes that are kept.

    References:
      Specification, 3.5.
    """

    window: Array
    longest: int = static()

    def init(self, like: Vector) -> tuple[Vector, ...]:
        """Entries of zero, newest first."""
        return (like.map(jnp.zeros_like),) * self.longest

    def statistics(
        self, memory: tuple[Vector, ...], convenience_yield: Vector, view: View
    ) -> Statistics:
        """Mean over the window and over what is at hand, and its population deviation."""
        dtype = convenience_yield.parts[0].dtype
        count = jnp.minimum(view.step.astype(dtype), self.window)
        shares = [jnp.where(age <= count, 1 / count, 0) for age in range(1, self.longest + 1)]

        # Taken from the newest quote, so that yields that never move deviate by exactly zero.
        newest = memory[0]
        offset = newest * 0
        for share, quotes in zip(shares, memory, strict=True):
            offset = offset + (quotes - newest) * share
        variance = newest * 0
        for share, quotes in zip(shares, memory, strict=True):
            distance = quotes - newest - offset
            variance = variance + distance * distance * share
        mean = newest + offset + convenience_yield
        return Statistics(
            average=mean * (count / self.window), mean=mean, deviation=variance.map(sqrt)
        )

    def remember(
        self, memory: tuple[Vector, ...], yield_rates: Vector, dt_days: float
    ) -> tuple[Vector, ...]:
        """The newest quotes first, the oldest forgotten."""
        del dt_days
        return (yield_rates, *memory[:-1])
