"""Whether what is asked for fits in the machine's memory, told before it is built."""

import math
import os
from typing import Any

from camjax.errors import CamjaxError, refusal


def machine_bytes() -> float:
    """Memory of the machine, unlimited where it does not tell."""
    if not hasattr(os, "sysconf"):
        return math.inf
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def check_fits(needed_bytes: float, what: str, remedy: str) -> None:
    """Refuse what is larger than the memory.

    Args:
      needed_bytes: what it takes at least.
      what: it is, as a message calls it.
      remedy: what helps.

    Raises:
      CamjaxError: it is.
    """
    if needed_bytes > machine_bytes():
        expected = f"what fits in {in_words(machine_bytes())} of memory"
        raise CamjaxError(refusal(what, expected, in_words(needed_bytes), remedy))


def bytes_of(shapes: Any) -> int:
    """Size of all arrays of a tree, or of what `jax.eval_shape` says of them."""
    import jax

    leaves = jax.tree.leaves(shapes)
    return sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in leaves)


def in_words(size_bytes: float) -> str:
    """A size for people.

    >>> in_words(1.5 * 2**30)
    '1.5 GiB'
    """
    if size_bytes < 2**30:
        return f"{size_bytes / 2**20:.0f} MiB"
    return f"{size_bytes / 2**30:,.1f} GiB"
