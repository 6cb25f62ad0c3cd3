"""What one call folds on a device: blocks in turn, as a core is fast, or side by side."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from camjax.ensemble.lanes import LANES

FoldBlock = Callable[[Array], Any]
"""Gives partial results of the block of paths from a first one on."""

FoldBlocks = Callable[[FoldBlock, Array, Array], Any]
"""Gives those of some blocks."""

IN_TURN = 16
"""Blocks that a core folds in one call, so that starting calls takes no time worth naming."""

CALL_BYTES = 2**24
"""What a core's partial results of one call may take, or one block's, where that is more."""

SIDE_BY_SIDE = 512
"""Blocks that any other device folds in one call: fewer paths would leave it idle."""

SHARE_OF_MEMORY = 0.5
"""What a call may take of such a device's memory."""


def is_core(device: jax.Device) -> bool:
    """Whether a device is a core of the machine, whose memory it shares."""
    return device.platform == "cpu"


def fold_in_turn(fold_block: FoldBlock, first: Array, count: Array) -> Any:
    """Partial results [as many as a call may fold, ...] of `count` blocks, from a path on.

    Args:
      fold_block: what folds one; it is called for its shapes and for the loop.
      first: [] path.
      count: [] at most as many as a call may fold.
    """
    shapes = jax.eval_shape(fold_block, first)
    bytes_each = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(shapes))
    most = max(1, min(IN_TURN, CALL_BYTES // bytes_each))

    def fold(block: Array, folded: Any) -> Any:
        partial = fold_block(first + LANES * block)
        return jax.tree.map(lambda all_, one: all_.at[block].set(one), folded, partial)

    nothing = jax.tree.map(lambda leaf: jnp.zeros((most, *leaf.shape), leaf.dtype), shapes)
    return jax.lax.fori_loop(np.uint32(0), count, fold, nothing)


def fold_side_by_side(number: int, fold_block: FoldBlock, first: Array, count: Array) -> Any:
    """Partial results [number, ...] of all blocks at once; those beyond `count` are nobody's."""
    del count
    return jax.vmap(fold_block)(first + LANES * jnp.arange(number, dtype=np.uint32))


def most_side_by_side(devices: Sequence[jax.Device], call_bytes: int) -> int:
    """Blocks that fit in a device's memory, where `SIDE_BY_SIDE` of them take so many bytes.

    As many where a device does not tell how much memory it has.
    """
    rooms = [(device.memory_stats() or {}).get("bytes_limit", np.inf) for device in devices]
    return max(1, int(SIDE_BY_SIDE * min(1.0, SHARE_OF_MEMORY * min(rooms) / max(1, call_bytes))))
