"""Numbers as people read them: thousands apart, as many digits as they deserve, with units."""

import dataclasses
import itertools
import math
from collections.abc import Callable, Sequence

MAGNITUDES = ((1e9, 1e9, "B"), (1e6, 1e6, "M"), (1e5, 1e3, "k"))
"""Shorter words for large numbers on axes: from where, how many of them one is, and the word."""

MISSING = "–"

NEGLIGIBLE = 1e-6
"""Shown as 0."""

SMALLEST_TICK = 1e-2
"""Axes that reach no further than this are labelled with powers of ten."""
SMALLEST_FIXED = 4
"""Numbers below ten to the minus this are written with a power of ten where all digits count."""


@dataclasses.dataclass(frozen=True)
class Unit:
    """What a number counts.

    Args:
      name: stands behind the number.
      factor: the number is shown times this, so a share is shown in per cent by 100.
      decimals: digits behind the point in text.
    """

    name: str
    factor: float = 1.0
    decimals: int = 0

    @property
    def negligible(self) -> float:
        """A difference of values that nobody would see."""
        return NEGLIGIBLE / self.factor

    def text(self, value: float, decimals: int | None = None) -> str:
        """The number with its unit.

        >>> print(SHARE.text(0.78731), amount("FEI").text(4780731.4), sep=", ")
        78.7 %, 4,780,731 FEI
        """
        number = self.number(value, decimals)
        return number if number == MISSING or not self.name else f"{number}\u00a0{self.name}"

    def number(self, value: float, decimals: int | None = None) -> str:
        """The number alone; small numbers keep two digits that say something."""
        if not math.isfinite(value):
            return MISSING
        shown = value * self.factor
        digits = self.decimals if decimals is None else decimals
        if decimals is None and NEGLIGIBLE < abs(shown) < 10**-digits:
            digits = 1 - math.floor(math.log10(abs(shown)))
        text = f"{shown:,.{digits}f}"
        return text.replace("-", "" if float(text.replace(",", "")) == 0 else "−")

    def interval(self, low: float, high: float) -> str:
        """Both ends of an interval, with the unit; an end that is NaN is open.

        >>> print(SHARE.interval(0.781, 0.793))
        78.1 to 79.3 %
        >>> print(SHARE.interval(0.781, math.nan))
        from 78.1 %, no upper end
        """
        return self._joined(low, high, self.text)

    def ends(self, low: float, high: float) -> str:
        """Both ends of an interval without the unit."""
        return self._joined(low, high, self.number)

    def _joined(self, low: float, high: float, last: Callable[[float], str]) -> str:
        match math.isnan(low), math.isnan(high):
            case False, True:
                return f"from {last(low)}, no upper end"
            case True, False:
                return f"up to {last(high)}, no lower end"
        return f"{self.number(low)} to {last(high)}"

    def ticks(self, values: Sequence[float]) -> list[str]:
        """Labels of an axis without the unit, all with the same digits and magnitude.

        >>> print(*amount("FEI").ticks([0, 5e7, 1e8]), sep=", ")
        0, 50 M, 100 M
        """
        shown = [value * self.factor for value in values]
        largest = max((abs(value) for value in shown), default=0.0)
        _, scale, word = next((m for m in MAGNITUDES if largest >= m[0]), (0.0, 1.0, ""))
        steps = [abs(b - a) / scale for a, b in itertools.pairwise(shown) if a != b]
        step = min(steps, default=1.0)
        digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
        if round(step, digits) != round(step, digits + 1):
            digits += 1
        words = f"\u00a0{word}" if word else ""
        return [
            "0" if value == 0 else f"{value / scale:,.{digits}f}{words}".replace("-", "−")
            for value in shown
        ]


class Significant(Unit):
    """Numbers of any magnitude, to four digits that say something.

    >>> print(Significant("").number(0.0301), Significant("").number(12345678))
    0.03010 12,345,678
    """

    def number(self, value: float, decimals: int | None = None) -> str:
        """The number alone."""
        if decimals is not None or value == 0 or not math.isfinite(value):
            return super().number(value, decimals)
        shown = value * self.factor
        magnitude = math.floor(math.log10(abs(shown)))
        if magnitude < -SMALLEST_FIXED:
            return f"{shown:.3e}".replace("-", "−")
        return f"{shown:,.{max(0, 3 - magnitude)}f}".replace("-", "−")

    def ticks(self, values: Sequence[float]) -> list[str]:
        """Labels of an axis; small numbers with a power of ten, so that labels stay short.

        >>> print(*DIGITS.ticks([0, 5e-5, 1.5e-4]))
        0 5e−5 1.5e−4
        """
        if max(map(abs, values), default=1.0) > SMALLEST_TICK:
            return super().ticks(values)
        parts = [f"{value:.3e}".split("e") for value in values]
        labels = [f"{float(digits):g}e{int(power)}".replace("-", "−") for digits, power in parts]
        return ["0" if value == 0 else label for value, label in zip(values, labels, strict=True)]


def amount(token: str) -> Unit:
    """Tokens or dollars, in whole ones."""
    return Unit(token)


SHARE = Unit("%", 100.0, 1)
POINTS = Unit("points", 100.0, 1)
"""Differences of shares."""
RATE = Unit("% a year", 100.0, 2)
USD = Unit("USD")
NUMBER = Unit("", 1.0, 2)
DIGITS = Significant("")
"""Dimensionless, or of many units in one column."""
COUNT = Unit("")
"""Steps, paths."""
DAYS = Unit("days")


def words(name: str) -> str:
    """A deposit's name as people write it.

    >>> words("liquidity_pool")
    'liquidity pool'
    """
    return name.replace("_", " ")
