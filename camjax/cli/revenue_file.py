"""A revenue series from a CSV file."""

import csv
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from camjax.errors import CamjaxError, refusal

COLUMN = "revenue"


def read_revenue(path: Path) -> NDArray:
    """The column `revenue`, one row for each step 1…T.

    Raises:
      CamjaxError: no such file or column, or a row that is no number.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        found = getattr(error, "strerror", None) or "no text"
        expected = "a number, protocol, or a CSV file"
        raise CamjaxError(refusal(f"--revenue {path}", expected, found.lower())) from error
    if not rows or COLUMN not in rows[0]:
        columns = ", ".join(map(str, rows[0])) if rows else "nothing"
        raise CamjaxError(refusal(str(path), f"a column {COLUMN}", columns))
    return np.array([_number(path, place, row[COLUMN]) for place, row in enumerate(rows, start=1)])


def _number(path: Path, step: int, text: str | None) -> float:
    try:
        number = float(text or "")
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise CamjaxError(refusal(f"{path}, {COLUMN}, step {step}", "a number", repr(text)))
    return number
