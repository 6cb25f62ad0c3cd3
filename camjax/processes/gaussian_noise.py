"""Independent normal values."""

from typing import ClassVar

from jax import Array

from camjax._pytree import pytree


@pytree
class GaussianNoise:
    """Independent normal values, row 0 included; the step length plays no part.

    X_t = mean + std Z_t,  Z standard normal

    Every row has this mean and standard deviation, and no two rows covary. The default utilization
    of the specification follows it.

    References:
      Specification, 2.

    >>> from camjax.processes import sample_path
    >>> import jax
    >>> still = GaussianNoise(mean=0.75, std=0.0)
    >>> sample_path(still, jax.random.key(0), steps=1, dt_days=1.0).tolist()
    [0.75, 0.75]
    """

    gaussian: ClassVar[bool] = True
    random: ClassVar[bool] = True

    mean: Array  # []
    std: Array  # []

    def innovations(self, key: Array, num_rows: int, dt_days: float) -> None:
        """Nothing besides the normals."""

    def start(self, normal: Array, innovation: None) -> tuple[None, Array]:
        """Row 0 is drawn like every other."""
        return None, self.mean + self.std * normal

    def advance(
        self, state: None, normal: Array, innovation: None, dt_days: float
    ) -> tuple[None, Array]:
        """Shift and scale the row's normal."""
        return None, self.mean + self.std * normal
