"""What the columns of observed.csv say: a long table's venues, or a wide table's deposits."""

import math
from collections.abc import Callable, Iterator, Sequence

from calibration.csv_lines import read_number
from camjax.errors import CamjaxError, refusal, shortened
from camjax.numerals import read_numeral

LONG_COLUMNS = ("time", "venue", "deposit", "balance")
YIELD_RATE = "yield_rate"

Row = dict[str, str]
Entry = tuple[str, str, float, float]  # deposit, venue, balance, yield rate
RowReader = Callable[[Row, str], Iterator[Entry]]

_NAMES = ("venue", "deposit")

LARGEST_BALANCE = 1e300
"""Larger ones have sums that are infinite."""


def row_reader(header: Sequence[str], rows: Sequence[Sequence[str]], where: str) -> RowReader:
    """Tell a long table from a wide one, and check the header.

    A long table has names under `venue` and `deposit`. In a wide one these are deposits that are
    called so, with balances below.

    Args:
      header: names of the columns.
      rows: cells of each row.
      where: how messages call the header.

    Returns:
      What reads the entries of a row, given the row and how messages call it.

    Raises:
      CamjaxError: the columns are those of neither.
    """
    if len(set(header)) < len(header) or "" in header:
        raise CamjaxError(refusal(where, "columns with different names", ",".join(header)))
    if not _has_names(header, rows):
        return _wide_reader(header, where)
    missing = [column for column in LONG_COLUMNS if column not in header]
    unknown = [column for column in header if column not in (*LONG_COLUMNS, YIELD_RATE)]
    if missing or unknown:
        remedy = "A wide table has the column time and one column of balances for each deposit."
        raise CamjaxError(
            refusal(where, "time,venue,deposit,balance[,yield_rate]", ",".join(header), remedy)
        )
    return _read_long_row


def _has_names(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a cell under `venue` or `deposit` is a name and no number."""
    places = [place for place, column in enumerate(header) if column in _NAMES]
    cells = (row[place] for row in rows for place in places if place < len(row))
    return any(cell and math.isnan(read_numeral(cell)) for cell in cells)


def _read_long_row(row: Row, where: str) -> Iterator[Entry]:
    """The one entry of a row of a long table."""
    for column in _NAMES:
        if not row[column]:
            raise CamjaxError(refusal(f"{where}, {column}", "a name", "a blank"))
    balance = _balance(row["balance"], f"{where}, balance")
    yield row["deposit"], row["venue"], balance, _rate(row, YIELD_RATE, where)


def _wide_reader(header: Sequence[str], where: str) -> RowReader:
    """Reader for rows of a wide table with this header."""
    prefix = f"{YIELD_RATE}_"
    others = [name for name in header if name != "time"]
    deposits = [name for name in others if name != YIELD_RATE and not name.startswith(prefix)]
    rates = [f"{prefix}{deposit}" for deposit in deposits]
    if "time" not in header or not deposits or not {*others} <= {*deposits, *rates}:
        expected = "time, one column for each deposit, and yield_rate_<deposit> for any of them"
        remedy = "A long table has the columns time,venue,deposit,balance[,yield_rate]."
        raise CamjaxError(refusal(where, expected, ",".join(header), remedy))

    def read_row(row: Row, where: str) -> Iterator[Entry]:
        for deposit, rate in zip(deposits, rates, strict=True):
            balance = _balance(row[deposit], f"{where}, {shortened(deposit)}")
            yield deposit, deposit, balance, _rate(row, rate, where)

    return read_row


def _balance(text: str, where: str) -> float:
    """A balance, or NaN for a blank."""
    balance = read_number(text, where)
    if balance > LARGEST_BALANCE:
        raise CamjaxError(refusal(where, f"a balance of at most {LARGEST_BALANCE:g}", text))
    if balance < 0:
        remedy = "Write debts and protocol-owned amounts out of the table."
        raise CamjaxError(refusal(where, "a balance ≥ 0", text, remedy))
    return balance


def _rate(row: Row, column: str, where: str) -> float:
    """A yield rate, or NaN where there is none."""
    return read_number(row.get(column, ""), f"{where}, {shortened(column)}")
