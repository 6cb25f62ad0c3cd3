"""Many paths of a scenario in constant memory, on all devices."""

import contextlib
import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax import Array

from camjax.ensemble.base import PathSource
from camjax.ensemble.blocks import Shard, blocks_of
from camjax.ensemble.checkpoint import Checkpoint, saving
from camjax.ensemble.lanes import LANES
from camjax.ensemble.program import BlockProgram, Merged, finish
from camjax.ensemble.reducers import Reducer
from camjax.ensemble.together import blocks_here, merged_of_all, wait_for_all

Progress = Callable[[int, int], None]
"""Told how many paths are done, of how many."""

Stop = Callable[[Merged], bool]
"""Told what is known after each block; whether that is enough."""


@dataclasses.dataclass(frozen=True)
class Ensemble:
    """Statistics over the paths of a scenario."""

    num_paths: int
    statistics: dict[str, Any]
    """What each reducer found, by its name."""
    compile_seconds: float
    run_seconds: float

    def __getitem__(self, name: str) -> Any:
        """The statistics of one reducer."""
        return self.statistics[name]


def run_ensemble(
    scenario: PathSource,
    num_paths: int,
    key: Array,
    reducers: Sequence[Reducer],
    *,
    devices: Sequence[jax.Device] | None = None,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
    shard: Shard | None = None,
) -> Ensemble:
    """Simulate paths 0…P-1 of a scenario and keep statistics of them, not the paths.

    Path i draws from `fold_in(key, i)` and is the same numbers whatever P, the number of devices,
    or where a run was interrupted: on cores to the bit, on other devices to rounding where they
    fold other numbers of blocks at once (`calls.py`). Paths run in blocks of `LANES`; memory does
    not grow with P.
    Several processes of `jax.distributed` that all call it share the paths and get the same.

    Args:
      scenario: what to run.
      num_paths: P.
      key: random key of all paths.
      reducers: which statistics; see `camjax.ensemble.reducers`.
      devices: where to run; None: all local devices.
      progress: is told after every block.
      checkpoint: where the run is saved as it goes, and continued from.
      shard: run this part of the paths alone; `merge_shards` puts the parts' checkpoints together.

    Returns:
      The statistics, and how long compiling and running took.

    Raises:
      CamjaxError: no reducer, two of one name, a number of paths below 1 or above 2³² - 512, or
        a checkpoint of another run.
    """
    blocks = None if shard is None else shard.blocks(num_paths)
    blocks_of(num_paths)
    if blocks is None:
        wait_for_all()
    program = BlockProgram(scenario, reducers, key, devices)
    if blocks is None:
        return run_paths(program, num_paths, progress=progress, checkpoint=checkpoint)
    return run_blocks(program, blocks, num_paths, progress=progress, checkpoint=checkpoint)


def run_paths(
    program: BlockProgram,
    num_paths: int,
    *,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> Ensemble:
    """Run all paths of an ensemble, shared among the processes of `jax.distributed`.

    Each runs consecutive blocks on its own devices; then all exchange what they found, and every
    one has the whole. Counts are those of a single process exactly, means to rounding.

    Args:
      program: folds blocks.
      num_paths: of all processes together.
      progress: is told of this process's own paths.
      checkpoint: where this process's own part is saved; another file for each process.

    Raises:
      CamjaxError: a number of paths below 1 or above 2³² - 512, or as `run_blocks`.
    """
    blocks, started = blocks_of(num_paths), time.perf_counter()
    if jax.process_count() == 1:
        return run_blocks(program, blocks, num_paths, progress=progress, checkpoint=checkpoint)
    here, partials = blocks_here(blocks), None
    if here:
        partials = _merged(program, here, num_paths, progress, checkpoint, None).partials
    statistics = finish(program.reducers, merged_of_all(program, partials))
    seconds = time.perf_counter() - started
    return Ensemble(num_paths, statistics, program.compile_seconds, seconds)


def run_blocks(
    program: BlockProgram,
    blocks: range,
    num_paths: int,
    *,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
    stop: Stop | None = None,
) -> Ensemble:
    """Run some blocks of an ensemble with a compiled program: the one loop of all runs.

    Args:
      program: folds blocks.
      blocks: which, in order.
      num_paths: of the whole ensemble.
      progress: is told after every block.
      checkpoint: where the run is saved as it goes, and continued from.
      stop: ends the run early.

    Returns:
      Statistics of the paths that ran.

    Raises:
      CamjaxError: the checkpoint is one of another run, or cannot be written.
      KeyboardInterrupt: on Ctrl-C; with a checkpoint, after the block under way is saved.
    """
    started = time.perf_counter()
    merged = _merged(program, blocks, num_paths, progress, checkpoint, stop)
    statistics = finish(program.reducers, merged.partials)
    done, seconds = _paths_in(merged.blocks, num_paths), time.perf_counter() - started
    return Ensemble(done, statistics, program.compile_seconds, seconds)


def _merged(
    program: BlockProgram,
    blocks: range,
    num_paths: int,
    progress: Progress | None,
    checkpoint: Checkpoint | None,
    stop: Stop | None,
) -> Merged:
    """Partial results of some blocks, at least one, or of as many as it took to stop."""
    stream = saving(program, blocks, num_paths, checkpoint)
    with contextlib.closing(stream):
        for merged in stream:
            if progress is not None:
                progress(_paths_in(merged.blocks, num_paths), _paths_in(blocks, num_paths))
            if stop is not None and stop(merged):
                break
    return merged


def _paths_in(blocks: range, num_paths: int) -> int:
    """Paths that consecutive blocks hold of an ensemble."""
    return min(blocks.stop * LANES, num_paths) - blocks.start * LANES
