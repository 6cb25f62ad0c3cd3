"""Many paths of one scenario: compiled once, run in blocks over all devices."""

import dataclasses
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import numpy as np
from jax import Array
from jax.sharding import Mesh, PartitionSpec
from numpy.typing import NDArray

from camjax.arguments import Keep, argument
from camjax.ensemble.size import check_steps_fit
from camjax.memory import bytes_of, check_fits
from camjax.model import Model, Record
from camjax.processes import DriverProcesses
from camjax.progress import Report
from camjax.results.undone import of_remembered
from camjax.runs.digest import (
    Digest,
    PathDigest,
    advance_digest,
    finish_digest,
    start_digest,
)
from camjax.runs.pace import pace
from camjax.scenario import Scenario
from camjax.simulation import run_steps
from camjax.trajectory import assemble_path, choose, variables_of
from camjax.undone import Undone, advance_undone, start_undone

BLOCK_PATHS = 256
"""Paths a device simulates at once, always: another number is compiled to other instructions.

Enough to keep it busy, few enough that what is kept of a block stays small.
"""


@dataclasses.dataclass(frozen=True)
class PathsRun:
    """Paths that have run."""

    digest: PathDigest
    """Leaves [P, ...]."""
    kept: Mapping[str, NDArray]
    """Variables [P, T, ...], or [P, 1, ...] where only the last step is kept."""
    compile_seconds: float
    run_seconds: float


class PathsProgram:
    """Simulates a scenario's paths batch by batch: `BLOCK_PATHS` on every device.

    Args:
      scenario: what to run.
      seed: of all paths; path i draws from `fold_in(key(seed), i)`.
      keep: what to keep of the trajectories besides the digest.
      variables: of which of them; None: of all that the scenario records.

    Raises:
      CamjaxError: more steps than fit in memory.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        keep: Keep | None,
        variables: tuple[str, ...] | None = None,
    ) -> None:
        check_steps_fit(
            scenario,
            jax.random.key(seed),
            BLOCK_PATHS,
            kept_bytes=trajectory_bytes(scenario) if keep == "trajectories" else 0,
        )
        started = time.perf_counter()
        devices = jax.local_devices()
        self.batch = BLOCK_PATHS * len(devices)
        self._shared = (scenario.model, scenario.processes, jax.random.key(seed))
        simulated = jax.shard_map(
            jax.vmap(
                partial(_simulate_path, scenario, keep, variables), in_axes=(None, None, None, 0)
            ),
            mesh=Mesh(devices, ("path",)),
            in_specs=(PartitionSpec(), PartitionSpec(), PartitionSpec(), PartitionSpec("path")),
            out_specs=PartitionSpec("path"),
            check_vma=False,
        )
        self._compiled = jax.jit(simulated).lower(*self._shared, self._paths(0)).compile()
        self.compile_seconds = time.perf_counter() - started

    @property
    def shapes(self) -> tuple[PathDigest, dict[str, Any]]:
        """Shapes and types of what a batch gives, leaves [batch, ...]."""
        return self._compiled.out_info

    @property
    def memory_bytes(self) -> int:
        """Memory that a batch takes, on the devices and on the host."""
        held = bytes_of(self.shapes)
        analysis = self._compiled.memory_analysis()
        inside = 0 if analysis is None else analysis.temp_size_in_bytes
        return 2 * held + inside * len(jax.local_devices())

    def run(self, first: int) -> tuple[PathDigest, dict[str, Array]]:
        """Paths `first` and on, as many as a batch has."""
        return self._compiled(*self._shared, self._paths(first))

    def _paths(self, first: int) -> NDArray:
        return np.arange(first, first + self.batch, dtype=np.int32)


def run_paths(
    scenario: Scenario, num_paths: int, seed: int, keep: Keep | None, report: Report
) -> PathsRun:
    """Simulate paths 0…P-1 of a scenario; path i depends on the seed and i alone.

    Args:
      scenario: what to run.
      num_paths: P.
      seed: of all paths; path i draws from `fold_in(key(seed), i)`.
      keep: what to keep of the trajectories besides the digest.
      report: is told of the progress.
    """
    report("compiling", 0.0)
    program = PathsProgram(scenario, seed, keep)
    started = time.perf_counter()
    results = jax.tree.map(
        lambda leaf: np.empty((num_paths, *leaf.shape[1:]), leaf.dtype), program.shapes
    )
    held = sum(leaf.nbytes for leaf in jax.tree.leaves(results))
    tell = pace(report, scenario.steps, held + program.memory_bytes)
    for first in range(0, num_paths, program.batch):
        _copy_into(results, program.run(first), first)
        tell(min(first + program.batch, num_paths), num_paths)
    path_digest, kept = results
    return PathsRun(path_digest, kept, program.compile_seconds, time.perf_counter() - started)


def trajectory_bytes(scenario: Scenario) -> int:
    """Size of everything that one path records."""
    run_one = partial(_simulate_path, scenario, "trajectories", None)
    inputs = (scenario.model, scenario.processes, jax.random.key(0), np.int32(0))
    _, kept = jax.eval_shape(run_one, *inputs)
    return bytes_of(kept)


def check_kept(scenario: Scenario, num_paths: int, keep: Keep) -> None:
    """Refuse to keep more than the machine's memory holds.

    Raises:
      CamjaxError: so much would be kept.
    """
    size = num_paths * trajectory_bytes(scenario) // (scenario.steps if keep == "final" else 1)
    fewer = "Run fewer paths, or keep" if num_paths > 1 else "Keep"
    remedy = f"{fewer} less: {argument('keep', 'statistics')}."
    check_fits(size, f"{argument('paths')} {num_paths:,} with {argument('keep', keep)}", remedy)


def _simulate_path(
    scenario: Scenario,
    keep: Keep | None,
    variables: tuple[str, ...] | None,
    model: Model,
    processes: DriverProcesses,
    key: Array,
    path: Array,
) -> tuple[PathDigest, dict[str, Array]]:
    """One path: its digest, and what is kept of its trajectory."""
    scenario = scenario.with_leaves(model, processes)
    path_key = jax.random.fold_in(key, path)

    def see(
        memory: tuple[Digest, Undone], record: Record
    ) -> tuple[tuple[Digest, Undone], dict[str, Any]]:
        digest, undone = memory
        found = {} if keep is None else variables_of(record)
        kept = found if variables is None else choose(found, variables)
        return (advance_digest(model, digest, record), advance_undone(undone, record)), kept

    start = start_digest(model), start_undone(model)
    feed = scenario.feed(path_key)
    final_state, (digest, undone), recorded = run_steps(model, feed, path_key, start, see)
    kept = assemble_path(model, final_state.groups, recorded)
    if keep == "final":
        kept = {name: values[-1:] for name, values in kept.items()}
    found = finish_digest(model, digest, undone, scenario.steps)
    return found, kept if keep is None else kept | of_remembered(found.undone)


def _copy_into(results: object, block: object, first: int) -> None:
    """Write a block's leaves behind those of the blocks before it; padding paths are dropped."""

    def copy(target: NDArray, source: Array) -> None:
        count = min(len(source), len(target) - first)
        target[first : first + count] = np.asarray(source)[:count]

    jax.tree.map(copy, results, block)
