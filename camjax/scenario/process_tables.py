"""`[drivers.<column>]`: one table a stochastic process, with the units of its parameters.

To add a process, write its table and name it below. `anchors` are the values that must lie in the
domain of the column that the process drives; what it draws beyond them is clipped on the way.
"""

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from camjax.scenario.kinds import Whole
from camjax.scenario.tables import Finite, NonNegative, Positive, Table

DAY_TOLERANCE_STEPS = 1e-9
"""A step this close before a scheduled day, in steps, has reached it."""


class ProcessTable(Table):
    """Keys of every process."""

    anchor_keys: ClassVar[tuple[str, ...]] = ("initial",)

    process: str

    @property
    def anchors(self) -> dict[str, float | list[float]]:
        """Values given for the column itself, by key."""
        given = {key: getattr(self, key) for key in self.anchor_keys}
        return {key: value for key, value in given.items() if value is not None}


class ConstantTable(ProcessTable):
    """A driver that does not move."""

    anchor_keys: ClassVar[tuple[str, ...]] = ("value",)

    process: Literal["constant"]
    value: Finite

    def rows(self, num_rows: int, dt_days: float) -> np.ndarray:
        """The value throughout."""
        del dt_days
        return np.full(num_rows, self.value)


class ScheduleTable(ProcessTable):
    """Values that hold from given days on."""

    anchor_keys: ClassVar[tuple[str, ...]] = ("values",)

    process: Literal["schedule"]
    values: list[Finite]
    days: list[NonNegative]

    def rows(self, num_rows: int, dt_days: float) -> np.ndarray:
        """On each row the last value whose day has come, before the first day the first."""
        reached = (np.arange(num_rows) + DAY_TOLERANCE_STEPS) * dt_days
        entries = np.searchsorted(self.days, reached, side="right") - 1
        return np.asarray(self.values)[np.maximum(entries, 0)]


class BrownianMotionTable(ProcessTable):
    """Arithmetic Brownian motion; drift per day, volatility per √day."""

    process: Literal["brownian_motion"]
    initial: Finite
    drift: Finite = 0.0
    volatility: NonNegative


class GeometricBrownianMotionTable(ProcessTable):
    """Geometric Brownian motion; drift of the mean per day, volatility of the log per √day."""

    process: Literal["geometric_brownian_motion"]
    initial: Positive
    drift: Finite = 0.0
    volatility: NonNegative


class JumpDiffusionTable(ProcessTable):
    """Merton's jump diffusion; jumps per day, mean and deviation of a jump's logarithm."""

    process: Literal["jump_diffusion"]
    initial: Positive
    drift: Finite = 0.0
    volatility: NonNegative
    jump_intensity: NonNegative
    jump_mean: Finite
    jump_std: NonNegative


class OrnsteinUhlenbeckTable(ProcessTable):
    """Ornstein–Uhlenbeck process; reversion per day, starting at its mean if left out."""

    anchor_keys: ClassVar[tuple[str, ...]] = ("initial", "mean")

    process: Literal["ornstein_uhlenbeck"]
    mean: Finite
    reversion_rate: NonNegative
    volatility: NonNegative
    initial: Finite | None = None


class GaussianNoiseTable(ProcessTable):
    """Independent normal values."""

    anchor_keys: ClassVar[tuple[str, ...]] = ("mean",)

    process: Literal["gaussian_noise"]
    mean: Finite
    std: NonNegative


class UniformNoiseTable(ProcessTable):
    """Independent uniform values."""

    anchor_keys: ClassVar[tuple[str, ...]] = ("low", "high")

    process: Literal["uniform_noise"]
    low: Finite
    high: Finite


class BlockBootstrapTable(ProcessTable):
    """Blocks of an observed series, drawn again and again; starts at its last value if left out."""

    process: Literal["block_bootstrap"]
    history: str
    column: str
    block_steps: Annotated[int, Whole(1, "It is a number of rows of the history.")]
    kind: Literal["level", "difference", "log_return"]
    initial: Finite | None = None


AnyProcess = (
    ConstantTable
    | ScheduleTable
    | BrownianMotionTable
    | GeometricBrownianMotionTable
    | JumpDiffusionTable
    | OrnsteinUhlenbeckTable
    | GaussianNoiseTable
    | UniformNoiseTable
    | BlockBootstrapTable
)
ProcessEntry = Annotated[AnyProcess, Field(discriminator="process")]
