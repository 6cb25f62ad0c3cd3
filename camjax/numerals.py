"""Numbers as tables of data write them: less than Python's `float` takes."""

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
