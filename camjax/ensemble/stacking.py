"""Reducers of one kind fold as one, over the cells of all their variables."""

import math
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree, static
from camjax.ensemble.reducers import CellReducer, Reducer

Shape: TypeAlias = tuple[int, ...]


@pytree
class Stacked:
    """What some reducers have folded of a step, the cells of one after those of another."""

    folded: Any
    """[C, ...]."""
    shapes: tuple[tuple[str, Shape | None], ...] = static()
    """Name of each reducer, and shape of its cells; None where one alone has folded for itself."""


def fold_as_one(
    reducers: Iterable[Reducer], variables: dict[str, Array], counted: Array
) -> list[Stacked]:
    """Fold a step of a block.

    Compiling takes as long as a program has operations, so reducers that treat every cell alike
    are given the cells of all of them at once: statistics of twenty variables cost one's.

    Args:
      reducers: whose scope is the step.
      variables: of the step, by name, lanes last.
      counted: [L], False for padding.
    """
    alone, kinds = [], dict[Hashable, list[tuple[CellReducer, Any]]]()
    for reducer in reducers:
        if isinstance(reducer, CellReducer):
            cells = reducer.cells(variables)
            kind = reducer.kind, tuple(leaf.dtype for leaf in jax.tree.leaves(cells))
            kinds.setdefault(kind, []).append((reducer, cells))
        else:
            own = reducer.fold(variables, counted)
            alone.append(Stacked(folded=own, shapes=((reducer.name, None),)))
    return [*alone, *(_fold_cells(alike, counted) for alike in kinds.values())]


def _fold_cells(alike: Sequence[tuple[CellReducer, Any]], counted: Array) -> Stacked:
    """What reducers of one kind fold of their cells."""

    def joined(*leaves: Array) -> Array:
        return jnp.concatenate([leaf.reshape(-1, leaf.shape[-1]) for leaf in leaves])

    cells = jax.tree.map(joined, *(each for _, each in alike))
    shapes = ((each.name, jax.tree.leaves(own)[0].shape[:-1]) for each, own in alike)
    folded = alike[0][0].fold_cells(cells, counted)
    return Stacked(folded=folded, shapes=tuple(shapes))


def separate(stacked: Iterable[Stacked]) -> dict[str, Any]:
    """What each reducer has folded, by its name, where a scan has put steps before cells."""
    return {name: folded for each in stacked for name, folded in _separate(each)}


def _separate(stacked: Stacked) -> Iterable[tuple[str, Any]]:
    start = 0
    for name, shape in stacked.shapes:
        if shape is None:
            yield name, stacked.folded
            continue
        own = slice(start, start := start + math.prod(shape))

        def cut(leaf: Array, own: slice = own, shape: Shape = shape) -> Array:
            return leaf[:, own].reshape((leaf.shape[0], *shape, *leaf.shape[2:]))

        yield name, jax.tree.map(cut, stacked.folded)
