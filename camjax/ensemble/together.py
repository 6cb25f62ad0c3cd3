"""One ensemble run by several processes of `jax.distributed`, each a part of its blocks."""

import functools
import io
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from numpy.typing import NDArray

from camjax.ensemble.program import BlockProgram, merge
from camjax.errors import CamjaxError, refusal

PROCESS = "process"
"""The axis of a mesh that has one device of each process."""


def blocks_here(blocks: range) -> range:
    """The part of some blocks that this process runs: consecutive, in the order of processes.

    Processes have as many as each other, or one more; beyond one a block they have none.
    """
    number, of = jax.process_index(), jax.process_count()
    start, stop = (len(blocks) * place // of for place in (number, number + 1))
    return blocks[start:stop]


def merged_of_all(program: BlockProgram, partials: tuple[Any, ...] | None) -> tuple[Any, ...]:
    """Partial results of all processes, merged in their order; the same in each.

    Every process must call it, those without blocks too.

    Args:
      program: that folded the paths.
      partials: those of this process; None if it had no block.
    """
    found = [_unpacked(message) for message in _gathered(_packed(partials))]
    each = [jax.tree.unflatten(program.structure, leaves) for leaves in found if leaves]
    return functools.reduce(functools.partial(merge, program.reducers), each)


def wait_for_all() -> None:
    """Return once every process has come here; the first time within half a minute.

    So long do processes look for each other, however long they wait once they are connected: those
    that are to share work meet here before it.

    Raises:
      CamjaxError: another process has ended.
    """
    if jax.process_count() > 1:
        _gather(np.zeros(1, np.uint8))


def _packed(partials: Any) -> bytes:
    """Leaves as bytes: devices without 64-bit types would round counts and means."""
    stream = io.BytesIO()
    np.savez(stream, *jax.tree.leaves(partials), allow_pickle=False)
    return stream.getvalue()


def _unpacked(message: bytes) -> list[NDArray]:
    with np.load(io.BytesIO(message), allow_pickle=False) as arrays:
        return [arrays[f"arr_{place}"] for place in range(len(arrays.files))]


def _gathered(message: bytes) -> list[bytes]:
    """The messages of all processes, in their order."""
    sizes = _gather(np.array([len(message)], np.uint32))[:, 0]
    padded = np.zeros(sizes.max(), np.uint8)
    padded[: len(message)] = np.frombuffer(message, np.uint8)
    rows = zip(_gather(padded), sizes, strict=True)
    return [row[:size].tobytes() for row, size in rows]


def _gather(row: NDArray) -> NDArray:
    """[processes, ...] from one row of each process.

    Raises:
      CamjaxError: another process has ended.
    """
    split, spread = _spreading()
    number, here = jax.process_count(), jax.process_index()
    rows = jax.make_array_from_process_local_data(split, row[None], (number, *row.shape))
    try:
        return np.asarray(spread(rows).addressable_data(0))
    except jax.errors.JaxRuntimeError as error:
        expected = f"all {number} processes at the end"
        got = "one that is gone, or late by more than XLA waits"
        remedy = "Start all again; what they saved can be resumed."
        raise CamjaxError(refusal(f"process {here}", expected, got, remedy)) from error


@functools.cache
def _spreading() -> tuple[NamedSharding, Callable[[Array], Array]]:
    """How rows lie one in each process, and what gives all of them to every process."""
    firsts = {device.process_index: device for device in reversed(jax.devices())}
    mesh = Mesh(np.array([firsts[process] for process in sorted(firsts)]), (PROCESS,))
    split, whole = (NamedSharding(mesh, PartitionSpec(axis)) for axis in (PROCESS, None))
    return split, jax.jit(lambda rows: rows, out_shardings=whole)
