"""Numbers as people type them and tables of data write them: less than Python's `float` takes."""

import math
import re

_NUMERAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def read_numeral(text: str) -> float:
    """The finite number that a text says in the digits 0 to 9; NaN where it says none.

    Digits of other scripts, `2_003`, `nan` and `1e400` are no numbers: a table that has them means
    something else.

    >>> read_numeral("2.5e3"), read_numeral("2_003")
    (2500.0, nan)
    """
    number = float(text) if _NUMERAL.fullmatch(text) else math.nan
    return number if math.isfinite(number) else math.nan


def read_number(text: str) -> float:
    """The finite number that a text says, spaces around it aside.

    Raises:
      ValueError: it says none, or one too large for float64.

    >>> read_number(" 1.5e6 ")
    1500000.0
    """
    number = read_numeral(text.strip())
    if math.isnan(number):
        raise ValueError("no finite number")
    return number
