"""Whether intervals hold the truth as often as they say: heavy, run with `pytest -m slow`."""

import dataclasses
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import binomtest
from worlds_fit import TRUTH, fit_world, posed, varied_drivers

from calibration.composition import ilr, ilr_inverse
from calibration.fit.levenberg_marquardt import CONVERGED, Options, least_squares
from calibration.fit.uncertainty import NORMAL_97_5

NOISE = 0.02
REPLICATES = 2000
BATCH = 250
SIGNIFICANCE = 1e-3
LARGEST_MEDIAN_ERRORS = [0.02, 0.02, 0.02, 0.04, 0.01, 0.01, 0.01, 0.01]
"""Duration, half-life, aversions to asset and to yield risk, four factors; relative."""

pytestmark = pytest.mark.slow


class Replicates(NamedTuple):
    """Fits of as many noisy years."""

    values: np.ndarray
    """[R, K]."""
    distances: np.ndarray
    """[R, K] from the truth on the unbounded scales, in standard errors."""
    status: np.ndarray
    """[R]."""


@pytest.fixture(scope="module")
def replicates(tmp_path_factory: pytest.TempPathFactory) -> Replicates:
    """Years observed with errors of 2 % in the log-ratios, fitted as free runs."""
    world = fit_world(tmp_path_factory.mktemp("world"), varied_drivers(365))
    problem = posed(world, "free-run", begin=TRUTH)
    free, data = problem.free, problem.data
    truth = free.start
    places = np.asarray(ilr(data.observed))
    degrees = places.size - len(truth)
    slopes = free.slopes(truth)

    @jax.jit
    def lanes(observed: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        def lane(observed: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
            seen = dataclasses.replace(data, observed=observed)
            found = least_squares(
                partial(problem.residuals, data=seen), truth, Options(tolerance=1e-8)
            )
            covariance = 2 * found.cost / degrees * jnp.linalg.inv(found.curvature)
            errors = jnp.sqrt(jnp.einsum("kd,de,ke->k", slopes, covariance, slopes))
            values = free.constrain(found.coordinates)
            away = (free.line(values) - free.line(free.constrain(truth))) / errors
            return values, away, found.status

        return jax.vmap(lane)(observed)

    rng = np.random.default_rng(0)
    parts = []
    for _ in range(REPLICATES // BATCH):
        noise = NOISE * rng.normal(size=(BATCH, *places.shape))
        parts.append(lanes(jnp.asarray(ilr_inverse(places[None] + noise))))
    return Replicates(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def test_every_fit_converges(replicates: Replicates) -> None:
    assert (replicates.status == CONVERGED).mean() > 0.99


def test_walds_intervals_hold_the_truth_95_times_in_100(replicates: Replicates) -> None:
    inside = (np.abs(replicates.distances) <= NORMAL_97_5).sum(axis=0)
    print("coverage:", (inside / REPLICATES).round(4).tolist())
    for count in inside.tolist():
        assert binomtest(count, REPLICATES, 0.95).pvalue > SIGNIFICANCE, inside / REPLICATES


def test_median_errors_are_small(replicates: Replicates) -> None:
    truth = np.array([30.0, 4.0, 1.5, 0.5, *TRUTH["weights.factor"].values()])
    errors = np.median(np.abs(replicates.values[:100] / truth - 1), axis=0)
    print("median errors:", errors.round(5).tolist())
    assert (errors <= LARGEST_MEDIAN_ERRORS).all(), errors
