"""Driver series from CSV files, every cell checked; messages name the line and the column."""

import csv
import datetime
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from camjax.domains import Domain, Interval
from camjax.errors import shortened
from camjax.numerals import read_numeral
from camjax.scenario.columns import TIME_COLUMNS, ColumnKind
from camjax.scenario.messages import located, refuse, shown, unknown

Line = tuple[int, list[str]]
"""Number of a line in its file, and its cells."""

ANY_NUMBER = Interval("(-inf, inf)")
SECONDS_PER_DAY = 86_400.0
TIME_TOLERANCE_DAYS = 1e-6
"""Rounding of times that do not fall on whole days, about a tenth of a second."""


def read_series(
    path: Path, known: Mapping[str, ColumnKind], num_rows: int, dt_days: float
) -> dict[str, np.ndarray]:
    """Rows 0…T of every driver column of a file.

    Args:
      path: of the file.
      known: the columns there may be, by name.
      num_rows: T+1; rows beyond are not read.
      dt_days: what the rows of a `time` column must be apart.

    Returns:
      [T+1] float64 each, by column; `step` and `time` are checked and left out.

    Raises:
      ScenarioError: the file cannot be read; its header is empty, has a column twice or an unknown
        one; a cell is blank, no number or outside the column's domain; rows are too few or not
        one step apart.
    """
    with located(str(path)):
        rows = _rows(path)
        header = _header(rows)
        for column in header:
            if column not in known and column not in TIME_COLUMNS:
                _refuse_column(header, column, [*TIME_COLUMNS, *known])
        lines = [line for line, _ in zip(rows, range(num_rows), strict=False)]
        if len(lines) < num_rows:
            refuse(
                "rows",
                f"{num_rows}, one a step from 0 to {num_rows - 1}",
                len(lines),
                "Add rows, or lower steps.",
            )
        cells = _columns(header, lines)
        numbers = [number for number, _ in lines]
        if "step" in cells:
            _check_steps(cells["step"], numbers)
        if "time" in cells:
            _check_times(cells["time"], numbers, dt_days)
        return {
            column: _numbers(column, cells[column], numbers, known[column].domain)
            for column in header
            if column not in TIME_COLUMNS
        }


def read_history(path: Path, column: str, domain: Domain) -> np.ndarray:
    """One column of a file, all its rows; the other columns are not looked at.

    Raises:
      ScenarioError: as `read_series`, or there is no such column.
    """
    with located(str(path)):
        rows = _rows(path)
        header = _header(rows)
        if column not in header:
            refuse("header", *unknown("column", column, header))
        lines = list(rows)
        return _numbers(column, _columns(header, lines)[column], [n for n, _ in lines], domain)


def _rows(path: Path) -> Iterator[Line]:
    """The lines of a CSV file that are not empty."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            for cells in reader:
                if cells:
                    yield reader.line_num, [cell.strip() for cell in cells]
    except OSError as error:
        remedy = "Relative names start at the scenario's folder."
        refuse("file", "a CSV file that can be read", error.strerror, remedy)
    except (UnicodeDecodeError, csv.Error) as error:
        refuse("file", "a CSV file in UTF-8", f"something else ({error})")


def _header(rows: Iterator[Line]) -> list[str]:
    _, header = next(rows, (0, []))
    if not any(header):
        refuse("header", "the names of the columns", "an empty file or line")
    for index, column in enumerate(header):
        if not column:
            refuse("header", "a name for each column", f"none for column {index + 1}")
        if column in header[:index]:
            refuse("header", "each column once", f"{shortened(column)} twice")
    return header


def _refuse_column(header: list[str], column: str, known: list[str]) -> None:
    """Refuse a column that means nothing; one column with separators in it is a common mistake."""
    if len(header) == 1 and any(mark in column for mark in ";\t|"):
        refuse("header", "cells separated by commas", shown(column))
    refuse("header", *unknown("driver column", column, known))


def _columns(header: list[str], lines: list[Line]) -> dict[str, list[str]]:
    """The cells of each column."""
    for number, cells in lines:
        if len(cells) != len(header):
            refuse(f"line {number}", f"{len(header)} cells, as in the header", len(cells))
    columns = zip(*(cells for _, cells in lines), strict=True) if lines else ([] for _ in header)
    return {name: list(column) for name, column in zip(header, columns, strict=True)}


def _numbers(column: str, cells: list[str], lines: list[int], domain: Domain) -> np.ndarray:
    """The cells of a column as numbers within its domain."""
    values = np.array([read_numeral(cell) for cell in cells])
    outside = np.flatnonzero(~domain.contains(values))
    if outside.size:
        row = int(outside[0])
        _refuse_cell(column, cells[row], lines[row], domain)
    return values


def _refuse_cell(column: str, cell: str, line: int, expected: object) -> None:
    refuse(
        f"line {line}, column {shortened(column)}",
        str(expected),
        shown(cell) if cell else "a blank cell",
    )


def _check_steps(cells: list[str], lines: list[int]) -> None:
    """Steps count from 0 without gaps."""
    for row, (cell, line) in enumerate(zip(cells, lines, strict=True)):
        if _number(cell) != row:
            got = shown(cell) if cell else "a blank cell"
            refuse(f"line {line}, column step", f"{row}", got, "Steps count from 0 without gaps.")


def _check_times(cells: list[str], lines: list[int], dt_days: float) -> None:
    """Times are dt_days apart."""
    previous = None
    for cell, line in zip(cells, lines, strict=True):
        days = _days(cell)
        if days is None:
            _refuse_cell("time", cell, line, "a date or time in ISO 8601, or a number of days")
        elif previous is not None and abs(days - previous - dt_days) > TIME_TOLERANCE_DAYS:
            refuse(
                f"line {line}, column time",
                f"a time {dt_days:g} days after the row before, as dt_days has it",
                f"{days - previous:g} days",
                "Fill gaps before a run, or choose dt_days to match.",
            )
        previous = days


def _days(cell: str) -> float | None:
    """A time in days: a number, or an ISO 8601 time, which is UTC unless it says otherwise."""
    number = _number(cell)
    if number is not None:
        return number
    try:
        time = datetime.datetime.fromisoformat(cell)
    except ValueError:
        return None
    aware = time if time.tzinfo else time.replace(tzinfo=datetime.UTC)
    return aware.timestamp() / SECONDS_PER_DAY


def _number(cell: str) -> float | None:
    value = read_numeral(cell)
    return None if math.isnan(value) else value
