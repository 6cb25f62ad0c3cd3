"""Where units look wrong: what is asked before a table of observations is believed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.observed_units import Figures, suspicious_units
from calibration.sources.daily import Days
from camjax.errors import CamjaxError, refusal

BALANCE_RATIO = 1000.0
"""Between the medians of the largest venue and the next, which looks like two units."""

JUMP = 10.0
"""Times by which the total may change from a day to the next."""

MEND = "Mend the file,"
AS_IS = "or --as-is if the figures are right as they stand."


@dataclass(frozen=True)
class Venue:
    """A venue as suspicions see it."""

    name: str
    days: Days
    were_percent: bool = False
    """Whether yields were percent and have been divided."""


def check(venues: Sequence[Venue]) -> None:
    """Refuse figures that look like another unit, naming the option that settles it.

    Raises:
      CamjaxError: the first suspicion that there is.
    """
    figures = [Figures(v.name, v.days.balances, v.days.yield_rates, v.were_percent) for v in venues]
    for found in suspicious_units(figures):
        _refuse(found.where, found.expected, found.got, found.options or MEND)
    _balances_in_two_units(venues)
    _total_jumps(venues)


def _balances_in_two_units(venues: Sequence[Venue]) -> None:
    medians = {v.name: _median(v.days.balances) for v in venues}
    positive = sorted((value, name) for name, value in medians.items() if value > 0)
    if len(positive) > 1 and positive[-1][0] > BALANCE_RATIO * positive[-2][0]:
        got = f"{positive[-1][0]:.4g}, over 1,000 times the next, {positive[-2][0]:.4g}"
        _refuse(
            f"{positive[-1][1]}, balances",
            "one unit in all venues",
            got,
            "Read it from a file of its own with --unit, give its --out beside the others,",
        )


def _total_jumps(venues: Sequence[Venue]) -> None:
    total = _together(venues).sum(axis=1)
    if len(total) < 2:
        return
    ratio = np.maximum(total[1:], 1e-300) / np.maximum(total[:-1], 1e-300)
    worst = int(np.argmax(np.abs(np.log(ratio))))
    if not 1 / JUMP <= ratio[worst] <= JUMP:
        got = f"{total[worst]:.4g}, then {total[worst + 1]:.4g}"
        _refuse("balances", "a total that changes less than tenfold from day to day", got, MEND)


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


def _refuse(where: str, expected: str, got: str, remedy: str) -> None:
    raise CamjaxError(refusal(where, expected, got, f"{remedy} {AS_IS}".strip()))
