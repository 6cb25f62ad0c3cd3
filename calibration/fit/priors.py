"""What is known of free numbers beforehand: normal on a scale that suits each of them."""

import dataclasses
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from calibration.fit.bijectors import Bijector, Identity, Log, Logit
from calibration.fit.free import CONCENTRATION, FreeParameters
from camjax.errors import CamjaxError, refusal

Priors = Mapping[str, tuple[float, float]]
"""Median, and standard deviation on the number's scale, by dotted path."""


@dataclasses.dataclass(frozen=True, eq=False)
class PriorTerms:
    """Priors of Q of the free numbers, (g(x) − g(m)) / s ~ N(0, 1).

    g is the logarithm of positive numbers (durations and factors among them), the logit of numbers
    between two ends of the scenario's format, and x itself for numbers of any sign. A positive
    number is so lognormal, s = 0.5 saying: within a factor of e^±1 of m 19 times in 20.

    Attributes:
      free: the K free numbers.
      positions: Q, whose priors they are.
      medians: [Q] m.
      spreads: [Q] s.
    """

    free: FreeParameters
    positions: tuple[int, ...] = ()
    medians: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0))
    spreads: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0))

    @property
    def named(self) -> dict[str, tuple[float, float]]:
        """Median and spread by path."""
        pairs = zip(self.medians.tolist(), self.spreads.tolist(), strict=True)
        names = (self.free.names[at] for at in self.positions)
        return dict(zip(names, pairs, strict=True))

    def residuals(self, coordinates: Array) -> Array:
        """(g(x) − g(m)) / s [Q] at coordinates [D]; half their squares are −log p."""
        values = self.free.constrain(coordinates)
        terms = [
            (scale.line(values[at : at + 1]) - scale.line(jnp.full(1, median, values.dtype)))
            / spread
            for at, scale, median, spread in zip(
                self.positions, self._scales, self.medians, self.spreads, strict=True
            )
        ]
        return jnp.concatenate([*terms, jnp.zeros(0, values.dtype)])

    def log_density(self, coordinates: Array) -> Array:
        """Logarithm [] of the density of coordinates [D], up to a constant.

        Coordinates of blocks with fewer priors than coordinates are also normal around the
        middle of the range that starts are spread over, with half its width, so that the whole
        is a density.
        """
        residuals, slopes = jax.jvp(
            self.residuals, (coordinates,), (jnp.ones_like(coordinates),)
        )  # a number with a coordinate of its own depends on that one alone
        alone = jnp.asarray([self._is_alone(at) for at in self.positions], bool)
        volume = jnp.where(alone, jnp.log(jnp.abs(jnp.where(alone, slopes, 1))), 0).sum()
        with jax.ensure_compile_time_eval():
            lower, upper = self.free.box()
        away = (coordinates - (lower + upper) / 2) / ((upper - lower) / 2)
        wide = jnp.where(jnp.asarray(self._vague), jnp.square(away), 0).sum()
        return volume - 0.5 * (residuals @ residuals + wide)

    @property
    def _scales(self) -> list[Bijector]:
        intervals = self.free.parameters.intervals
        return [_scale(*intervals[at].bounds) for at in self.positions]

    def _is_alone(self, position: int) -> bool:
        """Whether a number shares its coordinates with no other."""
        name = self.free.names[position]
        return any(block.names == (name,) for block in self.free.blocks)

    @property
    def _vague(self) -> list[bool]:
        """[D] whether a coordinate is left to the range of the starts."""
        told = {self.free.names[at] for at in self.positions}
        return [
            len(told.intersection(block.names)) < len(block.coordinates)
            for block in self.free.blocks
            for _ in block.coordinates
        ]


def prior_terms(free: FreeParameters, priors: Priors) -> PriorTerms:
    """Priors as they are named, checked.

    Args:
      free: the numbers.
      priors: median and spread by path.

    Raises:
      CamjaxError: a path that is not free, or one of concentrations; a median outside the
        number's range, a spread that is not positive.
    """
    positions = []
    for path, (median, spread) in priors.items():
        where = f"prior of {path}"
        if path not in free.names or path.startswith(CONCENTRATION):
            remedy = "Concentrations are precision and mean together, and have none."
            known = ", ".join(name for name in free.names if not name.startswith(CONCENTRATION))
            raise CamjaxError(refusal(where, f"a free number ({known})", "another", remedy))
        position = free.names.index(path)
        scale = _scale(*free.parameters.intervals[position].bounds)
        with np.errstate(all="ignore"):
            place = float(scale.line(jnp.asarray([median], jnp.result_type(float)))[0])
        if not (np.isfinite(place) and 0 < spread < np.inf):
            expected = "a median inside the number's range and a positive spread"
            raise CamjaxError(refusal(where, expected, f"{median:g}:{spread:g}"))
        positions.append(position)
    numbers = np.array([priors[path] for path in priors], float).reshape(-1, 2)
    return PriorTerms(free, tuple(positions), numbers[:, 0], numbers[:, 1])


def _scale(lower: float, upper: float) -> Bijector:
    """On what scale a number of a range is normal."""
    if np.isfinite(upper):
        return Logit(lower=lower, upper=upper)
    return Log() if lower >= 0 else Identity()
