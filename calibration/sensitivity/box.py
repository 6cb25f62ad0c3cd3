"""Where global measures look: a box, with a range for each parameter, independent and uniform."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from camjax import Parameters, Scenario, parameters
from camjax.errors import CamjaxError, each_once, refusal
from camjax.memory import check_fits

WITHIN = 0.2
"""A parameter without a range of its own varies by this part of its value, up and down."""


class Space(Protocol):
    """K independent parameters, each a function of a number that is uniform on [0, 1]."""

    @property
    def names(self) -> tuple[str, ...]:
        """Dotted paths."""

    @property
    def low(self) -> NDArray:
        """[K] lower ends, of the range or of its 95 % interval."""

    @property
    def high(self) -> NDArray:
        """[K] upper ends."""

    @property
    def constant(self) -> float:
        """Poincaré's, on the scale that slopes are of."""

    def points(self, unit: NDArray) -> NDArray:
        """Parameters [S, K] of places [S, K] in the unit cube."""

    def slopes(self, unit: NDArray) -> NDArray:
        """[S, K] derivatives of the parameters by the scale that `constant` is of."""


def unit_problem(names: Sequence[str]) -> dict[str, Any]:
    """The unit cube as SALib takes it."""
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


@dataclasses.dataclass(frozen=True)
class Box:
    """K parameters, each uniform between two ends, independent of the others."""

    names: tuple[str, ...]
    low: NDArray
    high: NDArray
    constant: float = math.pi**-2

    @property
    def problem(self) -> dict[str, Any]:
        """As SALib takes it."""
        bounds = [[float(a), float(b)] for a, b in zip(self.low, self.high, strict=True)]
        return {"num_vars": len(self.names), "names": list(self.names), "bounds": bounds}

    def points(self, unit: NDArray) -> NDArray:
        """Parameters [S, K] of places [S, K] in the unit cube."""
        return self.low + unit * (self.high - self.low)

    def slopes(self, unit: NDArray) -> NDArray:
        """[S, K] derivatives of the parameters by the places."""
        return np.broadcast_to(self.high - self.low, unit.shape)


def read_ranges(texts: Sequence[str]) -> dict[str, tuple[float, float] | None]:
    """Parameters as they are typed: `path` or `path=low:high`, with commas between several.

    Raises:
      CamjaxError: a range that is none, or a parameter that comes twice.

    >>> read_ranges(["deposits.savings.rate=0.01:0.03,rebalancing.duration_days"])
    {'deposits.savings.rate': (0.01, 0.03), 'rebalancing.duration_days': None}
    """
    parts = (part.partition("=") for each in texts for part in each.split(","))
    return each_once(
        "--parameters",
        (
            (path.strip(), _ends(path.strip(), ends.strip()) if equals else None)
            for path, equals, ends in parts
        ),
    )


def box_of(scenario: Scenario, ranges: dict[str, tuple[float, float] | None]) -> Box:
    """The box of some parameters of a scenario.

    Raises:
      CamjaxError: a path that is no parameter, a range beyond what the scenario's file allows, or
        none for a parameter that is 0.
    """
    chosen = parameters(scenario, list(ranges))
    ends = [_range(chosen, place, given) for place, given in enumerate(ranges.values())]
    low, high = np.array(ends, np.float64).T
    return Box(tuple(ranges), low, high)


def _range(
    chosen: Parameters, place: int, given: tuple[float, float] | None
) -> tuple[float, float]:
    name, interval = chosen.names[place], chosen.intervals[place]
    value = float(chosen.values[place])
    if given is None:
        if value == 0:
            remedy = f"Give it one: {name}=low:high."
            raise CamjaxError(refusal(name, "a range, since its value is 0", "none", remedy))
        low, high = sorted((value * (1 - WITHIN), value * (1 + WITHIN)))
        lower, upper = interval.bounds
        given = max(low, lower), min(high, upper)
    if not interval.contains(given).all():
        raise CamjaxError(refusal(name, f"both ends {interval}", f"{given[0]:g}:{given[1]:g}"))
    return given


def _ends(path: str, text: str) -> tuple[float, float]:
    parts = text.split(":")
    try:
        low, high = (float(part) for part in parts)
    except ValueError:
        low = high = math.nan
    if not low < high or not math.isfinite(high - low):
        remedy = f"Such as {path}=0.01:0.03."
        raise CamjaxError(refusal(path, "low:high", repr(text), remedy))
    return low, high


def check_points_fit(box: Space, num_points: int) -> None:
    """Refuse more points than the memory holds.

    Raises:
      CamjaxError: they do not fit.
    """
    needed = num_points * len(box.names) * np.dtype(np.float64).itemsize
    check_fits(needed, f"samples of {num_points:,} points", "Take fewer: --samples.")
