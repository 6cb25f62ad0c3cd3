"""Lines and numbers of CSV files, refused in words where they are none."""

import csv
import math
from pathlib import Path

from camjax.errors import CamjaxError, refusal
from camjax.numerals import read_numeral


def read_lines(path: Path) -> list[tuple[int, list[str]]]:
    """Line number and stripped cells of every line that is not blank.

    Raises:
      CamjaxError: the file cannot be read, or is no CSV in UTF-8.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except OSError as error:
        raise CamjaxError(
            refusal(str(path), "a file that can be read", error.strerror or "an error")
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        remedy = "Save it as comma-separated UTF-8 text."
        raise CamjaxError(refusal(path.name, "a CSV file in UTF-8", str(error), remedy)) from None
    return [(line, cells) for line, cells in lines if any(cells)]


def read_number(text: str, where: str) -> float:
    """A finite number, or NaN for a blank.

    Raises:
      CamjaxError: anything else; the message begins with `where`.
    """
    if not text:
        return math.nan
    number = read_numeral(text)
    if math.isnan(number):
        remedy = (
            "Numbers have no thousands separators; leave the cell blank if nothing was observed."
        )
        raise CamjaxError(refusal(where, "a finite number", repr(text), remedy))
    return number
