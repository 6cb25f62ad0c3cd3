"""A driver that follows a timetable."""

from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array

from camjax._pytree import pytree, static

# A step this close before a scheduled day, in steps, has reached it: 49 · (1/49) is below 1.
DAY_TOLERANCE_STEPS = 1e-9


@pytree
class Schedule:
    """Values that hold from given days on.

    X_t = values_k for the last k with days_k ≤ t Δt, and values_0 before the first day.

    References:
      Specification, 4.8.

    >>> from camjax.processes import sample_path
    >>> import jax
    >>> rate = Schedule(values=jax.numpy.asarray([0.25, 0.0]), days=(0.0, 2.0))
    >>> sample_path(rate, jax.random.key(0), steps=3, dt_days=1.0).tolist()
    [0.25, 0.25, 0.0, 0.0]
    """

    gaussian: ClassVar[bool] = False
    random: ClassVar[bool] = False

    values: Array  # [K]
    days: tuple[float, ...] = static()  # [K] ascending

    def innovations(self, key: Array, num_rows: int, dt_days: float) -> Array:
        """[T+1] the value that holds on each row: known beforehand, since days are static."""
        reached = (np.arange(num_rows) + DAY_TOLERANCE_STEPS) * dt_days
        entries = np.searchsorted(self.days, reached, side="right") - 1
        return jnp.asarray(self.values)[np.maximum(entries, 0)]

    def start(self, normal: None, innovation: Array) -> tuple[None, Array]:
        """Row 0 is the value that holds on it."""
        return None, innovation

    def advance(
        self, state: None, normal: None, innovation: Array, dt_days: float
    ) -> tuple[None, Array]:
        """So is every other row."""
        return None, innovation
