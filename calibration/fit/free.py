"""Which numbers of a scenario are free, and the unconstrained coordinates they are searched in."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from calibration.fit.bijectors import (
    Bijector,
    Identity,
    Log,
    Logit,
    LogLogit,
    PrecisionAndMean,
    RateOfDuration,
    ZeroSumLog,
)
from calibration.fit.ranges import wide_range
from camjax import DriverProcesses, Model, Parameters, Scenario, parameters
from camjax.errors import CamjaxError, refusal

DURATION = "rebalancing.duration_days"
FACTORS = "weights.factor"
CONCENTRATION = "weights.concentration"
BY_DEPOSIT = ("weights.convenience_yield", "weights.exposure")
"""Tables by deposit whose numbers are free each for itself where the table is."""

Bounds = Mapping[str, tuple[float, float]]


@dataclasses.dataclass(frozen=True)
class Block:
    """Numbers that share a bijector.

    Attributes:
      names: dotted paths of its values.
      coordinates: names of its coordinates.
      bijector: between the two.
    """

    names: tuple[str, ...]
    coordinates: tuple[str, ...]
    bijector: Bijector


@dataclasses.dataclass(frozen=True, eq=False)
class FreeParameters:
    """K free numbers of a scenario, told by D unconstrained coordinates z.

    Attributes:
      parameters: the numbers, in the units of the scenario's file.
      blocks: how coordinates become numbers, in their order.
    """

    parameters: Parameters
    blocks: tuple[Block, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Dotted paths of the K values."""
        return self.parameters.names

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Names of the D coordinates."""
        return tuple(name for block in self.blocks for name in block.coordinates)

    def constrain(self, coordinates: Array) -> Array:
        """Values [K] of coordinates [D]."""
        parts = zip(self.blocks, self._split(coordinates), strict=True)
        return jnp.concatenate([block.bijector.forward(part) for block, part in parts])

    def unconstrain(self, values: Array) -> Array:
        """Coordinates [D] of values [K]."""
        return self._by_block("inverse", values)

    def line(self, values: Array) -> Array:
        """Values [K] on the unbounded scales on which intervals are symmetric."""
        return self._by_block("line", values)

    def from_line(self, places: Array) -> Array:
        """Inverse of `line`."""
        return self._by_block("from_line", places)

    def log_volume(self, coordinates: Array) -> Array:
        """Logarithm [] of the volume of a unit of coordinates among the values."""
        parts = zip(self.blocks, self._split(coordinates), strict=True)
        return sum((block.bijector.log_volume(part) for block, part in parts), start=jnp.zeros(()))

    def insert(self, coordinates: Array) -> tuple[Model, DriverProcesses]:
        """The scenario's model and processes at coordinates [D]."""
        return self.parameters.insert(self.constrain(coordinates))

    @property
    def start(self) -> Array:
        """Coordinates [D] of the scenario's own numbers."""
        return self.unconstrain(self.parameters.values)

    def slopes(self, coordinates: Array) -> Array:
        """Derivative [K, D] of the values' places on their line by the coordinates."""
        return jax.jacfwd(lambda z: self.line(self.constrain(z)))(coordinates)

    @property
    def begin_elsewhere(self) -> str:
        """What helps where no search comes to an end."""
        fewer = ", or free fewer numbers" if len(self.blocks) > 1 else ""
        return f"Begin elsewhere with --set{fewer}."

    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Ends [D] of the range that wide starts are spread over."""
        parts = zip(self.blocks, self._split(self.start), strict=True)
        ends = [wide_range(block.bijector, np.asarray(part)) for block, part in parts]
        lower, upper = zip(*ends, strict=True)
        return np.concatenate(lower), np.concatenate(upper)

    def reach(self) -> np.ndarray:
        """Half the range [K] of the starts around the scenario's values, on their lines."""
        lower, upper = self.box()
        reach: np.ndarray = np.abs(np.asarray(self.slopes(self.start))) @ ((upper - lower) / 2)
        return reach

    def box_of_values(self) -> np.ndarray:
        """Ends [K, 2] of the values between which starts are spread, each for itself."""
        middle = jnp.asarray(np.mean(self.box(), axis=0))
        line, reach = np.asarray(self.line(self.constrain(middle))), self.reach()
        places = jnp.stack([jnp.asarray(line + side * reach) for side in (-1, 1)])
        ends: np.ndarray = np.sort(np.asarray(jax.vmap(self.from_line)(places)), axis=0).T
        return ends

    def _split(self, coordinates: Array) -> list[Array]:
        return jnp.split(coordinates, _ends(len(block.coordinates) for block in self.blocks))

    def _by_block(self, method: str, values: Array) -> Array:
        parts = jnp.split(values, _ends(len(block.names) for block in self.blocks))
        mapped = [
            getattr(block.bijector, method)(part)
            for block, part in zip(self.blocks, parts, strict=True)
        ]
        return jnp.concatenate(mapped)


def free_parameters(
    scenario: Scenario, paths: Sequence[str], bounds: Bounds | None = None
) -> FreeParameters:
    """Free some numbers of a scenario.

    Durations are searched through the rate they mean, positive numbers through their logarithm,
    shares through their logit, others as they are. `weights.factor` frees the factors of all
    deposits under allocation but for a common one, which changes nothing; `weights.concentration`
    precision and mean; `weights.convenience_yield` and `weights.exposure` the number of every
    deposit under allocation, each for itself.

    Args:
      scenario: its numbers are where a search begins and what starts are spread around.
      paths: dotted paths, or one of the four groups.
      bounds: lower and upper bound by path, in place of those of the scenario's file format; of a
        group whose numbers are free each for itself, those of each.

    Raises:
      CamjaxError: nothing is free, a path is no number of the scenario, a number is at the end of
        its range, or bounds do not hold it between them.
    """
    paths = _singly(scenario, paths)
    bounds = {
        single: ends
        for path, ends in (bounds or {}).items()
        for single in _singly(scenario, [path])
    }
    members = [_members(scenario, path) for path in paths]
    names = [name for group in members for name in group]
    if not names:
        raise CamjaxError(refusal("free", f"paths such as {DURATION}", "none"))
    for path in bounds:
        if path not in names or path not in paths:
            raise CamjaxError(refusal(f"bounds of {path}", "a single free number", "none such"))
    found = parameters(scenario, names)
    intervals = dict(zip(names, (i.bounds for i in found.intervals), strict=True))
    values = dict(zip(names, found.values.tolist(), strict=True))
    blocks = []
    for path, group in zip(paths, members, strict=True):
        bijector = _bijector(path, scenario, intervals.get(path, (0.0, np.inf)), bounds.get(path))
        if path == FACTORS:
            bijector = ZeroSumLog(common=_log_mean([values[name] for name in group]))
        for name in group:
            _check_inside(name, values[name], bijector, bounds.get(path))
        blocks.append(Block(tuple(group), _coordinates(path, group), bijector))
    return FreeParameters(found, tuple(blocks))


def _singly(scenario: Scenario, paths: Sequence[str]) -> list[str]:
    """Paths, with those of the single numbers in place of a table `BY_DEPOSIT`."""
    names = scenario.document.allocated
    return [
        single
        for path in paths
        for single in ([f"{path}.{name}" for name in names] if path in BY_DEPOSIT else [path])
    ]


def _members(scenario: Scenario, path: str) -> list[str]:
    """The single numbers that a path frees."""
    allocated = scenario.document.allocated
    if path == FACTORS:
        return [f"{FACTORS}.{name}" for name in allocated]
    if path == CONCENTRATION:
        return [f"{CONCENTRATION}.{i}" for i in range(len(allocated))]
    return [path]


def _coordinates(path: str, group: Sequence[str]) -> tuple[str, ...]:
    if path == FACTORS:
        return tuple(f"{FACTORS} contrast {i}" for i in range(1, len(group)))
    if path == CONCENTRATION:
        contrasts = (f"{CONCENTRATION} contrast {i}" for i in range(1, len(group)))
        return (f"{CONCENTRATION} precision", *contrasts)
    return tuple(group)


def _bijector(
    path: str,
    scenario: Scenario,
    interval: tuple[float, float],
    bounds: tuple[float, float] | None,
) -> Bijector:
    if path == CONCENTRATION:
        return PrecisionAndMean()
    if bounds is not None:
        _check_bounds(path, bounds, interval)
        lower, upper = bounds
        return LogLogit(lower=lower, upper=upper) if lower > 0 else Logit(lower=lower, upper=upper)
    if path == DURATION:
        return RateOfDuration(dt_days=scenario.dt_days, law=scenario.model.rebalancing.law)
    lower, upper = interval
    if np.isfinite(upper):
        return Logit(lower=lower, upper=upper)
    return Log() if lower == 0 else Identity()


def _log_mean(values: Sequence[float]) -> float:
    """Logarithm of the geometric mean; 0 where it has none, which is refused elsewhere."""
    return float(np.mean(np.log(values))) if min(values) > 0 else 0.0


def _check_bounds(path: str, bounds: tuple[float, float], interval: tuple[float, float]) -> None:
    lower, upper = bounds
    if not (interval[0] <= lower < upper <= interval[1] and np.isfinite(bounds).all()):
        expected = f"lower:upper within {interval[0]:g} and {interval[1]:g}"
        raise CamjaxError(refusal(f"bounds of {path}", expected, f"{lower:g}:{upper:g}"))


def _check_inside(
    name: str, value: float, bijector: Bijector, bounds: tuple[float, float] | None
) -> None:
    """A search cannot begin where a coordinate is infinite."""
    with np.errstate(all="ignore"):
        place = float(bijector.line(jnp.asarray([value]))[0])
    if not np.isfinite(place):
        between = "inside its range" if bounds is None else f"in ({bounds[0]:g}, {bounds[1]:g})"
        remedy = f"Begin elsewhere, as with --set {name}=…."
        raise CamjaxError(refusal(name, f"a number {between} to begin with", value, remedy))


def _ends(lengths: Iterable[int]) -> list[int]:
    """Where to split a vector made of parts of these lengths."""
    return [int(end) for end in np.cumsum(list(lengths))[:-1]]
