"""Owen's scrambling of Sobol points, and the normals that they stand for."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

BITS = 32
"""Binary digits of a coordinate."""

ROUNDS = (0x3D20ADEA, 0x05526C56, 0x53A22864)
"""Even multipliers under which each bit comes to depend on those below it; found by search."""

SWAPS = ((1, 0x55555555), (2, 0x33333333), (4, 0x0F0F0F0F), (8, 0x00FF00FF), (16, 0x0000FFFF))
"""Neighbouring bits, pairs, …, halves change places."""


def scramble(points: Array, key: Array) -> Array:
    """Permute the digits of each coordinate, each digit as those before it say.

    A net stays a net: of the first 2ᵐ points one falls into every cell 2⁻ᵐ wide. A point by itself
    is exactly uniform: random bits are added to it, and all else that is done is one to one. The
    permutations come from a hash of the digits, so that no tree of them is kept.

    Args:
      points: [n, dimensions] uint32, in units of 2⁻³².
      key: of the permutations, which are others in each dimension.

    Returns:
      [n, dimensions] uint32.

    References:
      Owen (1995), Randomly permuted (t, m, s)-nets and (t, s)-sequences.
      Laine & Karras (2011), Stratified sampling for stochastic transparency.
      Burley (2020), Practical hash-based Owen scrambling.
    """
    shift, factor = jax.random.bits(key, (2, 1, points.shape[-1]), np.uint32)
    bits = reverse_bits(points)
    bits = bits ^ (bits * np.uint32(ROUNDS[0]))
    bits = (bits + shift) * (factor | np.uint32(1))
    for multiplier in ROUNDS[1:]:
        bits = bits ^ (bits * np.uint32(multiplier))
    return reverse_bits(bits)


def reverse_bits(integers: Array) -> Array:
    """The last bit first, in uint32.

    >>> reverse_bits(jnp.asarray([1, 6], jnp.uint32)).tolist() == [2**31, 3 * 2**29]
    True
    """
    for places, mask in SWAPS:
        high = (integers >> np.uint32(places)) & np.uint32(mask)
        integers = high | ((integers & np.uint32(mask)) << np.uint32(places))
    return integers


def normal_of_integer(integers: Array, dtype: np.dtype) -> Array:
    """Standard normals from integers uniform on 0…2³² − 1.

    Z = Φ⁻¹((n + 1/2) 2⁻³²)

    Each integer stands for the middle of its cell, so none is infinite, and n and 2³² − 1 − n give
    opposite normals. The upper half is computed from the lower, where float32 has digits to spare.
    """
    last = np.uint32(2**BITS - 1)
    upper = integers > last // np.uint32(2)
    tail = jnp.where(upper, last - integers, integers).astype(dtype)
    lower = jax.scipy.special.ndtri((tail + 0.5) * 2.0**-BITS)
    return jnp.where(upper, -lower, lower)
