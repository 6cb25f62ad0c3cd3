"""Prices and other drivers from a file, read off at the days on which balances were observed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from calibration.clock import Clock, epoch_days, parse_time
from calibration.csv_lines import read_lines, read_number
from calibration.missing_days import MissingDays
from camjax.errors import CamjaxError, refusal

TIME_COLUMNS = ("time", "step")


class Domain(Protocol):
    """What a column may hold; as text, how messages call it."""

    def contains(self, values: np.ndarray) -> np.ndarray:
        """Whether each value is allowed."""


@dataclass(frozen=True, eq=False)
class DriverTable:
    """A file of driver series as read: nothing aligned or filled.

    Attributes:
      source: the file, for messages.
      is_calendar: whether times are dates; otherwise they are counts of days.
      times_days: [n] ascending; since 1970-01-01 UTC for dates, else since day 0.
      columns: [n] by name; NaN where blank.
      unused: columns of the file that are no drivers of the scenario.
    """

    source: str
    is_calendar: bool
    times_days: np.ndarray
    columns: dict[str, np.ndarray]
    unused: tuple[str, ...]

    def at(self, days: np.ndarray, clock: Clock, missing: MissingDays) -> dict[str, np.ndarray]:
        """Every column at some days.

        Args:
          days: [G] ascending, since day 0 of the clock.
          clock: where day 0 lies.
          missing: what to do about days without a value.

        Returns:
          [G] by column.

        Raises:
          CamjaxError: a gap that the policy does not reach, or dates beside counts of days.
        """
        if self.is_calendar and clock.start is None:
            remedy = "Give the scenario a start_date, or both files the same kind of times."
            expected = "counts of days, as the observations have them"
            raise CamjaxError(refusal(f"{self.source}, time", expected, "dates", remedy))
        offset = epoch_days(clock.start) if self.is_calendar and clock.start is not None else 0.0
        return {
            name: self._place(name, values, days, offset, clock, missing)
            for name, values in self.columns.items()
        }

    def _place(
        self,
        name: str,
        values: np.ndarray,
        days: np.ndarray,
        offset: float,
        clock: Clock,
        missing: MissingDays,
    ) -> np.ndarray:
        known = ~np.isnan(values)
        placed = missing.place(self.times_days[known] - offset, days).of(values[known])
        gaps = np.flatnonzero(np.isnan(placed))
        if len(gaps):
            where = f"{self.source}, {clock.name(days[gaps[0]])}"
            more = f" (nor on {len(gaps) - 1} later days)" if len(gaps) > 1 else ""
            remedy = (
                "Drivers are needed from day 0, the scenario's start, to the last observation; "
                "for days between, carry values forward or interpolate."
            )
            raise CamjaxError(refusal(where, f"a value of {name}", f"none{more}", remedy))
        return placed


def read_driver_table(path: str | Path, known: Mapping[str, Domain], dt_days: float) -> DriverTable:
    """Read the drivers among the columns of a CSV file.

    Rows are placed by a column `time` (dates or counts of days), else by a column `step`, else
    they are the steps 0, 1, 2, …

    Args:
      path: a CSV file in UTF-8.
      known: what each driver column may hold, by name; other columns are left out.
      dt_days: Δt, what steps are apart.

    Raises:
      CamjaxError: the file cannot be read, has a column or a time twice, holds no driver, or a
        cell that is no number or none a driver may take; the message names the line.
    """
    source = Path(path).name
    lines = read_lines(Path(path))
    if len(lines) < 2:
        raise CamjaxError(refusal(source, "a header and rows", f"{len(lines)} lines"))
    (header_line, header), *rows = lines
    drivers = [name for name in header if name in known]
    if len(set(header)) < len(header) or not drivers:
        where = f"{source}, line {header_line} (header)"
        expected = f"columns with different names, at least one of {', '.join(known)}"
        raise CamjaxError(refusal(where, expected, ",".join(header)))
    placed: dict[float, tuple[int, list[float]]] = {}
    kinds = set()
    for row, (line, cells) in enumerate(rows):
        where = f"{source}, line {line}"
        if len(cells) != len(header):
            raise CamjaxError(refusal(where, f"{len(header)} fields", len(cells)))
        named = dict(zip(header, cells, strict=True))
        time, is_calendar = _time(named, row, dt_days, where)
        kinds.add(is_calendar)
        if time in placed or len(kinds) > 1:
            got = f"the time of line {placed[time][0]}" if time in placed else "dates and counts"
            expected = "a time of its own, dates throughout or counts of days throughout"
            raise CamjaxError(refusal(where, expected, got))
        placed[time] = line, list(_values(named, drivers, known, where))
    times = sorted(placed)
    values = np.array([placed[time][1] for time in times])
    return DriverTable(
        source=source,
        is_calendar=kinds.pop(),
        times_days=np.array(times),
        columns={name: values[:, i] for i, name in enumerate(drivers)},
        unused=tuple(name for name in header if name not in (*known, *TIME_COLUMNS)),
    )


def _time(row: Mapping[str, str], number: int, dt_days: float, where: str) -> tuple[float, bool]:
    """When a row holds, in days, and whether they are a calendar's."""
    if "time" in row:
        return parse_time(row["time"], f"{where}, time")
    if "step" not in row:
        return number * dt_days, False
    step = read_number(row["step"], f"{where}, step")
    if np.isnan(step):
        raise CamjaxError(refusal(f"{where}, step", "a number of steps", "a blank"))
    return step * dt_days, False


def _values(
    row: Mapping[str, str], drivers: list[str], known: Mapping[str, Domain], where: str
) -> Iterator[float]:
    """The drivers of a row, NaN where blank."""
    for name in drivers:
        value = read_number(row[name], f"{where}, {name}")
        if not np.isnan(value) and not known[name].contains(np.array([value])).all():
            raise CamjaxError(refusal(f"{where}, {name}", str(known[name]), row[name]))
        yield value
