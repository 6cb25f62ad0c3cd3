"""Times as people write them (dates or counts of days) and as the model counts them (days)."""

import contextlib
import datetime
import math
from dataclasses import dataclass

import numpy as np

from camjax.errors import CamjaxError, refusal
from camjax.numerals import read_numeral

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_ONE_DAY = datetime.timedelta(days=1)
_TOO_MANY_DAYS = 1_000_000
"""Counts beyond this (2 700 years) are compact dates or Unix times that were read as days, dates
beyond the year 4707 mistakes."""


def parse_time(text: str, where: str) -> tuple[float, bool]:
    """Read an ISO-8601 date or date-time, or a count of days.

    A date-time without an offset is taken as UTC; a date is its midnight.

    Args:
      text: such as "2022-01-30", "2022-01-30T12:00+02:00" or "17".
      where: how to call the cell in an error message.

    Returns:
      Days, and whether they are a calendar's: then since 1970-01-01 UTC, else as counted.

    Raises:
      CamjaxError: neither a date nor a plausible count.

    >>> parse_time("1970-01-02T12:00", "here"), parse_time("17", "here")
    ((1.5, True), (17.0, False))
    """
    days = read_numeral(text)
    is_calendar = math.isnan(days)
    if is_calendar:
        with contextlib.suppress(ValueError):
            days = epoch_days(datetime.datetime.fromisoformat(text))
    if not abs(days) < _TOO_MANY_DAYS:
        expected = "an ISO-8601 date or a count of days"
        remedy = "Write dates with hyphens, as 2022-01-30."
        raise CamjaxError(refusal(where, expected, repr(text), remedy))
    return days, is_calendar


def epoch_days(date: datetime.date) -> float:
    """Days from 1970-01-01 UTC to a date (its midnight) or a date-time (UTC unless it says)."""
    moment = (
        date
        if isinstance(date, datetime.datetime)
        else datetime.datetime.combine(date, datetime.time())
    )
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return (moment - _EPOCH) / _ONE_DAY


@dataclass(frozen=True)
class Clock:
    """Where day 0 lies.

    Attributes:
      start: the moment of day 0; None if times are counts of days without a date.
    """

    start: datetime.datetime | None = None

    @classmethod
    def at(cls, days: float) -> "Clock":
        """The clock whose day 0 is so many days after 1970-01-01 UTC."""
        return cls(start=_EPOCH + days * _ONE_DAY)

    def name(self, day: float) -> str:
        """A day as messages call it.

        >>> Clock().name(3.0), Clock.at(0.0).name(3.0), Clock.at(0.5).name(3.0)
        ('day 3', '1970-01-04 (day 3)', '1970-01-04T12:00 (day 3)')
        """
        count = f"day {round(day, 6):g}"
        if self.start is None:
            return count
        moment = self.start + datetime.timedelta(seconds=round(day * 86400))
        at_midnight = moment.time() == datetime.time()
        return (
            f"{moment.date().isoformat() if at_midnight else f'{moment:%Y-%m-%dT%H:%M}'} ({count})"
        )

    def stamp(self, day: float) -> str:
        """A day as a table's `time` column has it: a date, a date-time or a count of days.

        >>> Clock().stamp(3.0), Clock.at(0.0).stamp(3.0), Clock.at(0.5).stamp(3.0)
        ('3', '1970-01-04', '1970-01-04T12:00:00+00:00')
        """
        if self.start is None:
            return f"{round(day, 6):.10g}"
        moment = self.start + datetime.timedelta(seconds=round(day * 86400))
        at_midnight = moment.time() == datetime.time()
        return moment.date().isoformat() if at_midnight else moment.isoformat()

    def dates(self, days: np.ndarray) -> np.ndarray | None:
        """Days as NumPy date-times; None where there is no calendar."""
        if self.start is None:
            return None
        start = np.datetime64(self.start.replace(tzinfo=None), "ns")
        return start + np.rint(days * 86_400e9).astype("timedelta64[ns]")
