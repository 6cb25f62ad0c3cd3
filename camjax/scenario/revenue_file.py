"""A series of what the protocol earns, from a CSV file."""

import csv
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from camjax.errors import ScenarioError, refusal
from camjax.numerals import read_numeral

COLUMN = "revenue"
"""What each of the steps 1…T earns, in USD."""


def read_revenue(path: Path, where: str = "revenue.file", expected: str = "a CSV file") -> NDArray:
    """The column `revenue` [T] of a CSV file, one row for each step.

    Args:
      path: of the file.
      where: what names it, for messages.
      expected: what may stand there, for messages.

    Raises:
      ScenarioError: no such file or column, or a row that is no number.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        found = getattr(error, "strerror", None) or "no text"
        raise ScenarioError(refusal(where, expected, f"{path}, {found.lower()}")) from error
    if not rows or COLUMN not in rows[0]:
        columns = ", ".join(map(str, rows[0])) if rows else "nothing"
        raise ScenarioError(refusal(str(path), f"a column {COLUMN}", columns))
    return np.array([_number(path, place, row[COLUMN]) for place, row in enumerate(rows, start=1)])


def check_revenue(path: Path, steps: int) -> None:
    """Refuse a file that does not say what each step of a run earns.

    Raises:
      ScenarioError: as `read_revenue`, or fewer rows than steps.
    """
    if (rows := len(read_revenue(path))) < steps:
        raise ScenarioError(refusal(str(path), f"{steps} rows, one for each step", rows))


def _number(path: Path, step: int, text: str | None) -> float:
    number = read_numeral(text or "")
    if math.isnan(number):
        raise ScenarioError(refusal(f"{path}, {COLUMN}, step {step}", "a number", repr(text)))
    return number
