"""Where units look wrong: yields in percent, amounts in a token's smallest unit."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

LARGEST_YIELD = 1.0
"""1/year; the median of yields above this, 100 % a year on most days, looks like percent."""

LARGEST_SINGLE_YIELD = 5.0
"""1/year; pools have yielded 4.2 on a single day, and 6 % written 6 is more."""

TIMES_THE_OTHERS = 20.0
"""A venue's median yield that is this many times the others' looks like percent beside shares."""

NOTABLE_YIELD = 0.5
"""1/year, below which a yield many times the others' is only a better one."""

LARGEST_TOTAL = 1e14
"""Tokens, a hundred times all stablecoins there are: a larger total looks like smallest units."""


class Figures(NamedTuple):
    """What is looked at of a venue."""

    name: str
    balances: np.ndarray
    """[n] tokens; NaN where unknown."""
    yield_rates: np.ndarray
    """[n] 1/year; NaN where unknown."""


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
    yield from _yields_in_percent(venues)
    for venue in venues:
        known = venue.yield_rates[np.isfinite(venue.yield_rates)]
        lowest, highest = known.min(initial=0), known.max(initial=0)
        if lowest < 0:
            yield Suspicion(f"{venue.name}, yields", "yields of 0 and above", f"{lowest:.4g}", "")
        if highest > LARGEST_SINGLE_YIELD:
            expected = f"yields of at most {LARGEST_SINGLE_YIELD:g} a year"
            yield Suspicion(f"{venue.name}, yields", expected, f"{highest:.4g}", "")
    total = sum(_median(venue.balances) for venue in venues if np.isfinite(venue.balances).any())
    if total > LARGEST_TOTAL:
        yield Suspicion("balances", "tokens", f"{total:.3g} in all", "--unit 1e18 (or 1e6)")


def _yields_in_percent(venues: Sequence[Figures]) -> Iterator[Suspicion]:
    known = [(v.name, m) for v in venues if np.isfinite(m := _median(v.yield_rates))]
    medians = [median for _, median in known]
    is_one_unit = max(medians, default=0.0) <= TIMES_THE_OTHERS * min(medians, default=0.0)
    if medians and is_one_unit and np.median(medians) > LARGEST_YIELD:
        got = f"a median of {max(medians):.4g}"
        yield Suspicion("yields", "yields as shares of 1 a year", got, "--percent")
        return
    for place, (name, median) in enumerate(known):
        others = medians[:place] + medians[place + 1 :]
        typical = float(np.median(others)) if others else 0.0
        apart = typical > 0 and median > TIMES_THE_OTHERS * typical and median > NOTABLE_YIELD
        if median > LARGEST_YIELD or apart:
            got = f"a median of {median:.4g} where others have {typical:.4g}"
            yield Suspicion(f"{name}, yields", "shares of 1 a year", got, f'--percent-of "{name}"')


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")
