"""Observations by the day, as read from files of any kind: a table, and an account of it."""

import csv
import dataclasses
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from calibration.clock import Clock

if TYPE_CHECKING:
    import pandas

COLUMNS = ("time", "venue", "deposit", "balance", "yield_rate")


@dataclasses.dataclass(frozen=True)
class ObservedVenue:
    """One venue of an `Observed`, and what was done to its rows.

    Attributes:
      source: the file.
      venue: its name there.
      deposit: the deposit it belongs to.
      rows: read, with a balance.
      merged: rows put together with others of their day.
      days: [n] whole days on which it was observed, ascending.
      balances: [n] tokens.
      yield_rates: [n] 1/year; NaN where unknown.
    """

    source: str
    venue: str
    deposit: str
    rows: int
    merged: int
    days: np.ndarray
    balances: np.ndarray
    yield_rates: np.ndarray

    @property
    def spacing_days(self) -> int:
        """The usual distance of observations, the median one."""
        return max(1, round(float(np.median(np.diff(self.days))))) if len(self.days) > 1 else 1

    @property
    def gaps(self) -> int:
        """Observations missing between the first and the last at the usual distance."""
        due = round(float(self.days[-1] - self.days[0]) / self.spacing_days) + 1
        return max(0, due - len(self.days))


@dataclasses.dataclass(frozen=True)
class Observed:
    """Observations of venues by the day, as read from files of any kind.

    Attributes:
      venues: in order of appearance.
      is_calendar: whether days are dates; otherwise they are counts.
      absent: what days mean on which a venue was not yet or no longer there: "zero" or "closed".
      notes: what was guessed or done, in sentences.
    """

    venues: tuple[ObservedVenue, ...]
    is_calendar: bool
    absent: str | None
    notes: tuple[str, ...]

    @property
    def days(self) -> np.ndarray:
        """[T] days on which anything was observed, ascending."""
        return np.unique(np.concatenate([venue.days for venue in self.venues]))

    @property
    def clock(self) -> Clock:
        """How days are written."""
        return Clock.at(0.0) if self.is_calendar else Clock()

    def rows(self) -> list[tuple[str, str, str, float, float]]:
        """The rows of observed.csv: time, venue, deposit, balance, yield rate, by day.

        A venue that is not yet or no longer there holds 0.
        """
        found: list[tuple[float, str, str, float, float]] = []
        for venue in self.venues:
            known = dict(zip(venue.days.tolist(), range(len(venue.days)), strict=True))
            for day in self.days.tolist():
                if day in known:
                    at = known[day]
                    values = float(venue.balances[at]), float(venue.yield_rates[at])
                elif self.absent and not venue.days[0] <= day <= venue.days[-1]:
                    values = 0.0, float("nan")
                else:
                    continue
                found.append((day, venue.venue, venue.deposit, *values))
        found.sort(key=lambda row: row[0])
        return [(self.clock.stamp(row[0]), *row[1:]) for row in found]

    def to_csv(self) -> str:
        """The text of observed.csv, which every command reads."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        has_yields = any(np.isfinite(venue.yield_rates).any() for venue in self.venues)
        width = len(COLUMNS) if has_yields else len(COLUMNS) - 1
        writer.writerow(COLUMNS[:width])
        for row in self.rows():
            writer.writerow([_cell(value) for value in row[:width]])
        return text.getvalue()

    def to_frame(self) -> "pandas.DataFrame":
        """The rows of observed.csv as a data frame."""
        import pandas

        return pandas.DataFrame(self.rows(), columns=list(COLUMNS))

    def to_dict(self) -> dict[str, Any]:
        """What was read of every venue, and what was done, for machines."""
        return {
            "venues": [_account(venue, self.clock) for venue in self.venues],
            "days": len(self.days),
            "first": self.clock.stamp(float(self.days[0])),
            "last": self.clock.stamp(float(self.days[-1])),
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        first, last = (self.clock.stamp(float(day)) for day in self.days[[0, -1]])
        names = ", ".join(venue.venue for venue in self.venues)
        return f"Observed({len(self.days)} days, {first} to {last}: {names})"


def _cell(value: str | float) -> str:
    """Text, or a number in all digits that mean something; a blank for NaN."""
    if isinstance(value, str):
        return value
    return "" if np.isnan(value) else f"{value:.15g}"


def _account(venue: ObservedVenue, clock: Clock) -> dict[str, Any]:
    known = venue.yield_rates[np.isfinite(venue.yield_rates)]
    return {
        "file": venue.source,
        "venue": venue.venue,
        "deposit": venue.deposit,
        "rows": venue.rows,
        "merged": venue.merged,
        "days": len(venue.days),
        "spacing_days": venue.spacing_days,
        "gaps": venue.gaps,
        "first": clock.stamp(float(venue.days[0])),
        "last": clock.stamp(float(venue.days[-1])),
        "smallest_balance": float(venue.balances.min()),
        "largest_balance": float(venue.balances.max()),
        "smallest_yield": float(known.min()) if len(known) else None,
        "largest_yield": float(known.max()) if len(known) else None,
    }
