"""Where units look wrong: what is asked before a table of observations is believed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.sources.daily import Days
from camjax.errors import CamjaxError, refusal

LARGEST_YIELD = 5.0
"""1/year; the median of yields above this, 500 % a year, looks like percent."""

TIMES_THE_OTHERS = 20.0
"""A venue's median yield that is this many times the others' looks like percent beside shares."""

NOTABLE_YIELD = 0.5
"""1/year, below which a yield many times the others' is only a better one."""

BALANCE_RATIO = 1000.0
"""Between the medians of the largest venue and the next, which looks like two units."""

LARGEST_TOTAL = 1e14
"""Tokens, a hundred times all stablecoins there are: a larger total looks like smallest units."""

JUMP = 10.0
"""Times by which the total may change from a day to the next."""

AS_IS = "or --as-is if the figures are right as they stand."


@dataclass(frozen=True)
class Venue:
    """A venue as suspicions see it."""

    name: str
    days: Days


def check(venues: Sequence[Venue]) -> None:
    """Refuse figures that look like another unit, naming the option that settles it.

    Raises:
      CamjaxError: the first suspicion that there is.
    """
    for suspicion in SUSPICIONS:
        suspicion(venues)


def _yields_in_percent(venues: Sequence[Venue]) -> None:
    medians = {v.name: m for v in venues if np.isfinite(m := _median(v.days.yield_rates))}
    if not medians:
        return
    if np.median(list(medians.values())) > LARGEST_YIELD:
        _refuse("yields", "yields as shares of 1 a year", max(medians.values()), "--percent")
    for name, median in medians.items():
        others = [value for other, value in medians.items() if other != name]
        typical = float(np.median(others)) if others else 0.0
        apart = typical > 0 and median > TIMES_THE_OTHERS * typical and median > NOTABLE_YIELD
        if median > LARGEST_YIELD or apart:
            got = f"a median of {median:.4g} where others have {typical:.4g}" if others else median
            _refuse(f"{name}, yields", "shares of 1 a year", got, f'--percent-of "{name}"')


def _negative_yields(venues: Sequence[Venue]) -> None:
    for venue in venues:
        lowest = np.nanmin(venue.days.yield_rates, initial=np.inf)
        if lowest < 0:
            got = f"{lowest:.4g}"
            _refuse(f"{venue.name}, yields", "yields of 0 and above", got, "Mend the file,")


def _balances_in_smallest_units(venues: Sequence[Venue]) -> None:
    medians = {v.name: _median(v.days.balances) for v in venues}
    if sum(medians.values()) > LARGEST_TOTAL:
        got = f"{sum(medians.values()):.3g} in all"
        _refuse("balances", "tokens", got, "--unit 1e18 (or 1e6) where they are smallest units,")
    positive = sorted((value, name) for name, value in medians.items() if value > 0)
    if len(positive) > 1 and positive[-1][0] > BALANCE_RATIO * positive[-2][0]:
        got = f"{positive[-1][0]:.4g}, over 1,000 times the next, {positive[-2][0]:.4g}"
        _refuse(
            f"{positive[-1][1]}, balances",
            "one unit in all venues",
            got,
            "Read that file alone with --unit, give its --out beside the others,",
        )


def _total_jumps(venues: Sequence[Venue]) -> None:
    total = _together(venues).sum(axis=1)
    if len(total) < 2:
        return
    ratio = np.maximum(total[1:], 1e-300) / np.maximum(total[:-1], 1e-300)
    worst = int(np.argmax(np.abs(np.log(ratio))))
    if not 1 / JUMP <= ratio[worst] <= JUMP:
        got = f"{total[worst]:.4g}, then {total[worst + 1]:.4g}"
        _refuse("balances", "a total that changes less than tenfold from day to day", got, "")


SUSPICIONS: tuple[Callable[[Sequence[Venue]], None], ...] = (
    _yields_in_percent,
    _negative_yields,
    _balances_in_smallest_units,
    _total_jumps,
)


def _together(venues: Sequence[Venue]) -> np.ndarray:
    """Balances [T, V] on the days on which all venues were observed."""
    days = venues[0].days.days
    for venue in venues[1:]:
        days = np.intersect1d(days, venue.days.days)
    columns = [v.days.balances[np.searchsorted(v.days.days, days)] for v in venues]
    return np.stack(columns, axis=1)


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _refuse(where: str, expected: str, got: object, remedy: str) -> None:
    got = f"{got:.4g}" if isinstance(got, float) else got
    raise CamjaxError(refusal(where, expected, got, f"{remedy} {AS_IS}".strip()))
