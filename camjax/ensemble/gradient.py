"""The mean of a quantity at the end over many paths, and its gradient, in constant memory."""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from camjax.ensemble.base import PathSource
from camjax.ensemble.blocks import blocks_of
from camjax.ensemble.engine import Progress, run_paths
from camjax.ensemble.lanes import LANES, fold_paths
from camjax.ensemble.precision import known
from camjax.ensemble.program import BlockProgram
from camjax.ensemble.quantities import Quantity
from camjax.ensemble.reducers import Estimate, FinalMean
from camjax.ensemble.reducers.base import Scope
from camjax.ensemble.reducers.moments import moments_of
from camjax.model import Model
from camjax.processes import DriverProcesses

PART_LANES = 256
"""Paths of a block that are differentiated side by side.

Backwards, states of every step of these paths are kept: of a whole block, they leave the cache.
"""


@dataclasses.dataclass(frozen=True)
class MeanGradient:
    """Mean of a quantity at the last step, and its derivative by every number of a scenario.

    Gradients have the structure of what they are by, with NumPy arrays in float64.
    """

    estimate: Estimate
    """The mean, with its interval."""
    model: Model
    """Gradient by the model's parameters and initial balances."""
    processes: DriverProcesses
    """Gradient by the numbers of the driver processes."""
    standard_error: tuple[Model, DriverProcesses]
    """Of both gradients, from the spread of blocks; NaN where there is one block."""
    compile_seconds: float
    run_seconds: float


def mean_and_gradient(
    scenario: PathSource,
    of: Quantity | str,
    num_paths: int,
    key: Array,
    *,
    devices: Sequence[jax.Device] | None = None,
    progress: Progress | None = None,
) -> MeanGradient:
    """Mean of a quantity at the end over the paths of `run_ensemble`, and its gradient.

    ∂/∂θ (1/P) Σ_i q_i(θ), in reverse mode along every path, draws held fixed. That is an unbiased
    estimate of ∂/∂θ E[q(θ)] where q is continuous in θ (Glasserman 2003, 7.2). Paths run in blocks
    of `LANES`, backwards `PART_LANES` at a time, whose states at every step each device keeps;
    memory does not grow with P, and the devices do not change the result.

    Standard errors of the gradient are those of batch means: blocks are independent, and the
    spread of their gradients tells that of one path's. With few blocks they are rough.

    Args:
      scenario: what to run.
      of: such as "share[savings]".
      num_paths: P.
      key: random key of all paths.
      devices: where to run; None: all local devices.
      progress: is told after every block.

    Raises:
      CamjaxError: an unknown quantity or one that is not a number, or a number of paths below 1
        or above 2³² - 512.
    """
    blocks_of(num_paths)
    return GradientProgram(scenario, of, key, devices).run(num_paths, progress=progress)


@dataclasses.dataclass(frozen=True)
class FinalGradient:
    """A mean at the last step and its gradient, merged over blocks.

    Gradients are averaged, and their squared deviations summed, by the update of Chan, Golub &
    LeVeque (1979) in float64, each block weighted with its paths.

    Args:
      mean: of which quantity.
    """

    mean: FinalMean
    scope: ClassVar[Scope] = "end"

    @property
    def name(self) -> str:
        """Gradient of mean(quantity)."""
        return f"gradient of {self.mean.name}"

    @property
    def variables(self) -> tuple[str, ...]:
        """The quantity's variable."""
        return self.mean.variables

    def fold(self, variables: dict[str, Array], counted: Array) -> Array:
        """[L] values of some paths, whose sum over those that count is what is differentiated."""
        return jnp.where(counted, self.mean.values(variables), 0)

    def merge(self, earlier: Any, later: Any) -> dict[str, Any]:
        """Mean and gradient over both sets of paths."""
        first, second = (np.float64(each["moments"]["count"]) for each in (earlier, later))
        share = second / (first + second)

        def gradient(mean: Any, other: Any) -> Any:
            mean = np.asarray(mean, np.float64)
            return mean + (other - mean) * share

        def squares(sum_: Any, other: Any, mean: Any, other_mean: Any) -> Any:
            distance = np.asarray(other_mean, np.float64) - mean
            return sum_ + np.asarray(other, np.float64) + distance * distance * (first * share)

        return {
            "moments": self.mean.merge(earlier["moments"], later["moments"]),
            "blocks": earlier["blocks"] + later["blocks"],
            "gradient": jax.tree.map(gradient, earlier["gradient"], later["gradient"]),
            "squares": jax.tree.map(
                squares,
                *(earlier["squares"], later["squares"]),
                *(earlier["gradient"], later["gradient"]),
            ),
        }

    def finish(self, partial: Any) -> tuple[Estimate, Any, Any]:
        """Mean, gradient, and the gradient's standard error."""
        count, blocks = np.float64(partial["moments"]["count"]), int(partial["blocks"])

        def standard_error(squares: Any) -> Any:
            squares = np.asarray(squares, np.float64)
            return np.sqrt(squares / ((blocks - 1) * count)) if blocks > 1 else squares * np.nan

        gradient = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), partial["gradient"])
        error = jax.tree.map(standard_error, partial["squares"])
        return self.mean.finish(partial["moments"]), gradient, error


class GradientProgram(BlockProgram):
    """Differentiates the mean of a quantity at the end, block by block; see `mean_and_gradient`.

    Raises:
      CamjaxError: an unknown quantity.
    """

    def __init__(
        self,
        scenario: PathSource,
        of: Quantity | str,
        key: Array,
        devices: Sequence[jax.Device] | None = None,
    ) -> None:
        quantity = Quantity.parse(of) if isinstance(of, str) else of
        reducer = FinalGradient(FinalMean(quantity, scenario.model.names))
        super().__init__(scenario, [reducer], key, devices)

    def run(self, num_paths: int, *, progress: Progress | None = None) -> MeanGradient:
        """Mean and gradient over paths 0…P-1.

        Raises:
          CamjaxError: P is below 1 or above 2³² - 512, or the quantity is not a number.
        """
        found = run_paths(self, num_paths, progress=progress)
        estimate, (model, processes), standard_error = found[self.reducers[0].name]
        return MeanGradient(
            estimate=known(estimate),
            model=model,
            processes=processes,
            standard_error=standard_error,
            compile_seconds=found.compile_seconds,
            run_seconds=found.run_seconds,
        )

    def fold_block(
        self, model: Model, processes: DriverProcesses, key: Array, first: Array, num_paths: Array
    ) -> tuple[Any, ...]:
        """Moments and gradient of the block from `first` on."""
        paths = first + jnp.arange(LANES, dtype=np.uint32)
        counted = paths < num_paths

        def part(paths: Array) -> tuple[Any, Array]:
            """Sum of the gradients of some paths, and their values."""
            keys = jax.vmap(lambda path: jax.random.fold_in(key, path))(paths)

            def total(leaves: tuple[Model, DriverProcesses]) -> tuple[Array, Array]:
                source = self.scenario.with_leaves(*leaves)
                (values,) = fold_paths(source, self.reducers, keys, paths < num_paths)
                return values.sum(), values

            return jax.grad(total, has_aux=True)((model, processes))

        gradients, values = jax.lax.map(part, paths.reshape(-1, PART_LANES))
        number = counted.sum()
        gradient = jax.tree.map(lambda sums: sums.sum(0) / number.astype(sums.dtype), gradients)
        moments = moments_of(values.reshape(-1), counted)
        none = jax.tree.map(jnp.zeros_like, gradient)
        one = np.int32(1)
        return ({"moments": moments, "blocks": one, "gradient": gradient, "squares": none},)
