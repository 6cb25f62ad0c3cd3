"""Independent uniform values."""

from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree


@pytree
class UniformNoise:
    """Independent uniform values, row 0 included; the step length plays no part.

    X_t = low + (high − low) U_t,  U uniform on [0, 1)

    Every row has mean (low + high) / 2 and variance (high − low)² / 12, and no two rows covary.

    >>> from camjax.processes import sample_path
    >>> import jax
    >>> still = UniformNoise(low=0.5, high=0.5)
    >>> sample_path(still, jax.random.key(0), steps=1, dt_days=1.0).tolist()
    [0.5, 0.5]
    """

    gaussian: ClassVar[bool] = False
    random: ClassVar[bool] = True

    low: Array  # []
    high: Array  # []

    def innovations(self, key: Array, num_rows: int, dt_days: float) -> Array:
        """[T+1] uniform on [0, 1)."""
        return jax.random.uniform(key, (num_rows,), jnp.result_type(self.low, self.high))

    def start(self, normal: None, innovation: Array) -> tuple[None, Array]:
        """Row 0 is drawn like every other."""
        return None, self.low + (self.high - self.low) * innovation

    def advance(
        self, state: None, normal: None, innovation: Array, dt_days: float
    ) -> tuple[None, Array]:
        """Shift and scale the row's uniform."""
        return None, self.low + (self.high - self.low) * innovation
