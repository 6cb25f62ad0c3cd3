"""Counting on the device: many histograms at once."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike, NDArray

from camjax.errors import CamjaxError, refusal

MOST_BINS = 2**31 - 1
"""Bins of all histograms of a variable together, numbered by 32 bits."""


def count_rows(places: Array, valid: Array, width: int) -> Array:
    """How often each bin is met, in one histogram a row.

    Args:
      places: [..., L] bins, 0 to width - 1.
      valid: [..., L] False for what is not to be counted.
      width: bins of a histogram.

    Returns:
      [..., width] of the shortest unsigned type that can count all places.

    Raises:
      CamjaxError: all rows together have more bins than 32 bits can number.
    """
    # Rows follow each other in one flat histogram, and what is not valid falls into a last bin.
    rows = int(np.prod(places.shape[:-1]))
    if rows * width >= MOST_BINS:
        expected = f"at most {(MOST_BINS - 1) // width} numbers of a step in {width} bins"
        remedy = "Ask for fewer variables, or for fewer bins."
        raise CamjaxError(refusal("statistics", expected, str(rows), remedy))
    start = (jnp.arange(rows, dtype=jnp.int32) * width).reshape((*places.shape[:-1], 1))
    flat = jnp.where(valid, places + start, rows * width).reshape(-1)

    number = rows * width + 1
    counts = jax.lax.platform_dependent(
        flat,
        cpu=partial(count_one_by_one, number=number),
        default=partial(count_together, number=number),
    )
    return counts[:-1].reshape((*places.shape[:-1], width))


def count_one_by_one(places: Array, number: int) -> Array:
    """[number] how often each place is met, as a core is fast.

    A scatter would keep the scan around it from being one function.

    Args:
      places: [n], 0 to number - 1.
      number: of places.
    """

    def count(at: Array, counts: Array) -> Array:
        place = (places[at],)
        met = jax.lax.dynamic_slice(counts, place, (1,)) + 1
        return jax.lax.dynamic_update_slice(counts, met, place)

    nothing = jnp.zeros(number, np.min_scalar_type(places.size))
    return jax.lax.fori_loop(0, places.size, count, nothing)


def count_together(places: Array, number: int) -> Array:
    """The same where many threads add to 32 bits at once."""
    counts = jnp.zeros(number, np.uint32).at[places].add(np.uint32(1))
    return counts.astype(np.min_scalar_type(places.size))


def merged_counts(earlier: ArrayLike, later: ArrayLike) -> NDArray:
    """Sum of two sets of counts, in a type that holds as many paths as an ensemble can have."""
    return np.add(earlier, later, dtype=np.uint32)
