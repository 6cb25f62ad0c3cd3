"""Where yields look wrong: in percent, or beyond what venues have paid."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

LARGEST_YIELD = 1.0
"""1/year; the median of yields above this, 100 % a year on most days, looks like percent."""

LARGEST_SINGLE_YIELD = 5.0
"""1/year; pools have yielded 4.2 on a single day, and 6 % written 6 is more."""

TIMES_THE_OTHERS = 20.0
"""A series' median yield that is this many times the others' looks like percent beside shares."""

NOTABLE_YIELD = 0.5
"""1/year, below which a yield many times the others' is only a better one."""


class Doubt(NamedTuple):
    """Yields that look wrong."""

    places: tuple[int, ...]
    """Of the series that do; none: all do."""
    expected: str
    got: str
    is_percent: bool
    """Whether they look like percent."""


def doubts(series: Sequence[ArrayLike], lowest: float = -np.inf) -> list[Doubt]:
    """What looks wrong of series of yields that are to be shares of 1 a year.

    Args:
      series: [n] each; NaN where unknown.
      lowest: that is believed. Models take losses; what venues publish is 0 and above.

    >>> [(found.places, found.is_percent) for found in doubts([[3.2], [4.1]])]
    [((), True)]
    """
    known = {place: np.asarray(values, np.float64) for place, values in enumerate(series)}
    known = {place: values[np.isfinite(values)] for place, values in known.items()}
    known = {place: values for place, values in known.items() if values.size}
    found = _in_percent({place: float(np.median(values)) for place, values in known.items()})
    for place, values in known.items():
        low, high = values.min(), values.max()
        if low < lowest:
            found.append(Doubt((place,), f"yields of {lowest:g} and above", f"{low:.4g}", False))
        if high > LARGEST_SINGLE_YIELD:
            expected = f"yields of at most {LARGEST_SINGLE_YIELD:g} a year"
            found.append(Doubt((place,), expected, f"{high:.4g}", False))
    return found


def _in_percent(medians: Mapping[int, float]) -> list[Doubt]:
    """All series in percent, or some beside others that are not."""
    values = list(medians.values())
    is_one_unit = max(values, default=0.0) <= TIMES_THE_OTHERS * min(values, default=0.0)
    if values and is_one_unit and np.median(values) > LARGEST_YIELD:
        got = f"a median of {max(values):.4g}"
        return [Doubt((), "yields as shares of 1 a year", got, True)]
    found = []
    for place, median in medians.items():
        others = [other for one, other in medians.items() if one != place]
        typical = float(np.median(others)) if others else 0.0
        apart = typical > 0 and median > TIMES_THE_OTHERS * typical and median > NOTABLE_YIELD
        if median > LARGEST_YIELD or apart:
            got = f"a median of {median:.4g} where others have {typical:.4g}"
            found.append(Doubt((place,), "shares of 1 a year", got, True))
    return found
