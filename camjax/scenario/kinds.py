"""Kinds of value that a key of a scenario takes, each worded once for checks and messages.

A kind stands in a field's annotation: `kink: Annotated[float, Number("(0, 1)", remedy)]`.
"""

import re
from abc import ABC, abstractmethod
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from camjax.domains import Interval

REFUSED = "refused"
"""Type of the pydantic errors raised here; their context holds `expected` and `remedy`."""

Schedule = tuple[tuple[float, float], ...]
"""(day, value) entries; each holds until the next."""


class Kind(ABC):
    """What a value must be: `read` returns it in its canonical form or raises ValueError."""

    expected: str
    remedy: str

    @abstractmethod
    def read(self, value: object) -> Any:
        """The value in canonical form; ValueError when it is not of this kind."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._read_or_refuse)

    def _read_or_refuse(self, value: object) -> Any:
        try:
            return self.read(value)
        except PydanticCustomError:  # says more than the kind does; a ValueError too
            raise
        except (ValueError, OverflowError):
            context = {"expected": self.expected, "remedy": self.remedy}
            raise PydanticCustomError(REFUSED, "expected {expected}", context) from None


class Number(Kind):
    """A finite number, whole or not, within an interval; true and false are no numbers.

    >>> Number("[0, 1)").read(0), Number("[0, 1)").expected
    (0.0, 'a number in [0, 1)')
    """

    def __init__(self, interval: str, remedy: str = "") -> None:
        self.interval = Interval(interval)
        self.expected = str(self.interval)
        self.remedy = remedy

    def read(self, value: object) -> float:
        """The value as a float."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(value)
        if not self.interval.contains(float(value)):
            raise ValueError(value)
        return float(value)


class Whole(Kind):
    """A whole number of at least `lowest`, written without a decimal point.

    It is one of steps or rows, which are counted by 31 bits.
    """

    def __init__(self, lowest: int, remedy: str = "") -> None:
        self.lowest = lowest
        self.expected = f"a whole number ≥ {lowest}"
        self.remedy = remedy

    def read(self, value: object) -> int:
        """The value itself."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(value)
        if value < self.lowest:
            raise ValueError(value)
        if value >= 2**31:
            context = {"expected": f"{self.expected} and < 2³¹", "remedy": self.remedy}
            raise PydanticCustomError(REFUSED, "expected {expected}", context)
        return value


class Rate(Kind):
    """A constant yearly rate, or a schedule [[day, rate], …], each entry holding until the next.

    >>> Rate("[0, inf)").read([[0, 0.03], [182.5, 0]])
    ((0.0, 0.03), (182.5, 0.0))
    """

    def __init__(self, interval: str) -> None:
        self.number = Number(interval)
        self.expected = f"{self.number.expected} or a schedule [[day, rate], …], days rising from 0"
        self.remedy = "A rate of 1.5 % a year is written 0.015."

    def read(self, value: object) -> float | Schedule:
        """A float, or the schedule as a tuple of (day, rate)."""
        if not isinstance(value, list | tuple):
            return self.number.read(value)
        entries = tuple(self._entry(item) for item in value)
        days = [day for day, _ in entries]
        if not days or days[0] != 0.0 or days != sorted(set(days)):
            raise ValueError(value)
        return entries

    def _entry(self, item: object) -> tuple[float, float]:
        if not isinstance(item, list | tuple) or len(item) != 2:
            raise ValueError(item)
        return Number("[0, inf)").read(item[0]), self.number.read(item[1])


class Name(Kind):
    """A name that can end a column's name: letters, digits, _ and -."""

    expected = "a name of letters, digits, _ and -"
    remedy = "Columns of drivers.csv end in deposit names, such as utilization_aave-v2."

    def read(self, value: object) -> str:
        """The value itself."""
        if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_-]+", value):
            raise ValueError(value)
        return value


class Pair(Kind):
    """Two different names, and a number within an interval where one belongs to them."""

    remedy = ""

    def __init__(self, what: str, interval: str | None = None) -> None:
        self.number = Number(interval) if interval else None
        number = f" and {self.number.expected}" if self.number else ""
        example = '["a", "b", 0.5]' if self.number else '["a", "b"]'
        self.expected = f"two different {what}{number}, such as {example}"

    def read(self, value: object) -> tuple[Any, ...]:
        """(name, name) or (name, name, number)."""
        if not isinstance(value, list | tuple) or len(value) != 2 + (self.number is not None):
            raise ValueError(value)
        first, second = value[:2]
        if not isinstance(first, str) or not isinstance(second, str) or first == second:
            raise ValueError(value)
        return (first, second, *(self.number.read(item) for item in value[2:] if self.number))
