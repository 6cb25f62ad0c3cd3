"""Where units look wrong: yields in percent, amounts in a token's smallest unit."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from camjax.yield_units import doubts

LARGEST_TOTAL = 1e14
"""Tokens, a hundred times all stablecoins there are: a larger total looks like smallest units."""


class Figures(NamedTuple):
    """What is looked at of a venue."""

    name: str
    balances: np.ndarray
    """[n] tokens; NaN where unknown."""
    yield_rates: np.ndarray
    """[n] 1/year; NaN where unknown."""
    were_percent: bool = False
    """Whether yields were percent and have been divided."""


class Suspicion(NamedTuple):
    """Figures that look like another unit."""

    where: str
    expected: str
    got: str
    options: str
    """Those of `camjax observe` that settle it; empty where only the file can be mended."""


def suspicious_units(venues: Sequence[Figures]) -> Iterator[Suspicion]:
    """What looks like another unit than tokens and shares of 1 a year.

    >>> [found.options for found in suspicious_units([Figures("a", np.ones(1), np.full(1, 3.2))])]
    ['--percent']
    """
    for found in doubts([venue.yield_rates for venue in venues], lowest=0.0):
        whose = [venues[place] for place in found.places]
        where = ", ".join((*(venue.name for venue in whose), "yields"))
        option = "".join(f'--percent-of "{venue.name}"' for venue in whose) or "--percent"
        can_help = found.is_percent and not any(venue.were_percent for venue in whose or venues)
        yield Suspicion(where, found.expected, found.got, option if can_help else "")
    total = sum(_median(venue.balances) for venue in venues if np.isfinite(venue.balances).any())
    if total > LARGEST_TOTAL:
        yield Suspicion("balances", "tokens", f"{total:.3g} in all", "--unit 1e18 (or 1e6)")


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")
