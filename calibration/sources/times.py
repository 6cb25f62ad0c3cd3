"""Times as files have them: dates, date-times with zones, Unix times, counts of days."""

import datetime
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from calibration.clock import epoch_days
from camjax.errors import CamjaxError, refusal

UNIX = ((1e17, 86_400e9), (1e14, 86_400e6), (1e11, 86_400e3), (1e8, 86_400.0))
"""Smallest number that is taken for nanoseconds, micro-, milliseconds and seconds since 1970, and
how many of them make a day. Seconds begin in 1973, which no observation of a token precedes."""

LARGEST_COUNT = 1e5
"""Of days counted from a day of the file's own: 270 years."""

_BY_HAND = re.compile(r"(\d{1,2})([./])(\d{1,2})\2(\d{4})(?:[ T](.+))?")


def read_times(cells: Sequence[Any], where: str) -> tuple[np.ndarray, bool]:
    """Days of a column of times, since 1970-01-01 UTC where they are a calendar's.

    Args:
      cells: n cells, all of one kind; times without a zone are UTC.
      where: the column, for messages.

    Returns:
      [n] days, and whether they are a calendar's; otherwise they are counts of days.

    Raises:
      CamjaxError: a cell is no time, or cells are of several kinds, or of an order of day and
        month that cannot be told.

    >>> read_times(["2024-01-01 00:00:00.000 UTC"], "time"), read_times([1704067200], "time")
    ((array([19723.]), True), (array([19723.]), True))
    """
    day_first = _day_is_first(cells, where)
    found = [_time(cell, day_first, f"{where}, row {row + 1}") for row, cell in enumerate(cells)]
    kinds = {is_calendar for _, is_calendar in found}
    if len(kinds) > 1:
        row = next(i for i, (_, kind) in enumerate(found) if kind != found[0][1])
        expected = "a date, as in the first row" if found[0][1] else "a count of days"
        raise CamjaxError(refusal(f"{where}, row {row + 1}", expected, repr(cells[row])))
    return np.array([day for day, _ in found]), kinds.pop()


def is_time(cell: Any) -> bool:
    """Whether a cell could be a time and is no plain number."""
    if isinstance(cell, datetime.date):
        return True
    if not isinstance(cell, str) or _number(cell) is not None:
        return False
    try:
        _time(cell, True, "")
    except CamjaxError:
        return False
    return True


def _time(cell: Any, day_first: bool, where: str) -> tuple[float, bool]:
    if isinstance(cell, datetime.date):
        return epoch_days(cell), True
    number = _number(cell)
    if number is not None:
        return _of_number(number, cell, where)
    text = str(cell).strip()
    if by_hand := _BY_HAND.fullmatch(text):
        one, _, other, year, rest = by_hand.groups()
        day, month = (one, other) if day_first else (other, one)
        text = f"{year}-{int(month):02}-{int(day):02}" + (f"T{rest}" if rest else "")
    try:
        moment = datetime.datetime.fromisoformat(re.sub(r"\s*UTC$", "+00:00", text))
    except ValueError:
        expected = "a date, a date-time, a Unix time or a count of days"
        raise CamjaxError(refusal(where, expected, repr(cell))) from None
    return epoch_days(moment), True


def _number(cell: Any) -> float | None:
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, int | float):
        return float(cell)
    text = str(cell).strip()
    try:
        return float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        return None


def _of_number(number: float, cell: Any, where: str) -> tuple[float, bool]:
    for smallest, a_day in UNIX:
        if number >= smallest:
            return number / a_day, True
    if 0 <= number < LARGEST_COUNT:
        return number, False
    text = str(cell).strip()
    if len(text) == 8 and text.isdecimal():
        try:
            return epoch_days(datetime.datetime.strptime(text, "%Y%m%d")), True
        except ValueError:
            pass
    expected = "a Unix time, a date, or a count of days below 100,000"
    raise CamjaxError(refusal(where, expected, repr(cell)))


def _day_is_first(cells: Sequence[Any], where: str) -> bool:
    """Whether 3/4/2024 is in April: told by the column where it can be, refused where not."""
    matches = [_BY_HAND.fullmatch(cell.strip()) for cell in cells if isinstance(cell, str)]
    slashes = [match for match in matches if match and match[2] == "/"]
    if not slashes:
        return True  # dots stand behind days
    firsts, seconds = zip(*((int(match[1]), int(match[3])) for match in slashes), strict=True)
    if max(firsts) > 12 >= max(seconds):
        return True
    if max(seconds) > 12 >= max(firsts):
        return False
    remedy = "Write dates as 2024-04-03."
    raise CamjaxError(
        refusal(where, "dates whose day and month can be told", repr(slashes[0][0]), remedy)
    )
