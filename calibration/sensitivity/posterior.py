"""What a fit leaves open: each number normal on its unbounded scale, as its interval says."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import special

from camjax import Scenario, parameters
from camjax.errors import CamjaxError, refusal
from camjax.results import load_results

NOTEWORTHY = 0.3
"""Correlations of estimates beyond this, either way, are named."""
SMALLEST_PLACE = 1e-12
"""Places in the unit cube keep this distance from its ends, where a normal number is infinite."""


@dataclasses.dataclass(frozen=True, eq=False)
class Posterior:
    """K numbers of a fit, independent of each other with their marginal distributions.

    Attributes:
      names: dotted paths.
      errors: [Z] distances from the estimate in standard errors, ascending.
      values: [K, Z] the numbers so far from their estimates.
      correlation: [K, K] of the estimates, which the marginals leave out.
      constant: Poincaré's of the standard normal distribution.
    """

    names: tuple[str, ...]
    errors: NDArray
    values: NDArray
    correlation: NDArray
    constant: float = 1.0

    @property
    def low(self) -> NDArray:
        """[K] lower ends of the 95 % intervals."""
        return self._ends.min(axis=0)

    @property
    def high(self) -> NDArray:
        """[K] upper ends."""
        return self._ends.max(axis=0)

    @property
    def _ends(self) -> NDArray:
        """[2, K]; a number may fall as its place on the unbounded scale rises."""
        return self.points(np.repeat([[0.025], [0.975]], len(self.names), axis=1))

    def points(self, unit: NDArray) -> NDArray:
        """Parameters [S, K] of places [S, K] in the unit cube."""
        normal = _normal(unit)
        columns = [np.interp(normal[:, k], self.errors, row) for k, row in enumerate(self.values)]
        return np.stack(columns, axis=1)

    def slopes(self, unit: NDArray) -> NDArray:
        """[S, K] derivatives of the parameters by a standard error."""
        normal, steps = _normal(unit), np.diff(self.errors)
        place = np.clip(np.searchsorted(self.errors, normal) - 1, 0, len(steps) - 1)
        slopes = np.diff(self.values, axis=1) / steps
        return np.stack([slopes[k, place[:, k]] for k in range(len(slopes))], axis=1)

    @property
    def correlated(self) -> list[tuple[str, str, float]]:
        """Pairs whose estimates are correlated by more than a little, the most first."""
        pairs = zip(*np.triu_indices(len(self.names), 1), strict=True)
        found = [(self.names[i], self.names[j], float(self.correlation[i, j])) for i, j in pairs]
        return sorted((f for f in found if abs(f[2]) > NOTEWORTHY), key=lambda f: -abs(f[2]))


def posterior_of(scenario: Scenario, folder: Path, names: Sequence[str] | None = None) -> Posterior:
    """The posterior of a fit, of all its numbers or of some.

    Args:
      scenario: whose numbers they are to be.
      folder: that `camjax calibrate --out` wrote, or its results.nc.
      names: dotted paths of fitted numbers; None: all.

    Raises:
      CamjaxError: it holds no fit, one without intervals, or a number is not in it or not in the
        scenario.
    """
    results = load_results(folder)
    if "posterior" not in results:
        expected, remedy = "a fit", "`camjax calibrate --out FOLDER` writes one."
        raise CamjaxError(refusal(str(folder), expected, "other results", remedy))
    known = [str(name) for name in results.number.values]
    chosen = list(names or known)
    for name in chosen:
        if name not in known:
            raise CamjaxError(refusal("parameters", f"one of {', '.join(known)}", name))
    found = results.sel(number=chosen, other_number=chosen)
    values = found.posterior.transpose("number", "standard_error").values
    if not np.isfinite(values).all():
        remedy = "Fit with an objective that is a likelihood, and numbers that data tell."
        raise CamjaxError(refusal(str(folder), "a fit with intervals", "one without", remedy))
    varied = parameters(scenario, chosen)
    for name, interval, row in zip(chosen, varied.intervals, values, strict=True):
        if not interval.contains(row).all():
            got = f"{row.min():g} to {row.max():g} in the fit"
            raise CamjaxError(refusal(name, f"values {interval}", got))
    return Posterior(
        names=tuple(chosen),
        errors=found.standard_error.values,
        values=values,
        correlation=found.correlation.transpose("number", "other_number").values,
    )


def _normal(unit: NDArray) -> NDArray:
    """Standard normal numbers of places in the unit cube."""
    return special.ndtri(np.clip(unit, SMALLEST_PLACE, 1 - SMALLEST_PLACE))
