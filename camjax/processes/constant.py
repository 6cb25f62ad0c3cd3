"""A driver that does not move."""

from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree


@pytree
class Constant:
    """One value for all rows.

    X_t = value

    >>> from camjax.processes import sample_path
    >>> import jax
    >>> sample_path(Constant(value=0.015), jax.random.key(0), steps=1, dt_days=1.0).shape
    (2,)
    """

    gaussian: ClassVar[bool] = False
    random: ClassVar[bool] = False

    value: Array  # []

    def innovations(self, key: Array, num_rows: int, dt_days: float) -> None:
        """Nothing is drawn."""

    def start(self, normal: None, innovation: None) -> tuple[None, Array]:
        """Row 0 is the value."""
        return None, jnp.asarray(self.value)

    def advance(
        self, state: None, normal: None, innovation: None, dt_days: float
    ) -> tuple[None, Array]:
        """So is every other row."""
        return None, jnp.asarray(self.value)
