"""Standard normals, two from every two words of noise, where and as fast as they are used."""

import math
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from numpy.polynomial import Chebyshev, Polynomial
from numpy.typing import NDArray

from camjax._fusion import computed_before
from camjax.vector import at_least

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
"""Bits by which Threefry-2x32 rotates, in two groups of four rounds that take turns."""

PARITY = np.uint32(0x1BD11BDA)
"""What the third word of the key schedule is made with."""

Words = tuple[Array, Array]
"""Two words of 32 bits: a key's, or those of noise that a key and a number give."""


def _interpolated(
    function: Callable[[NDArray], NDArray], degree: int, domain: tuple[float, float]
) -> NDArray:
    """Coefficients of the polynomial that meets a function at Chebyshev points of its domain."""
    return Chebyshev.interpolate(function, degree, domain=domain).convert(kind=Polynomial).coef


def _turn(x: NDArray) -> NDArray:
    """|u| from 8u² - 1, in which rounding costs a polynomial least."""
    return np.sqrt((x + 1) / 8)


ROOT_HALF = np.float32(math.sqrt(0.5))
"""Least mantissa of a logarithm: around 1, where a logarithm is small, there is no exponent."""

LOGARITHM = _interpolated(lambda t: np.log1p(t) / t, 9, (math.sqrt(0.5) - 1, math.sqrt(2) - 1))
"""ln(1 + t)/t for √½ ≤ 1 + t < √2, within 1e-8, lowest power first."""

COSINE = _interpolated(lambda x: np.cos(2 * np.pi * _turn(x)), 6, (-1, 1))
"""cos 2πu for |u| ≤ 1/2, within 2e-8, as a polynomial in 8u² - 1, lowest power first."""

SINE = _interpolated(lambda x: np.sin(2 * np.pi * _turn(x)) / _turn(x), 6, (-1, 1))
"""(sin 2πu)/u for |u| ≤ 1/2, within 1e-8, likewise."""


def can_draw(key: Array, dtype: np.dtype) -> bool:
    """Whether pairs of float32 normals can be drawn from a key: a Threefry key."""
    return dtype == np.float32 and str(jax.random.key_impl(key)) == "threefry2x32"


def words_of(key: Array) -> Words:
    """The words [...] of Threefry keys [...], each contiguous, as loops read them fastest."""
    words = jax.random.key_data(key)
    first, second = (computed_before(words[..., place]) for place in range(2))
    return first, second


def normal_pair(key: Words, number: Array) -> Array:
    """Two independent float32 standard normals, as the parts of a complex number.

    √(-2 ln U) exp(2πi V),  U = (a + ½) 2⁻³², V = b 2⁻³² in [-½, ½), from the words a and b that
    Threefry-2x32 in twenty rounds makes of the key and the counter (0, number). Parts are within
    5e-7 of their exact values where they are of order 1, and none is beyond 6.77.

    Args:
      key: words [...].
      number: [...] or [], of the pair.

    References:
      Box & Muller (1958). Salmon, Moraes, Dror & Shaw (2011), Parallel random numbers.
    """
    a, b = _threefry(key, number)
    uniform = (a.astype(np.float32) + np.float32(0.5)) * np.float32(2**-32)
    turn = lax.bitcast_convert_type(b, np.int32).astype(np.float32) * np.float32(2**-32)
    radius = lax.sqrt(at_least(0, -2 * _logarithm(uniform)))
    square = turn * turn * 8 - 1
    return lax.complex(
        radius * _polynomial(COSINE, square), radius * (_polynomial(SINE, square) * turn)
    )


def normal_of_row(key: Words, row: Array, pair: Array) -> tuple[Array, Array]:
    """The normal [...] that a row consumes, and the pair that it comes from.

    Rows 2j and 2j + 1 share pair j: the second reads what the first drew. Within a scan that costs
    less than to lay all rows out and to read them again. A device other than a CPU draws a pair
    for each row, since there a choice costs more than a draw.

    Args:
      key: words [...].
      row: [] from 0.
      pair: complex [...], that of the row before; of row 0, anything.
    """
    pair = lax.platform_dependent(key, row, pair, cpu=drawn_if_due, default=drawn_again)
    return jnp.where(row % 2 == 0, pair.real, pair.imag), pair


def drawn_again(key: Words, row: Array, pair: Array) -> Array:
    """The pair of a row, drawn for both of its rows; what was kept is not looked at."""
    del pair
    return normal_pair(key, (row // 2).astype(np.uint32))


def drawn_if_due(key: Words, row: Array, pair: Array) -> Array:
    """The same pair, drawn for the first of its rows and kept for the second."""
    return lax.cond(row % 2 == 0, drawn_again, lambda key, row, pair: pair, key, row, pair)


@partial(jax.jit, static_argnames=("num_rows", "dtype"))  # operation by operation rounds otherwise
def standard_normals(key: Array, num_rows: int, dtype: np.dtype) -> Array:
    """Independent standard normals of all rows.

    In float32 from Threefry keys they are those of `normal_of_row`, a sixth of the time of
    `jax.random.normal`; elsewhere they are that.

    Args:
      key: [...] random keys.
      num_rows: T+1.
      dtype: float32 or float64.

    Returns:
      [T+1, ...].
    """
    if not can_draw(key, dtype):
        return _rows_first(partial(jax.random.normal, shape=(num_rows,), dtype=dtype), key)
    numbers = jnp.arange((num_rows + 1) // 2, dtype=np.uint32).reshape(-1, *[1] * key.ndim)
    first, second = words_of(key)
    pairs = normal_pair((first[None], second[None]), numbers)
    rows = jnp.stack([pairs.real, pairs.imag], axis=1)
    return rows.reshape(-1, *key.shape)[:num_rows]


def _rows_first(draw: Callable[[Array], Array], key: Array) -> Array:
    """[T+1, ...] from keys [...], each of which draws [T+1]."""
    return jax.vmap(partial(_rows_first, draw), out_axes=-1)(key) if key.ndim else draw(key)


def _threefry(key: Words, counter: Array) -> Words:
    """Two words of noise for every counter (0, c), by Threefry-2x32 in twenty rounds."""
    schedule = (*key, key[0] ^ key[1] ^ PARITY)
    x, y = schedule[0], counter + schedule[1]
    for group in range(5):
        for bits in ROTATIONS[group % 2]:
            x = x + y
            y = ((y << np.uint32(bits)) | (y >> np.uint32(32 - bits))) ^ x
        x = x + schedule[(group + 1) % 3]
        y = y + schedule[(group + 2) % 3] + np.uint32(group + 1)
    return x, y


def _logarithm(x: Array) -> Array:
    """float32 ln x of normal numbers, within 2e-7 of its value: x = m 2ᵉ, √½ ≤ m < √2."""
    least = int(ROOT_HALF.view(np.int32))
    bits = lax.bitcast_convert_type(x, np.int32) - least
    rest = lax.bitcast_convert_type((bits & 0x7FFFFF) + least, np.float32) - 1
    exponent = (bits >> 23).astype(np.float32)
    return exponent * np.float32(math.log(2)) + rest * _polynomial(LOGARITHM, rest)


def _polynomial(coefficients: NDArray, x: Array) -> Array:
    """By Horner's rule, in float32."""
    value = jnp.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value = value * x + np.float32(coefficient)
    return value
