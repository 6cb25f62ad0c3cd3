"""Sets of numbers that keys and columns may hold, written the way messages show them."""

import dataclasses
import math

import numpy as np
from numpy.typing import ArrayLike


@dataclasses.dataclass(frozen=True)
class Interval:
    """Finite numbers between two bounds, in the usual notation.

    >>> Interval("(0, 1]").contains([0.0, 0.5, 1.0])
    array([False,  True,  True])
    >>> str(Interval("(0, 1]")), str(Interval("[0, inf)"))
    ('a number in (0, 1]', 'a number ≥ 0')
    """

    notation: str

    @property
    def bounds(self) -> tuple[float, float]:
        """Lower and upper bound, infinite where there is none."""
        lower, upper = self.notation[1:-1].split(",")
        return float(lower), float(upper)

    def contains(self, values: ArrayLike) -> np.ndarray:
        """Whether each value is finite and within the bounds."""
        array = np.asarray(values, dtype=np.float64)
        lower, upper = self.bounds
        above = array >= lower if self.notation[0] == "[" else array > lower
        below = array <= upper if self.notation[-1] == "]" else array < upper
        return np.isfinite(array) & above & below

    def within(self, other: "Interval") -> "Interval":
        """Numbers that lie in both.

        >>> Interval("[0, inf)").within(Interval("(0, 1]")).notation
        '(0, 1]'
        """
        lowers = (
            (i.bounds[0], i.notation[0] == "(", i.notation.split(",")[0]) for i in (self, other)
        )
        uppers = (
            (i.bounds[1], i.notation[-1] != ")", i.notation.split(",")[1]) for i in (self, other)
        )
        return Interval(f"{max(lowers)[2]},{min(uppers)[2]}")

    def __str__(self) -> str:
        lower, upper = self.bounds
        if math.isinf(upper):
            sign = "≥" if self.notation[0] == "[" else ">"
            return "a finite number" if math.isinf(lower) else f"a number {sign} {lower:g}"
        return f"a number in {self.notation}"


@dataclasses.dataclass(frozen=True)
class Flag:
    """The numbers 0 and 1.

    >>> Flag().contains([0.0, 0.5, 1.0])
    array([ True, False,  True])
    """

    def contains(self, values: ArrayLike) -> np.ndarray:
        """Whether each value is exactly 0 or 1."""
        return np.isin(np.asarray(values, dtype=np.float64), (0.0, 1.0))

    def __str__(self) -> str:
        return "0 or 1"


Domain = Interval | Flag

COLUMN_DOMAINS: dict[str, Domain] = {
    "volatile_asset_price": Interval("(0, inf)"),
    "fei_price": Interval("(0, inf)"),
    "mint_redeem": Interval("(-inf, inf)"),
    "utilization": Interval("[0, 1]"),
    "borrow_demand": Interval("[0, inf)"),
    "savings_rate": Interval("[0, inf)"),
    "yield_rate": Interval("(-inf, inf)"),
    "risk": Interval("[0, inf)"),
    "available": Flag(),
    "dirichlet": Interval("[0, inf)"),
    "target": Interval("[0, inf)"),
}
"""What the values of a driver column may be, by its name without a deposit's."""

SUM_TOLERANCE = 1e-6
"""How far weights from outside may be from summing to 1."""
