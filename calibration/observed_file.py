"""Read observed.csv, long or wide, into one series for each venue of each deposit.

Long: `time,venue,deposit,balance[,yield_rate]`. Wide: `time`, one column of balances a deposit, and
where known `yield_rate_<deposit>`. Columns and rows may come in any order. A blank balance is a
missing observation, a blank yield the mechanism's own quote. The name `total_supply` stands for
the supply of the token, not for a deposit.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calibration.clock import parse_time
from calibration.csv_lines import read_lines, read_number
from camjax.errors import CamjaxError, refusal, shortened

TOTAL_SUPPLY = "total_supply"
"""Reserved name of the series that says how much of the token there is in all."""

_LONG_COLUMNS = ("time", "venue", "deposit", "balance")
_YIELD_RATE = "yield_rate"

_Row = dict[str, str]
_Entry = tuple[str, str, float, float]  # deposit, venue, balance, yield rate
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


def read_observed(path: str | Path) -> ObservedTable:
    """Read a long or wide table of observed balances.

    Args:
      path: a CSV file in UTF-8.

    Returns:
      The table, its series in order of appearance and each ascending in time.

    Raises:
      CamjaxError: the file cannot be read or is no such table; the message names the line.
    """
    source = Path(path).name
    lines = read_lines(Path(path))
    if not lines:
        raise CamjaxError(refusal(source, "a header and rows", "an empty file"))
    (header_line, header), *rows = lines
    read_row = _row_reader(header, f"{source}, line {header_line} (header)")
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
    return ObservedTable(source=source, is_calendar=kinds.pop(), series=series)


def _label(deposit: str, venue: str) -> str:
    """A series as messages call it."""
    shown = shortened(deposit)
    return shown if venue == deposit else f"{shortened(venue)} ({shown})"


def _row_reader(header: list[str], where: str) -> Callable[[_Row, str], Iterator[_Entry]]:
    """Tell a long table from a wide one by its header, and check the header."""
    if len(set(header)) < len(header) or "" in header:
        raise CamjaxError(refusal(where, "columns with different names", ",".join(header)))
    if not set(header) & set(_LONG_COLUMNS[1:]):
        return _wide_reader(header, where)
    missing = [column for column in _LONG_COLUMNS if column not in header]
    unknown = [column for column in header if column not in (*_LONG_COLUMNS, _YIELD_RATE)]
    if missing or unknown:
        remedy = "A wide table has the column time and one column for each deposit."
        raise CamjaxError(
            refusal(where, "time,venue,deposit,balance[,yield_rate]", ",".join(header), remedy)
        )
    return _read_long_row


def _read_long_row(row: _Row, where: str) -> Iterator[_Entry]:
    """The one entry of a row of a long table."""
    for column in ("venue", "deposit"):
        if not row[column]:
            raise CamjaxError(refusal(f"{where}, {column}", "a name", "a blank"))
    balance = _balance(row["balance"], f"{where}, balance")
    yield_rate = read_number(row.get(_YIELD_RATE, ""), f"{where}, {_YIELD_RATE}")
    yield row["deposit"], row["venue"], balance, yield_rate


def _wide_reader(header: list[str], where: str) -> Callable[[_Row, str], Iterator[_Entry]]:
    """Reader for rows of a wide table with this header."""
    prefix = f"{_YIELD_RATE}_"
    deposits = [name for name in header if name != "time" and not name.startswith(prefix)]
    strays = [
        name for name in header if name.startswith(prefix) and name[len(prefix) :] not in deposits
    ]
    if "time" not in header or not deposits or strays:
        expected = "time, one column for each deposit, and yield_rate_<deposit> for any of them"
        remedy = "A long table has the columns time,venue,deposit,balance[,yield_rate]."
        raise CamjaxError(refusal(where, expected, ",".join(header), remedy))

    def read_row(row: _Row, where: str) -> Iterator[_Entry]:
        for deposit in deposits:
            column = f"{prefix}{deposit}"
            balance = _balance(row[deposit], f"{where}, {shortened(deposit)}")
            yield (
                deposit,
                deposit,
                balance,
                read_number(row.get(column, ""), f"{where}, {shortened(column)}"),
            )

    return read_row


def _balance(text: str, where: str) -> float:
    """A balance, or NaN for a blank."""
    balance = read_number(text, where)
    if balance < 0:
        remedy = "Write debts and protocol-owned amounts out of the table."
        raise CamjaxError(refusal(where, "a balance ≥ 0", text, remedy))
    return balance


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
