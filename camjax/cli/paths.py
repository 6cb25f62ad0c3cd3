"""Many paths of one scenario: compiled once, run in blocks over all devices."""

import dataclasses
import math
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import numpy as np
from jax import Array
from jax.sharding import Mesh, PartitionSpec
from numpy.typing import NDArray

from camjax.cli.digest import (
    Digest,
    PathDigest,
    advance_digest,
    finish_digest,
    start_digest,
)
from camjax.cli.memory import in_words, machine_bytes
from camjax.cli.options import Keep
from camjax.cli.progress import Report
from camjax.errors import CamjaxError, refusal
from camjax.model import Model, Record
from camjax.processes import DriverProcesses
from camjax.scenario import Scenario
from camjax.simulation import run_steps
from camjax.trajectory import assemble_path, variables_of

BLOCK_PATHS = 256
"""Paths a device simulates at once, always: another number is compiled to other instructions.

Enough to keep it busy, few enough that what is kept of a block stays small.
"""


@dataclasses.dataclass(frozen=True)
class Run:
    """Paths that have run."""

    digest: PathDigest
    """Leaves [P, ...]."""
    kept: Mapping[str, NDArray]
    """Variables [P, T, ...], or [P, 1, ...] where only the last step is kept."""
    compile_seconds: float
    run_seconds: float


def run_paths(
    scenario: Scenario, num_paths: int, seed: int, keep: Keep | None, report: Report
) -> Run:
    """Simulate paths 0…P-1 of a scenario; path i depends on the seed and i alone.

    Args:
      scenario: what to run.
      num_paths: P.
      seed: of all paths; path i draws from `fold_in(key(seed), i)`.
      keep: what to keep of the trajectories besides the digest.
      report: is told of the progress.
    """
    devices = jax.local_devices()
    block = BLOCK_PATHS * len(devices)
    paths = np.arange(math.ceil(num_paths / block) * block, dtype=np.int32)
    shared = (scenario.model, scenario.processes, jax.random.key(seed))

    started = time.perf_counter()
    report("compiling", 0.0)
    simulated = jax.shard_map(
        jax.vmap(partial(_simulate_path, scenario, keep), in_axes=(None, None, None, 0)),
        mesh=Mesh(devices, ("path",)),
        in_specs=(PartitionSpec(), PartitionSpec(), PartitionSpec(), PartitionSpec("path")),
        out_specs=PartitionSpec("path"),
        check_vma=False,
    )
    compiled = jax.jit(simulated).lower(*shared, paths[:block]).compile()
    compiled_at = time.perf_counter()

    results = jax.tree.map(
        lambda leaf: np.empty((num_paths, *leaf.shape[1:]), leaf.dtype), compiled.out_info
    )
    for first in range(0, num_paths, block):
        report("simulating", first / num_paths)
        _copy_into(results, compiled(*shared, paths[first : first + block]), first)
    ended = time.perf_counter()
    path_digest, kept = results
    return Run(path_digest, kept, compiled_at - started, ended - compiled_at)


def trajectory_bytes(scenario: Scenario) -> int:
    """Size of everything that one path records."""
    run_one = partial(_simulate_path, scenario, "trajectories")
    inputs = (scenario.model, scenario.processes, jax.random.key(0), np.int32(0))
    _, kept = jax.eval_shape(run_one, *inputs)
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(kept))


def check_kept(scenario: Scenario, num_paths: int, keep: Keep) -> None:
    """Refuse to keep more than the machine's memory holds.

    Raises:
      CamjaxError: so much would be kept.
    """
    size = num_paths * trajectory_bytes(scenario) // (scenario.steps if keep == "final" else 1)
    if size > machine_bytes():
        expected = f"paths whose trajectories fit in {in_words(machine_bytes())} of memory"
        got = f"{num_paths}, of which --keep {keep} takes {in_words(size)}"
        remedy = "Run fewer paths, or keep less: --keep statistics."
        raise CamjaxError(refusal("--paths", expected, got, remedy))


def _simulate_path(
    scenario: Scenario,
    keep: Keep | None,
    model: Model,
    processes: DriverProcesses,
    key: Array,
    path: Array,
) -> tuple[PathDigest, dict[str, Array]]:
    """One path: its digest, and what is kept of its trajectory."""
    scenario = scenario.with_leaves(model, processes)
    path_key = jax.random.fold_in(key, path)

    def see(digest: Digest, record: Record) -> tuple[Digest, dict[str, Any]]:
        return advance_digest(model, digest, record), {} if keep is None else variables_of(record)

    final_state, digest, recorded = run_steps(
        model, scenario.sample_drivers(path_key), path_key, start_digest(model), see
    )
    kept = assemble_path(model, final_state.groups, recorded)
    if keep == "final":
        kept = {name: values[-1:] for name, values in kept.items()}
    return finish_digest(model, digest, scenario.steps), kept


def _copy_into(results: object, block: object, first: int) -> None:
    """Write a block's leaves behind those of the blocks before it; padding paths are dropped."""

    def copy(target: NDArray, source: Array) -> None:
        count = min(len(source), len(target) - first)
        target[first : first + count] = np.asarray(source)[:count]

    jax.tree.map(copy, results, block)
