"""Counting on the device: many histograms at once."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike, NDArray

from camjax.errors import CamjaxError, refusal

MOST_BINS = 2**31 - 1
"""Bins of all histograms of a variable together, numbered by 32 bits."""


def count_rows(places: Array, valid: Array, width: int, variable: str) -> Array:
    """How often each bin is met, in one histogram a row.

    Args:
      places: [..., L] bins, 0 to width - 1.
      valid: [..., L] False for what is not to be counted.
      width: bins of a histogram.
      variable: what is counted, for the message.

    Returns:
      [..., width] of the shortest unsigned type that can count all places.

    Raises:
      CamjaxError: all rows together have more bins than 32 bits can number.
    """
    # Rows follow each other in one flat histogram, and what is not valid falls into a last bin.
    rows = int(np.prod(places.shape[:-1]))
    if rows * width >= MOST_BINS:
        got = f"{rows} steps and deposits of {variable}"
        expected = f"at most {(MOST_BINS - 1) // width} in {width} bins"
        raise CamjaxError(refusal("statistics", expected, got, "Leave this variable out."))
    start = (jnp.arange(rows, dtype=jnp.int32) * width).reshape((*places.shape[:-1], 1))
    flat = jnp.where(valid, places + start, rows * width).reshape(-1)

    # One by one, and not by a scatter, which would keep the scan around it from being one function.
    def count(number: Array, counts: Array) -> Array:
        at = (flat[number],)
        met = jax.lax.dynamic_slice(counts, at, (1,)) + 1
        return jax.lax.dynamic_update_slice(counts, met, at)

    nothing = jnp.zeros(rows * width + 1, np.min_scalar_type(flat.size))
    counts = jax.lax.fori_loop(0, flat.size, count, nothing)
    return counts[:-1].reshape((*places.shape[:-1], width))


def merged_counts(earlier: ArrayLike, later: ArrayLike) -> NDArray:
    """Sum of two sets of counts, in a type that holds as many paths as an ensemble can have."""
    return np.add(earlier, later, dtype=np.uint32)
