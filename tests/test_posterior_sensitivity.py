"""Global measures over what a fit leaves open, against functions whose measures are known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.sensitivity.dgsm import dgsm
from calibration.sensitivity.posterior import Posterior
from calibration.sensitivity.sobol import sobol

ERRORS = np.linspace(-5, 5, 201)
WEIGHTS = np.array((3.0, 4.0))


def posterior(correlation: float = 0.0) -> Posterior:
    """A number whose logarithm is normal, and one that falls as its place rises."""
    return Posterior(
        names=("a", "b"),
        errors=ERRORS,
        values=np.stack([np.exp(0.2 * ERRORS), 7 - 0.5 * ERRORS]),
        correlation=np.array([[1.0, correlation], [correlation, 1.0]]),
    )


def linear(points: NDArray) -> NDArray:
    """3 and 4 times the standard normal numbers that the points are made of."""
    a, b = points.T
    return (3 * np.log(a) / 0.2 + 4 * (7 - b) / 0.5)[:, None]


def linear_with_slopes(points: NDArray) -> tuple[NDArray, NDArray]:
    slopes = np.stack([15 / points[:, 0], np.full(len(points), -8.0)], axis=1)
    return linear(points), slopes[:, None]


def test_parts_of_variance_and_their_bounds_are_those_of_normal_numbers() -> None:
    """Var 9 + 16; for what is linear in normal numbers, Poincaré's bound is the total order."""
    expected = WEIGHTS**2 / (WEIGHTS**2).sum()
    (found,) = sobol(posterior(), linear, 2048).outputs
    np.testing.assert_allclose(found.first.value, expected, atol=0.01)
    np.testing.assert_allclose(found.total.value, expected, atol=0.01)
    measures = dgsm(posterior(), linear_with_slopes, 2048)
    np.testing.assert_allclose(measures.bound[0].value, expected, rtol=0.01)


def test_ends_are_those_of_intervals_and_slopes_those_of_differences() -> None:
    space = posterior()
    np.testing.assert_allclose(space.low, (np.exp(-0.392), 7 - 0.98), rtol=1e-3)
    np.testing.assert_allclose(space.high, (np.exp(0.392), 7 + 0.98), rtol=1e-3)
    slopes = space.slopes(np.full((1, 2), 0.5))
    np.testing.assert_allclose(slopes, [[0.2, -0.5]], rtol=1e-2)
    assert np.isfinite(space.points(np.array([[0.0, 1.0]]))).all()


def test_correlations_that_are_left_out_are_named() -> None:
    assert posterior(0.2).correlated == []
    assert posterior(-0.8).correlated == [("a", "b", pytest.approx(-0.8))]
