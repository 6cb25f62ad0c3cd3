"""Whether a run fits in the machine's memory."""

import math
import os

from camjax.errors import CamjaxError, refusal

REMEDY = "Keep fewer variables: --variable balance, or run fewer steps."


def machine_bytes() -> float:
    """Memory of the machine, unlimited where it does not tell."""
    if not hasattr(os, "sysconf"):
        return math.inf
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def check_fits(needed_bytes: int, what: str = "statistics") -> None:
    """Refuse what is larger than the memory.

    Raises:
      CamjaxError: it is.
    """
    if needed_bytes > machine_bytes():
        expected = f"what fits in {in_words(machine_bytes())} of memory"
        raise CamjaxError(refusal(what, expected, in_words(needed_bytes), REMEDY))


def in_words(size_bytes: float) -> str:
    """A size for people.

    >>> in_words(1.5 * 2**30)
    '1.5 GiB'
    """
    if size_bytes < 2**30:
        return f"{size_bytes / 2**20:.0f} MiB"
    return f"{size_bytes / 2**30:,.1f} GiB"
