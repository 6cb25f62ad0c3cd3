"""Deposits as a graph, and the transfers between them that realise a change of balances."""

import dataclasses
import functools
import itertools
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax import Array

from camjax.errors import CamjaxError, refusal
from camjax.vector import MAX_UNROLLED, Vector

Pair = tuple[int, int]


@dataclasses.dataclass(frozen=True)
class Network:
    """N deposits and the E pairs (i, j), i < j, between which capital can move.

    Left out, the pairs are those of the complete graph in row-major order. A transfer d_e > 0
    on the pair e = (i, j) moves FEI from j to i. Hashable: structure, never a parameter.

    Args:
      num_deposits: N, at least 2.
      pairs: pairs of deposit indices in any order and orientation; together they must connect
        all deposits.

    Raises:
      CamjaxError: fewer than two deposits, or pairs that are out of range, repeated, loops, or
        do not connect all deposits.

    References:
      Specification, 3.7 and 4.4.
    """

    num_deposits: int
    pairs: tuple[Pair, ...] | None = None

    def __post_init__(self) -> None:
        if self.num_deposits < 2:
            raise CamjaxError(refusal("network", "at least two deposits", self.num_deposits))
        if self.pairs is not None:
            object.__setattr__(self, "pairs", _checked_pairs(self.num_deposits, self.pairs))

    @property
    def is_complete(self) -> bool:
        """Whether capital can move between any two deposits."""
        return self.pairs is None

    @property
    def unrolled(self) -> bool:
        """Whether per-deposit and per-pair vectors are kept as scalars."""
        return self.num_deposits <= MAX_UNROLLED

    @functools.cached_property
    def edges(self) -> tuple[Pair, ...]:
        """The E pairs (i, j), i < j, row-major."""
        if self.pairs is not None:
            return self.pairs
        return tuple(itertools.combinations(range(self.num_deposits), 2))

    @functools.cached_property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Indices i and j of the pairs, two [E] integer arrays."""
        if self.is_complete:
            first, second = np.triu_indices(self.num_deposits, 1)
        else:
            first, second = np.asarray(self.edges).T
        return first.astype(np.int32), second.astype(np.int32)

    @property
    def incidence(self) -> np.ndarray:
        """A [N, E]: A[i, e] = 1 and A[j, e] = -1 for e = (i, j), so that A d is the change."""
        matrix = np.zeros((self.num_deposits, len(self.ends[0])))
        columns = np.arange(matrix.shape[1])
        matrix[self.ends[0], columns] = 1.0
        matrix[self.ends[1], columns] = -1.0
        return matrix

    @property
    def constrained_incidence(self) -> np.ndarray:
        """C [N + 1, E] = [A; 1ᵀ]: the last row asks that the transfers sum to zero."""
        return np.vstack([self.incidence, np.ones(len(self.ends[0]))])

    @functools.cached_property
    def pseudoinverse(self) -> np.ndarray:
        """A⁺ [E, N], computed once: Aᵀ/N for the complete graph, by SVD for any other."""
        if self.is_complete:
            return self.incidence.T / self.num_deposits
        return np.linalg.pinv(self.incidence)

    def split(self, array: Array) -> Vector:
        """An [N] or [E] array as the vector form that this network uses."""
        if self.unrolled:
            parts = tuple(array[..., i] for i in range(array.shape[-1]))
            return Vector(parts=parts, unrolled=True)
        return Vector(parts=(array,), unrolled=False)

    def at_ends(self, values: Vector) -> tuple[Vector, Vector]:
        """A per-deposit vector read at the first and at the second end of every pair, [E] each."""
        if values.unrolled:
            sides = zip(*self.edges, strict=True)
            first, second = (tuple(values.parts[i] for i in side) for side in sides)
            return Vector(parts=first, unrolled=True), Vector(parts=second, unrolled=True)
        whole = values.parts[0]
        first, second = ((whole[..., end],) for end in self.ends)
        return Vector(parts=first, unrolled=False), Vector(parts=second, unrolled=False)

    def net(self, transfers: Vector) -> Vector:
        """Change of balances A d that transfers bring about, [N] FEI."""
        if not transfers.unrolled:
            flow = transfers.parts[0]
            unmoved = jnp.zeros(self.num_deposits, flow.dtype)
            moved = unmoved.at[self.ends[0]].add(flow).at[self.ends[1]].add(-flow)
            return Vector(parts=(moved,), unrolled=False)
        change = [jnp.zeros_like(transfers.parts[0])] * self.num_deposits
        for (i, j), flow in zip(self.edges, transfers.parts, strict=True):
            change[i] = change[i] + flow
            change[j] = change[j] - flow
        return Vector(parts=tuple(change), unrolled=True)

    def transfers(self, change: Array, constrained: bool = True) -> Array:
        """Transfers that bring about a change of balances.

        Constrained: d = C⁺ [Δ; 0], the minimum-norm solution of A d = Δ with Σ d = 0, by the
        closed form of `constrained_transfers`. Otherwise d = A⁺ Δ, the minimum-norm solution,
        which does not depend on the order of the deposits.

        Args:
          change: Δ [N] FEI, sums to zero.
          constrained: whether the transfers must sum to zero (complete graph only).

        Returns:
          d [E] FEI, one per pair in row-major order.

        Raises:
          CamjaxError: constrained transfers asked for on a graph that is not complete.

        >>> Network(3).transfers(jnp.array([3.0, 0.0, -3.0]), constrained=False)
        Array([1., 2., 1.], dtype=float...)
        """
        vector = Vector(parts=(jnp.asarray(change),), unrolled=False)
        return self.planned(vector, constrained).parts[0]

    def planned(self, change: Vector, constrained: bool) -> Vector:
        """`transfers` for a change that is a `Vector`."""
        if constrained:
            return constrained_transfers(self, change)
        if self.is_complete:
            at_first, at_second = self.at_ends(change)
            return (at_first - at_second) / self.num_deposits
        if not change.unrolled:
            matrix = jnp.asarray(self.pseudoinverse, change.parts[0].dtype)
            return Vector(parts=(matrix @ change.parts[0],), unrolled=False)
        rows = (_dot(row, change.parts) for row in self.pseudoinverse)
        return Vector(parts=tuple(rows), unrolled=True)

    def transfer_matrix(self, transfers: Array) -> Array:
        """D [N, N], strictly upper triangular with D[i, j] = d_(i,j), from d [E]."""
        shape = (self.num_deposits, self.num_deposits)
        return jnp.zeros(shape, transfers.dtype).at[self.ends].set(transfers)


def constrained_transfers(network: Network, change: Vector) -> Vector:
    """Minimum-norm transfers of the complete graph that also sum to zero.

    q = 6 / (N (N-1) (N-2)) Σ_i (N-1-2i) Δ_i
    d_ij = (Δ_i - Δ_j)/N - (1 - 2(j-i)/N) q        (N = 2: d_01 = Δ_0)

    No matrix is formed and nothing is larger than the E transfers themselves.

    References:
      Specification, 3.7.
    """
    if not network.is_complete:
        raise CamjaxError(
            refusal(
                "rebalancing.transfers",
                '"minimum_norm" on a network of chosen pairs',
                '"constrained"',
                "Constrained transfers are defined for the complete graph only.",
            )
        )
    size = network.num_deposits
    at_first, at_second = network.at_ends(change)
    if size == 2:
        return at_first
    skew = _skew(size, change) * (6.0 / (size * (size - 1) * (size - 2)))
    order = 1.0 - 2.0 * (network.ends[1] - network.ends[0]) / size
    return (at_first - at_second) / size - _constants(order, change) * skew


def _skew(size: int, change: Vector) -> Array:
    """Σ_i (N-1-2i) Δ_i."""
    return (_constants(size - 1.0 - 2.0 * np.arange(size), change) * change).sum()


def _constants(values: np.ndarray, like: Vector) -> Vector:
    """Fixed numbers as a vector of the same form and dtype as another."""
    dtype = like.parts[0].dtype
    if like.unrolled:
        return Vector(parts=tuple(jnp.asarray(v, dtype) for v in values), unrolled=True)
    return Vector(parts=(jnp.asarray(values, dtype),), unrolled=False)


def _dot(coefficients: np.ndarray, parts: Sequence[Array]) -> Array:
    terms = [float(c) * part for c, part in zip(coefficients, parts, strict=True)]
    return functools.reduce(lambda a, b: a + b, terms)


def _checked_pairs(num_deposits: int, pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """Pairs oriented i < j and sorted row-major, refused unless they connect all deposits."""
    oriented = sorted((min(pair), max(pair)) for pair in pairs)
    for i, j in oriented:
        if i == j or i < 0 or j >= num_deposits:
            raise CamjaxError(
                refusal("network.pairs", f"pairs of two deposits below {num_deposits}", (i, j))
            )
    if len(set(oriented)) < len(oriented):
        raise CamjaxError(refusal("network.pairs", "each pair once", oriented))
    reached, frontier = {0}, {0}
    while frontier:
        touching = {end for pair in oriented if frontier & set(pair) for end in pair}
        frontier = touching - reached
        reached |= touching
    if len(reached) < num_deposits:
        missing = sorted(set(range(num_deposits)) - reached)
        raise CamjaxError(
            refusal(
                "network.pairs",
                "pairs that connect all deposits",
                f"no way to deposit {missing[0]}",
                "Add a pair that joins it to the rest.",
            )
        )
    return tuple(oriented)
