"""Many deposits evolved together: like ones stacked and vmapped, so programs stay small."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from camjax.vector import MAX_UNROLLED, Vector

Tree = Any


@dataclasses.dataclass(frozen=True)
class Groups:
    """Which deposits evolve together: positions in network order, one tuple for each group.

    A group of one stays as it is; the trees of a larger one are stacked on a leading axis [G].
    """

    members: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, deposits: Sequence[Tree], series: Sequence[Mapping[str, Array]]) -> "Groups":
        """Alone while the model is small, else by type, structure and driver columns.

        Args:
          deposits: in network order.
          series: what each deposit reads, by column.
        """
        if len(deposits) <= MAX_UNROLLED:
            return cls(members=tuple((i,) for i in range(len(deposits))))
        alike: dict[Any, list[int]] = {}
        for i, (deposit, columns) in enumerate(zip(deposits, series, strict=True)):
            shapes = tuple(leaf.shape for leaf in jax.tree.leaves(deposit))
            kind = (jax.tree.structure(deposit), shapes, tuple(sorted(columns)))
            alike.setdefault(kind, []).append(i)
        return cls(members=tuple(tuple(group) for group in alike.values()))

    @property
    def unrolled(self) -> bool:
        """Whether every group is a single deposit and values over deposits stay scalars."""
        return len(self.order) <= MAX_UNROLLED

    @functools.cached_property
    def order(self) -> tuple[int, ...]:
        """Deposits in the order in which groups hold them."""
        return tuple(i for group in self.members for i in group)

    def stack(self, trees: Sequence[Tree], axis: int = 0) -> tuple[Tree, ...]:
        """One tree per deposit -> one tree per group."""
        return tuple(
            trees[group[0]]
            if len(group) == 1
            else jax.tree.map(lambda *leaves: jnp.stack(leaves, axis), *(trees[i] for i in group))
            for group in self.members
        )

    def map(self, function: Callable[..., Tree], *grouped: Sequence[Tree]) -> tuple[Tree, ...]:
        """Apply a function of one deposit's trees to every group."""
        columns = zip(self.members, *grouped, strict=True)
        return tuple(
            (function if len(group) == 1 else jax.vmap(function))(*trees)
            for group, *trees in columns
        )

    def gather(self, values: Sequence[Array]) -> Vector:
        """One value per group, [] or [G] -> vector over all deposits in network order."""
        if self.unrolled:
            return Vector(parts=tuple(values), unrolled=True)
        joined = jnp.concatenate([jnp.atleast_1d(value) for value in values])
        return Vector(parts=(joined[np.argsort(self.order)],), unrolled=False)

    def scatter(self, vector: Vector, positions: Sequence[int]) -> tuple[Array | None, ...]:
        """A vector over some deposits -> one value per group; None where a group has none.

        Deposits of a group that are not among the positions get 0.
        """
        place = {deposit: k for k, deposit in enumerate(positions)}
        return tuple(self._pick(vector, group, place) for group in self.members)

    def _pick(self, vector: Vector, group: tuple[int, ...], place: dict[int, int]) -> Array | None:
        if not any(i in place for i in group):
            return None
        if len(group) == 1:
            (i,) = group
            return vector.parts[place[i]] if vector.unrolled else vector.parts[0][place[i]]
        stacked = vector.stack()
        padded = jnp.concatenate([stacked, jnp.zeros(1, stacked.dtype)])
        return padded[np.array([place.get(i, -1) for i in group])]
