"""Many paths of a scenario in constant memory, on all devices."""

import dataclasses
import functools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as np
from jax import Array
from jax.sharding import Mesh, PartitionSpec

from camjax.ensemble.base import PathSource
from camjax.ensemble.lanes import LANES, fold_lanes
from camjax.ensemble.reducers import Reducer
from camjax.errors import CamjaxError, refusal

MOST_PATHS = 2**32
"""Paths are numbered by 32 bits."""

Progress = Callable[[int, int], None]
"""Told how many paths are done, of how many."""

IN_FLIGHT = 2
"""Calls under way at once, so that devices work while the host merges."""


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
) -> Ensemble:
    """Simulate paths 0…P-1 of a scenario and keep statistics of them, not the paths.

    Path i draws from `fold_in(key, i)` and is the same numbers whatever P, the number of devices,
    or where a run was interrupted. Paths run in blocks of `LANES`; memory does not grow with P.

    Args:
      scenario: what to run.
      num_paths: P.
      key: random key of all paths.
      reducers: which statistics; see `camjax.ensemble.reducers`.
      devices: where to run; None: all local devices.
      progress: is told after every call.

    Returns:
      The statistics, and how long compiling and running took.

    Raises:
      CamjaxError: no reducer, two of one name, or a number of paths below 1 or above 2³².
    """
    _check(num_paths, reducers)
    devices = list(devices or jax.local_devices())
    started = time.perf_counter()
    fold = _compiled(scenario, tuple(reducers), devices, key, num_paths)
    compiled = time.perf_counter()
    partials: list[Any] = [None] * len(reducers)
    for done, blocks in _folded_blocks(fold, num_paths, len(devices)):
        for block in blocks:
            partials = [
                later if earlier is None else reducer.merge(earlier, later)
                for reducer, earlier, later in zip(reducers, partials, block, strict=True)
            ]
        if progress is not None:
            progress(done, num_paths)
    statistics = {
        reducer.name: reducer.finish(partial)
        for reducer, partial in zip(reducers, partials, strict=True)
    }
    ended = time.perf_counter()
    return Ensemble(num_paths, statistics, compiled - started, ended - compiled)


def _check(num_paths: int, reducers: Sequence[Reducer]) -> None:
    if not 1 <= num_paths <= MOST_PATHS:
        raise CamjaxError(refusal("num_paths", f"1 to {MOST_PATHS}", num_paths))
    names = [reducer.name for reducer in reducers]
    if not names or len(set(names)) < len(names):
        raise CamjaxError(refusal("reducers", "at least one, of different names", names))


def _compiled(
    scenario: PathSource,
    reducers: tuple[Reducer, ...],
    devices: Sequence[jax.Device],
    key: Array,
    num_paths: int,
) -> Callable[[Array], Any]:
    """The program that folds one block on each device, from the first path of each."""
    fold = functools.partial(fold_lanes, scenario, reducers)

    def on_device(model: Any, processes: Any, key: Array, first: Array, num_paths: Array) -> Any:
        folded = fold(model, processes, key, first[0], num_paths)
        return jax.tree.map(lambda leaf: leaf[None], folded)

    mapped = jax.shard_map(
        on_device,
        mesh=Mesh(np.array(devices), ("path",)),
        in_specs=(*[PartitionSpec()] * 3, PartitionSpec("path"), PartitionSpec()),
        out_specs=PartitionSpec("path"),
        check_vma=False,
    )
    shared = (scenario.model, scenario.processes, key)
    last = np.uint32(min(num_paths, MOST_PATHS - 1))
    first = np.zeros(len(devices), np.uint32)
    program = jax.jit(mapped).lower(*shared, first, last).compile()
    return lambda first: program(*shared, first, last)


def _folded_blocks(
    fold: Callable[[Any], Any], num_paths: int, num_devices: int
) -> Iterator[tuple[int, list[Any]]]:
    """Partial results of each call's blocks in the order of paths, and the paths done so far."""
    per_call = LANES * num_devices
    waiting: list[Any] = []
    for call in range(math.ceil(num_paths / per_call) + IN_FLIGHT - 1):
        first = call * per_call
        if first < num_paths:
            starts = first + LANES * np.arange(num_devices, dtype=np.uint64)
            waiting.append((first, fold(np.minimum(starts, MOST_PATHS - 1).astype(np.uint32))))
        if call >= IN_FLIGHT - 1 and waiting:
            first, folded = waiting.pop(0)
            host = jax.device_get(folded)
            used = min(num_devices, math.ceil((num_paths - first) / LANES))
            blocks = [jax.tree.map(lambda leaf, i=i: leaf[i], host) for i in range(used)]
            yield min(first + per_call, num_paths), blocks
