"""The mean of a quantity at the end over many paths, and its gradient, in constant memory."""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from camjax.ensemble.base import PathSource
from camjax.ensemble.blocks import blocks_of
from camjax.ensemble.engine import Progress, run_paths
from camjax.ensemble.lanes import AXIS, LANES, fold_path
from camjax.ensemble.precision import known
from camjax.ensemble.program import BlockProgram
from camjax.ensemble.quantities import Quantity
from camjax.ensemble.reducers import Estimate, FinalMean
from camjax.ensemble.reducers.base import Scope
from camjax.ensemble.reducers.skewness import moments_with_skewness
from camjax.ensemble.together import wait_for_all
from camjax.model import Model
from camjax.processes import DriverProcesses

PART_LANES = 128
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
    wait_for_all()
    return GradientProgram(scenario, of, key, devices).run(num_paths, progress=progress)


@dataclasses.dataclass(frozen=True)
class FinalGradient:
    """A mean at the last step and its gradient, one vector by all numbers, merged over blocks.

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
        gradient = np.asarray(earlier["gradient"], np.float64)
        distance = later["gradient"] - gradient
        squares = np.add(earlier["squares"], later["squares"], dtype=np.float64)
        return {
            "moments": self.mean.merge(earlier["moments"], later["moments"]),
            "blocks": earlier["blocks"] + later["blocks"],
            "gradient": gradient + distance * share,
            "squares": squares + distance * distance * (first * share),
        }

    def finish(self, partial: Any) -> tuple[Estimate, NDArray, NDArray]:
        """Mean, gradient, and the gradient's standard error."""
        count, blocks = np.float64(partial["moments"]["count"]), int(partial["blocks"])
        squares = np.asarray(partial["squares"], np.float64)
        error = np.sqrt(squares / ((blocks - 1) * count)) if blocks > 1 else squares * np.nan
        return self.mean.finish(partial["moments"]), np.asarray(partial["gradient"]), error


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
        reducer = FinalGradient(FinalMean(quantity))
        super().__init__(scenario, [reducer], key, devices)

    def run(self, num_paths: int, *, progress: Progress | None = None) -> MeanGradient:
        """Mean and gradient over paths 0…P-1.

        Raises:
          CamjaxError: P is below 1 or above 2³² - 512, or the quantity is not a number.
        """
        found = run_paths(self, num_paths, progress=progress)
        estimate, gradient, error = found[self.reducers[0].name]
        model, processes = self._unraveled(gradient)
        return MeanGradient(
            estimate=known(estimate),
            model=model,
            processes=processes,
            standard_error=self._unraveled(error),
            compile_seconds=found.compile_seconds,
            run_seconds=found.run_seconds,
        )

    def fold_block(
        self, model: Model, processes: DriverProcesses, key: Array, first: Array, num_paths: Array
    ) -> tuple[Any, ...]:
        """Moments and gradient of the block from `first` on."""
        paths = first + jnp.arange(LANES, dtype=np.uint32)
        counted = paths < num_paths

        def value(leaves: tuple[Model, DriverProcesses], path: Array) -> Array:
            """What one path adds to the sum that is differentiated."""
            source = self.scenario.with_leaves(*leaves)
            counts = (path < num_paths)[None]
            _, seen = fold_path(source, self.reducers, counts, jax.random.fold_in(key, path))
            (reducer,) = self.reducers
            lane = jax.tree.map(lambda values: values[..., None], seen[reducer.name])
            return reducer.fold(lane, counts)[0]

        def part(paths: Array) -> tuple[Array, Array]:
            """Sum of the gradients of some paths, and their values."""
            # Each path's own gradient, added up at the end: to add over paths at every step, number
            # by number, takes a sixth of the time.
            each = jax.vmap(jax.value_and_grad(value), in_axes=(None, 0), axis_name=AXIS)
            values, gradients = each((model, processes), paths)
            sums = [leaf.sum(0).reshape(-1) for leaf in jax.tree.leaves(gradients)]
            return jnp.concatenate(sums), values

        gradients, values = jax.lax.map(part, paths.reshape(-1, PART_LANES))
        number = counted.sum()
        gradient = gradients.sum(0) / number.astype(gradients.dtype)
        moments = moments_with_skewness(values.reshape(-1), counted)
        none, one = jnp.zeros_like(gradient), np.int32(1)
        return ({"moments": moments, "blocks": one, "gradient": gradient, "squares": none},)

    def _unraveled(self, vector: NDArray) -> tuple[Model, DriverProcesses]:
        """Numbers as they are held by a model and its processes, in float64."""
        leaves, structure = jax.tree.flatten((self.scenario.model, self.scenario.processes))
        parts = np.split(vector.astype(np.float64), np.cumsum([leaf.size for leaf in leaves])[:-1])
        shaped = [part.reshape(leaf.shape) for part, leaf in zip(parts, leaves, strict=True)]
        unraveled: tuple[Model, DriverProcesses] = jax.tree.unflatten(structure, shaped)
        return unraveled
