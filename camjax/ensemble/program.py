"""The compiled program of an ensemble, and what running it block by block gives."""

import copy
import dataclasses
import functools
import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import numpy as np
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from camjax._compile import compile_for
from camjax.ensemble.base import PathSource
from camjax.ensemble.blocks import MOST_PATHS
from camjax.ensemble.calls import (
    SIDE_BY_SIDE,
    FoldBlocks,
    fold_in_turn,
    fold_side_by_side,
    is_core,
    most_side_by_side,
)
from camjax.ensemble.lanes import LANES, fold_lanes
from camjax.ensemble.reducers import Reducer
from camjax.ensemble.size import check_steps_fit
from camjax.errors import CamjaxError, refusal
from camjax.model import Model
from camjax.processes import DriverProcesses

IN_FLIGHT = 2
"""Calls under way at once, so that devices work while the host merges."""


@dataclasses.dataclass(frozen=True)
class Merged:
    """Partial results of consecutive blocks, merged in their order."""

    blocks: range
    """Blocks that are in; block b holds paths b × LANES and on."""
    partials: tuple[Any, ...]
    """One for each reducer."""


class BlockProgram:
    """Folds blocks of paths of a scenario, some on each device at a time.

    Args:
      scenario: what to run.
      reducers: what folds the paths.
      key: random key of all paths.
      devices: where to run; None: all local devices.

    Raises:
      CamjaxError: no reducer, two of one name, or more steps than fit in memory.
    """

    def __init__(
        self,
        scenario: PathSource,
        reducers: Sequence[Reducer],
        key: Array,
        devices: Sequence[jax.Device] | None = None,
    ) -> None:
        names = [reducer.name for reducer in reducers]
        if not names or len(set(names)) < len(names):
            raise CamjaxError(refusal("reducers", "at least one, of different names", names))
        check_steps_fit(scenario, key, LANES)
        started = time.perf_counter()
        self.scenario, self.key, self.reducers = scenario, key, tuple(reducers)
        self.devices = list(devices or jax.local_devices())
        self._mesh = Mesh(np.array(self.devices), ("path",))
        self._arguments = self._on_each_device(scenario.model, scenario.processes, key)
        self._on_cores = is_core(self.devices[0])
        if self._on_cores:
            self._compile(fold_in_turn)
        else:
            self._compile(functools.partial(fold_side_by_side, SIDE_BY_SIDE))
            fitting = most_side_by_side(self.devices, self._device_bytes)
            if fitting < SIDE_BY_SIDE:
                self._compile(functools.partial(fold_side_by_side, fitting))
        self.compile_seconds = time.perf_counter() - started
        """How long compiling took."""

    @property
    def memory_bytes(self) -> int:
        """The machine's memory that running takes at most, however many paths there are.

        0 on devices whose compiler does not tell.
        """
        analysis = self._program.memory_analysis()
        if analysis is None:
            return 0
        on_device = self._device_bytes if self._on_cores else 0
        # The host holds a call's results, and of a block what merging takes: counts that were and
        # are merged have twice its bytes.
        on_host = len(self.devices) * analysis.output_size_in_bytes
        on_host += 5 * analysis.output_size_in_bytes // self._most
        return len(self.devices) * on_device + on_host

    @property
    def _device_bytes(self) -> int:
        """Memory that each device takes; 0 where its compiler does not tell."""
        analysis = self._program.memory_analysis()
        if analysis is None:
            return 0
        return analysis.temp_size_in_bytes + IN_FLIGHT * analysis.output_size_in_bytes

    @property
    def structure(self) -> Any:
        """Of the partial results of a block, as `jax.tree.structure` tells it."""
        return self._program.out_tree

    def with_key(self, key: Array) -> "BlockProgram":
        """The same compiled program for the paths of another key."""
        other = copy.copy(self)
        other.key = key
        other._arguments = (*self._arguments[:2], *self._on_each_device(key))
        return other

    def with_scenario(self, scenario: PathSource) -> "BlockProgram":
        """The same compiled program for a scenario of the same structure with other numbers."""
        other = copy.copy(self)
        other.scenario = scenario
        changed = self._on_each_device(scenario.model, scenario.processes)
        other._arguments = (*changed, self._arguments[2])
        return other

    def fold(self, blocks: range, num_paths: int) -> Iterator[tuple[Any, ...]]:
        """Partial results of each block in order; paths at `num_paths` and beyond do not count."""
        waiting: list[tuple[tuple[int, ...], Any]] = []
        while blocks:
            each = min(self._most, math.ceil(len(blocks) / len(self.devices)))
            shares = [blocks[each * device :][:each] for device in range(len(self.devices))]
            starts = [LANES * share.start if share else 0 for share in shares]
            counts = tuple(map(len, shares))
            called = self._program(
                *self._arguments,
                np.array(starts, np.uint32),
                np.array(counts, np.uint32),
                np.uint32(num_paths),
            )
            waiting.append((counts, called))
            blocks = blocks[sum(counts) :]
            if len(waiting) == IN_FLIGHT:
                yield from _each_block(*waiting.pop(0))
        for counts, called in waiting:
            yield from _each_block(counts, called)

    def merged(
        self, blocks: range, num_paths: int, start: Merged | None = None
    ) -> Iterator[Merged]:
        """All that is known after each block, from `start` on where some blocks are in already.

        Args:
          blocks: which blocks to run.
          num_paths: paths of the ensemble.
          start: what an earlier run of the same blocks had come to; it is given first.
        """
        done, partials = blocks.start, None
        if start is not None:
            yield start
            done, partials = start.blocks.stop, start.partials
        for block in self.fold(range(done, blocks.stop), num_paths):
            done += 1
            partials = block if partials is None else merge(self.reducers, partials, block)
            yield Merged(range(blocks.start, done), partials)

    def fold_block(
        self, model: Model, processes: DriverProcesses, key: Array, first: Array, num_paths: Array
    ) -> tuple[Any, ...]:
        """What is compiled: one partial result for each reducer, of the block from `first` on."""
        return fold_lanes(self.scenario, self.reducers, model, processes, key, first, num_paths)

    def _on_each_device(self, *arguments: Any) -> tuple[Any, ...]:
        """Arguments where every call finds them: copied once, and not for every block."""
        return jax.device_put(arguments, NamedSharding(self._mesh, PartitionSpec()))

    def _compile(self, fold_blocks: FoldBlocks) -> None:
        """Compile the program of a call."""
        none = np.zeros(len(self.devices), np.uint32)
        folded = jax.jit(self._on_all_devices(fold_blocks))
        lowered = folded.lower(*self._arguments, none, none, np.uint32(MOST_PATHS))
        self._program = compile_for(lowered, self.devices)
        self._most = jax.tree.leaves(lowered.out_info)[0].shape[1]

    def _on_all_devices(self, fold_blocks: FoldBlocks) -> Any:
        """Partial results [devices, blocks, ...] of as many blocks from `first` on as counted."""
        fold_block = jax.jit(self.fold_block)

        def on_device(
            model: Model,
            processes: DriverProcesses,
            key: Array,
            first: Array,
            count: Array,
            num_paths: Array,
        ) -> Any:
            def fold_from(path: Array) -> Any:
                return fold_block(model, processes, key, path, num_paths)

            folded = fold_blocks(fold_from, first[0], count[0])
            return jax.tree.map(lambda leaf: leaf[None], folded)

        return jax.shard_map(
            on_device,
            mesh=self._mesh,
            in_specs=(*[PartitionSpec()] * 3, *[PartitionSpec("path")] * 2, PartitionSpec()),
            out_specs=PartitionSpec("path"),
            check_vma=False,
        )


def restore(
    scenario: PathSource, key: Array, reducers: Sequence[Reducer], leaves: Sequence[Any]
) -> tuple[Any, ...]:
    """Partial results from their leaves, as `jax.tree.leaves` gives them.

    Raises:
      CamjaxError: they are none of such a program.
    """
    fold = functools.partial(fold_lanes, scenario, tuple(reducers))
    number = np.uint32(LANES)
    shapes = jax.eval_shape(fold, scenario.model, scenario.processes, key, number, number)
    wanted = [like.shape for like in jax.tree.leaves(shapes)]
    found = [np.shape(leaf) for leaf in leaves]
    if found != wanted:
        raise CamjaxError(refusal("partial results", f"arrays of {wanted}", f"of {found}"))
    return jax.tree.unflatten(jax.tree.structure(shapes), leaves)


def merge(
    reducers: Sequence[Reducer], earlier: tuple[Any, ...], later: tuple[Any, ...]
) -> tuple[Any, ...]:
    """Partial results of two sets of paths from those of each."""
    triples = zip(reducers, earlier, later, strict=True)
    return tuple(reducer.merge(first, second) for reducer, first, second in triples)


def finish(reducers: Sequence[Reducer], partials: tuple[Any, ...]) -> dict[str, Any]:
    """What each reducer found, by its name."""
    pairs = zip(reducers, partials, strict=True)
    return {reducer.name: reducer.finish(partial) for reducer, partial in pairs}


def _each_block(counts: Sequence[int], called: Any) -> Iterator[tuple[Any, ...]]:
    """Partial results of the blocks that each device counted in a call, on the host."""
    host = jax.device_get(called)
    for device, count in enumerate(counts):
        for block in range(count):
            yield jax.tree.map(lambda leaf, at=(device, block): leaf[at], host)
