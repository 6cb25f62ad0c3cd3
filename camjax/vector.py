"""A vector over deposits or pairs that XLA sees as separate scalars while it is short.

Batched over paths, N scalars become N contiguous arrays that fuse into one loop, several times
faster on a CPU than one [paths, N] array whose short axis is stacked and sliced at every step.
Beyond `MAX_UNROLLED` the program would grow with N, so longer vectors stay one array. Code
written with the operators below reads the same in both forms.
"""

import operator
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Self

import jax
import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree, static

MAX_UNROLLED = 8
"""Longest vector kept as scalars: compile time grows with its square, 0.1 s at 4 and 6 s at 64."""


@pytree
class Vector:
    """An [N] vector, held as N scalars (`unrolled`) or as one array.

    Behind a time axis the scalars are [T] and the array is [T, N].
    """

    parts: tuple[Array, ...]
    unrolled: bool = static()

    @classmethod
    def of(cls, entries: Sequence[Array]) -> Self:
        """Hold N scalars, or series of one shape: as they are while there are few, else stacked."""
        if len(entries) > MAX_UNROLLED:
            return cls(parts=(jnp.stack(entries, axis=-1),), unrolled=False)
        return cls(parts=tuple(entries), unrolled=True)

    @classmethod
    def split(cls, array: Array) -> Self:
        """Hold the last axis of an array: as scalars while it is at most `MAX_UNROLLED` long.

        >>> Vector.split(jnp.arange(3.0)).unrolled
        True
        """
        length = array.shape[-1]
        if length > MAX_UNROLLED:
            return cls(parts=(array,), unrolled=False)
        return cls(parts=tuple(array[..., i] for i in range(length)), unrolled=True)

    def stack(self) -> Array:
        """The vector as one array whose last axis has length N."""
        return jnp.stack(self.parts, axis=-1) if self.unrolled else self.parts[0]

    def map(self, function: Callable[..., Array], *others: "Vector") -> "Vector":
        """Apply an elementwise function to this vector and others of the same form."""
        columns = zip(self.parts, *(other.parts for other in others), strict=True)
        return Vector(parts=tuple(function(*column) for column in columns), unrolled=self.unrolled)

    def sum(self) -> Array:
        """Sum of the entries, added in deposit order."""
        if not self.unrolled:
            return self.parts[0].sum()
        total = self.parts[0]
        for part in self.parts[1:]:
            total = total + part
        return total

    def take(self, indices: tuple[int, ...]) -> "Vector":
        """The entries at fixed positions, in the order given."""
        if self.unrolled:
            return Vector(parts=tuple(self.parts[i] for i in indices), unrolled=True)
        return Vector.split(self.parts[0][..., jnp.asarray(indices)])

    def _combine(
        self, function: Callable[[Array, Array], Array], other: "Vector | Array | float"
    ) -> "Vector":
        if isinstance(other, Vector):
            return self.map(function, other)
        return self.map(lambda part: function(part, jnp.asarray(other, part.dtype)))

    def __add__(self, other: "Vector | Array | float") -> "Vector":
        return self._combine(operator.add, other)

    def __sub__(self, other: "Vector | Array | float") -> "Vector":
        return self._combine(operator.sub, other)

    def __mul__(self, other: "Vector | Array | float") -> "Vector":
        return self._combine(operator.mul, other)

    def __truediv__(self, other: "Vector | Array | float") -> "Vector":
        return self._combine(operator.truediv, other)

    __radd__ = __add__
    __rmul__ = __mul__


def where(condition: Array, chosen: Vector, otherwise: Vector) -> Vector:
    """Entries of `chosen` where the scalar condition holds, of `otherwise` elsewhere."""
    return chosen.map(lambda a, b: jnp.where(condition, a, b), otherwise)


def positive_or(value: Array, fallback: float = 1.0) -> Array:
    """A divisor that is safe to differentiate through: `value` where positive, else `fallback`."""
    return jnp.where(value > 0, value, jnp.asarray(fallback, value.dtype))


def at_least(bound: Array | float, value: Array) -> Array:
    """The larger of two numbers, NaN where `value` is; at a tie its derivative is that of `value`.

    One instruction on a CPU, where `jnp.maximum`, which has to tell which of both is NaN, is three.
    """
    return jnp.where(value < bound, bound, value)


def at_most(bound: Array | float, value: Array) -> Array:
    """The smaller of two numbers, as `at_least` the larger."""
    return jnp.where(value > bound, bound, value)


def sqrt(value: Array) -> Array:
    """Square root of a number at or above 0, whose derivatives at 0 are 0 instead of infinite.

    By `where` on both sides of the root, and not by a rule of its own, which second derivatives
    would not see.
    """
    is_zero = value == 0
    return jnp.where(is_zero, 0, jax.lax.sqrt(jnp.where(is_zero, 1, value)))


@jax.custom_jvp
def reciprocal(value: Array) -> Array:
    """1/v, whose derivative does not square v and so is right for whatever 1/v is.

    d(1/v) = -(1/v) (1/v · dv). The square of a number below 1e-19 or above 1e19 is none of float32.
    """
    return 1 / value


@reciprocal.defjvp
def _reciprocal_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    inverse = reciprocal(*primals)
    return inverse, -inverse * (inverse * tangents[0])


@jax.custom_jvp
def quotient(numerator: Array, denominator: Array) -> Array:
    """n/d, whose derivative does not square d: d(n/d) = (dn - n/d · dd)/d."""
    return numerator / denominator


@quotient.defjvp
def _quotient_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    result = quotient(*primals)
    return result, reciprocal(primals[1]) * (tangents[0] - result * tangents[1])


@jax.custom_jvp
def shares(values: Vector, total: Array) -> Vector:
    """v_i/S, multiplied by 1/S: one division. Derivatives do not square S, as in `quotient`."""
    return values * (1 / total)


@shares.defjvp
def _shares_jvp(
    primals: tuple[Vector, Array], tangents: tuple[Vector, Array]
) -> tuple[Vector, Vector]:
    found = shares(*primals)
    return found, (tangents[0] - found * tangents[1]) * reciprocal(primals[1])


def quotients(numerators: Sequence[Array], denominators: Sequence[Array]) -> tuple[Array, ...]:
    """n_i / d_i for all i by one division, which takes a CPU as long as 16 multiplications.

    n_i Π_{j≠i} d_j / Π_j d_j: the product of all denominators must be within what a number of
    their type can be, and away from 0.
    """
    rest = products_of_others(denominators)
    inverse = reciprocal(denominators[0] * rest[0])
    pairs = zip(numerators, rest, strict=True)
    return tuple(numerator * others * inverse for numerator, others in pairs)


def products_of_others(values: Sequence[Array]) -> list[Array]:
    """Π_{j≠i} v_j for every i, of at least two values."""
    before, after = (
        list(accumulate(values, operator.mul)),
        list(accumulate(reversed(values), operator.mul)),
    )
    after.reverse()
    middle = [a * b for a, b in zip(before[:-2], after[2:], strict=True)]
    return [after[1], *middle, before[-2]]
