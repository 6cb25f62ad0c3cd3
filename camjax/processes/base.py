"""What a stochastic driver is."""

from typing import Any, ClassVar, Protocol

from jax import Array


class Process(Protocol):
    """Law of one driver, told row by row: how row 0 is made, and row t from row t-1.

    A process is a pytree whose parameters are leaves, so a path is a differentiable function of
    them. It is written for one path and one row: everything but `innovations` handles scalars.

    Attributes:
      gaussian: whether each row consumes one standard normal. These normals are drawn outside of
        the process, so that several processes can share correlated ones.
      random: whether a path depends on a key at all.
    """

    gaussian: ClassVar[bool]
    random: ClassVar[bool]

    def innovations(self, key: Array, num_rows: int, dt_days: float) -> Any:
        """All that the rows need besides their normals, drawn in bulk.

        Args:
          key: the process's own.
          num_rows: T+1.
          dt_days: step length.

        Returns:
          A pytree with leaves [T+1, ...], None where there is nothing to draw.
        """

    def start(self, normal: Any, innovation: Any) -> tuple[Any, Array]:
        """Row 0: the state that row 1 needs, and the value []; arguments as in `advance`."""

    def advance(
        self, state: Any, normal: Any, innovation: Any, dt_days: float
    ) -> tuple[Any, Array]:
        """Row t: the state that row t+1 needs, and the value [], from the state of row t-1.

        Args:
          state: pytree of any shape, the same on every row.
          normal: [] standard normal, None if the process is not Gaussian.
          innovation: the row's part of `innovations`.
          dt_days: step length.
        """
