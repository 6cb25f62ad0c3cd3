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
    `longest` quotes. It computes what `WindowMemory` does at a cost that grows with `longest`, but
    compiles as fast for any; its derivative by K is 0.

    Args:
      window: [] K, a whole number from 1 to `longest`.
      longest: quotes that are kept.

    References:
      Specification, 3.5.
    """

    window: Array
    longest: int = static()

    def init(self, like: Vector) -> Vector:
        """Entries of zero, [longest] each, newest first."""
        return like.map(lambda part: jnp.zeros((self.longest, *part.shape), part.dtype))

    def statistics(self, memory: Vector, convenience_yield: Vector, view: View) -> Statistics:
        """Mean over the window and over what is at hand, and its population deviation."""
        dtype = convenience_yield.parts[0].dtype
        count = jnp.minimum(view.step.astype(dtype), self.window)
        ages = jnp.arange(1, self.longest + 1, dtype=dtype)
        shares = jnp.where(ages <= count, 1 / count, 0)

        def mean_of(entries: Array) -> Array:
            return (entries * shares.reshape(-1, *[1] * (entries.ndim - 1))).sum(0)

        # Taken from the newest quote, so that yields that never move deviate by exactly zero.
        newest = memory.map(lambda quotes: quotes[0])
        excess = memory.map(lambda quotes, first: quotes - first, newest)
        offset = excess.map(mean_of)
        variance = excess.map(lambda entries, mean: mean_of((entries - mean) ** 2), offset)
        mean = newest + offset + convenience_yield
        return Statistics(
            average=mean * (count / self.window), mean=mean, deviation=variance.map(sqrt)
        )

    def remember(self, memory: Vector, yield_rates: Vector, dt_days: float) -> Vector:
        """The newest quotes first, the oldest forgotten."""
        del dt_days
        return memory.map(
            lambda quotes, newest: jnp.concatenate([newest[None], quotes[:-1]]), yield_rates
        )
