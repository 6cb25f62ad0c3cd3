"""As many paths as a wanted precision takes."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, Protocol, cast

import jax
from jax import Array

from camjax.ensemble.base import PathSource
from camjax.ensemble.blocks import MOST_PATHS, blocks_of
from camjax.ensemble.checkpoint import Checkpoint
from camjax.ensemble.engine import Ensemble, Progress, run_blocks
from camjax.ensemble.lanes import LANES
from camjax.ensemble.program import BlockProgram, Merged
from camjax.ensemble.reducers import Estimate, Reducer
from camjax.ensemble.reducers.final import final_statistic
from camjax.errors import CamjaxError, refusal

FEWEST_BLOCKS = 4
"""Blocks that always run: an interval from fewer paths might be narrow by luck."""


class Estimator(Reducer, Protocol):
    """A reducer whose answer is a number with its interval."""

    def finish(self, partial: Any) -> Estimate:
        """The number as the paths so far tell it."""
        ...


@dataclasses.dataclass(frozen=True)
class PreciseEnsemble(Ensemble):
    """Statistics over as many paths as a precision took."""

    estimate: Estimate
    """The statistic that was to be precise."""
    reached: bool
    """Whether it is; otherwise the most paths allowed have run."""


def run_until(
    scenario: PathSource,
    half_width: float,
    of: str | Estimator,
    key: Array,
    reducers: Sequence[Reducer] = (),
    *,
    level: float = 0.95,
    max_paths: int = MOST_PATHS,
    devices: Sequence[jax.Device] | None = None,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> PreciseEnsemble:
    """Run paths 0, 1, … until the interval of a statistic at the end is narrow enough.

    The result is that of `run_ensemble` with as many paths. Blocks are added until the half-width
    is at most the one wanted; none runs twice. The number of paths depends on neither the number
    of devices nor on interruptions. Stopping where the interval looks narrow makes it cover a
    little less than `level`, by less the more blocks it takes (Chow & Robbins 1965).

    Args:
      scenario: what to run.
      half_width: the interval is to be estimate ± this, in the statistic's own unit.
      of: a quantity for its mean, "share[savings]", or an event for its probability,
        "share[savings] > 0.6", both at the end; or a reducer whose answer is an estimate, such as
        `camjax.questions.Statistic`.
      key: random key of all paths.
      reducers: further statistics of the same paths.
      level: of the interval.
      max_paths: more are not run.
      devices: where to run; None: all local devices.
      progress: is told after every block, of how many paths as far as can be told then.
      checkpoint: where the run is saved as it goes, and continued from.

    Raises:
      CamjaxError: the statistic is unknown or not a number, or a number is out of range.
    """
    if not (math.isfinite(half_width) and half_width > 0):
        raise CamjaxError(refusal("half_width", "a number above 0", half_width))
    if not 0 < level < 1:
        raise CamjaxError(refusal("level", "a number in (0, 1)", level))
    statistic = final_statistic(of, level) if isinstance(of, str) else of
    program = BlockProgram(scenario, [statistic, *reducers], key, devices)
    return run_program_until(
        program, half_width, max_paths, progress=progress, checkpoint=checkpoint
    )


def run_program_until(
    program: BlockProgram,
    half_width: float,
    max_paths: int,
    *,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> PreciseEnsemble:
    """Run a program whose first reducer is the statistic until that is precise."""
    statistic = cast("Estimator", program.reducers[0])
    latest: list[Estimate] = []

    def is_enough(merged: Merged) -> bool:
        estimate = known(statistic.finish(merged.partials[0]))
        latest[:] = [estimate]
        if progress is not None:
            progress(estimate.num_paths, _paths_needed(estimate, half_width, max_paths))
        return len(merged.blocks) >= FEWEST_BLOCKS and estimate.half_width <= half_width

    found = run_blocks(
        program, blocks_of(max_paths), max_paths, checkpoint=checkpoint, stop=is_enough
    )
    fields = {field.name: getattr(found, field.name) for field in dataclasses.fields(found)}
    reached = latest[0].half_width <= half_width
    return PreciseEnsemble(**fields, estimate=latest[0], reached=reached)


def known(estimate: Estimate) -> Estimate:
    """The estimate, if it can be told at all.

    Raises:
      CamjaxError: the quantity is not a number.
    """
    if math.isfinite(estimate.value):
        return estimate
    remedy = "The share of a deposit that is not under allocation is none."
    raise CamjaxError(refusal(estimate.of, "a finite number at the end", estimate.value, remedy))


def _paths_needed(estimate: Estimate, half_width: float, max_paths: int) -> int:
    """Paths that the precision will take: intervals shrink with the root of their number."""
    ratio = estimate.half_width / half_width
    if not math.isfinite(ratio):
        return max_paths
    blocks = max(FEWEST_BLOCKS, math.ceil(estimate.num_paths * ratio * ratio / LANES))
    return min(max_paths, max(estimate.num_paths, blocks * LANES))
