"""Read observed.csv, long or wide, into one series for each venue of each deposit.

Long: `time,venue,deposit,balance[,yield_rate]`. Wide: `time`, one column of balances a deposit, and
where known `yield_rate_<deposit>`. Columns and rows may come in any order. A blank balance is a
missing observation, a blank yield the mechanism's own quote. The name `total_supply` stands for
the supply of the token, not for a deposit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calibration.clock import parse_time
from calibration.csv_lines import read_lines
from calibration.observed_columns import row_reader
from calibration.observed_units import Figures, suspicious_units
from camjax.errors import CamjaxError, refusal, shortened

TOTAL_SUPPLY = "total_supply"
"""Reserved name of the series that says how much of the token there is in all."""

_Samples = dict[float, tuple[int, float, float]]  # time -> line, balance, yield rate


@dataclass(frozen=True)
class VenueSeries:
    """What one venue held for one deposit.

    Attributes:
      deposit: name of the deposit.
      venue: name of the venue; the deposit's own name in a wide table.
      times_days: [n] ascending; since 1970-01-01 UTC for dates, else as counted in the file.
      balances: [n] tokens, ≥ 0; NaN where blank.
      yield_rates: [n] 1/year; NaN where blank.
      lines: n line numbers in the file.
    """

    deposit: str
    venue: str
    times_days: np.ndarray
    balances: np.ndarray
    yield_rates: np.ndarray
    lines: tuple[int, ...]

    @property
    def label(self) -> str:
        """The series as messages call it."""
        return _label(self.deposit, self.venue)


@dataclass(frozen=True)
class ObservedTable:
    """An observed.csv as read: nothing added up, aligned or filled.

    Attributes:
      source: the file, for messages.
      is_calendar: whether times are dates; otherwise they are counts of days.
      series: one for each deposit and venue, in order of appearance.
    """

    source: str
    is_calendar: bool
    series: tuple[VenueSeries, ...]

    @property
    def moments(self) -> np.ndarray:
        """All times at which something was observed, ascending, in the table's own count."""
        return np.unique(np.concatenate([series.times_days for series in self.series]))


def read_observed(path: str | Path, *, as_is: bool = False) -> ObservedTable:
    """Read a long or wide table of observed balances.

    Args:
      path: a CSV file in UTF-8.
      as_is: take figures that look like another unit as they stand.

    Returns:
      The table, its series in order of appearance and each ascending in time.

    Raises:
      CamjaxError: the file cannot be read or is no such table, where the message names the line; or
        units look wrong.
    """
    source = Path(path).name
    lines = read_lines(Path(path))
    if not lines:
        raise CamjaxError(refusal(source, "a header and rows", "an empty file"))
    (header_line, header), *rows = lines
    where = f"{source}, line {header_line} (header)"
    read_row = row_reader(header, [cells for _, cells in rows], where)
    venues: dict[tuple[str, str], _Samples] = {}
    kinds: set[bool] = set()
    for line, cells in rows:
        where = f"{source}, line {line}"
        if len(cells) != len(header):
            raise CamjaxError(refusal(where, f"{len(header)} fields", len(cells)))
        row = dict(zip(header, cells, strict=True))
        time, is_calendar = parse_time(row["time"], f"{where}, time")
        kinds.add(is_calendar)
        if len(kinds) > 1:
            remedy = "One table has either dates or counts of days."
            expected = "a count of days" if is_calendar else "a date"
            raise CamjaxError(refusal(f"{where}, time", expected, repr(row["time"]), remedy))
        for deposit, venue, balance, yield_rate in read_row(row, where):
            samples = venues.setdefault((deposit, venue), {})
            if time in samples:
                expected = f"one row for {_label(deposit, venue)} at {shortened(row['time'])}"
                got = f"a second one after line {samples[time][0]}"
                raise CamjaxError(refusal(where, expected, got))
            samples[time] = (line, balance, yield_rate)
    if not kinds:
        raise CamjaxError(refusal(source, "rows below the header", "none"))
    series = tuple(_venue_series(*key, samples) for key, samples in venues.items())
    if not as_is:
        _check_units(source, series)
    return ObservedTable(source=source, is_calendar=kinds.pop(), series=series)


def _label(deposit: str, venue: str) -> str:
    """A series as messages call it."""
    shown = shortened(deposit)
    return shown if venue == deposit else f"{shortened(venue)} ({shown})"


def _check_units(source: str, series: Sequence[VenueSeries]) -> None:
    """Refuse balances and yields that look like another unit than tokens and shares a year."""
    figures = [Figures(shortened(each.venue), each.balances, each.yield_rates) for each in series]
    for found in suspicious_units(figures):
        mend = f"Read it by `camjax observe` with {found.options}" if found.options else "Mend it"
        remedy = f"{mend}, or add --as-is if the figures are right as they stand."
        where = f"{source}, {found.where}"
        raise CamjaxError(refusal(where, found.expected, found.got, remedy))


def _venue_series(deposit: str, venue: str, samples: _Samples) -> VenueSeries:
    """Put the samples of one venue in order of time."""
    times = sorted(samples)
    lines, balances, yield_rates = zip(*(samples[time] for time in times), strict=True)
    return VenueSeries(
        deposit=deposit,
        venue=venue,
        times_days=np.array(times),
        balances=np.array(balances),
        yield_rates=np.array(yield_rates),
        lines=lines,
    )
