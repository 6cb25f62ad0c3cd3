"""How often intervals by simulated moments hold the truth: heavy, run with `pytest -m slow -s`."""

import dataclasses
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from test_fit_moments import watched

from calibration.fit.moments import (
    moments_of,
    num_paths,
    search_moments,
    simulated_moments,
    weighing,
)
from calibration.fit.uncertainty import NORMAL_97_5

pytestmark = pytest.mark.slow

HISTORIES, TRUTH = 400, 0.05


def test_intervals_hold_a_volatility_and_j_is_chi_square(tmp_path: Path) -> None:
    """Weights are those at the truth, which a first search comes near."""
    problem = watched(tmp_path)
    data = problem.data
    truth = jnp.log(jnp.asarray([TRUTH]))
    keys = jax.random.split(jax.random.key(7), HISTORIES + 512)
    paths = jax.jit(lambda data: simulated_moments(problem, truth, data))
    drawn = np.asarray(paths(dataclasses.replace(data, keys=keys)))
    root, rank = weighing(drawn[HISTORIES:], num_paths(data))

    @jax.jit
    def lanes(observed: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        def lane(observed: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
            ends = search_moments(problem, truth[None], jnp.asarray(root), observed, data)
            end = ends.coordinates[0]

            def mean(point: jax.Array) -> jax.Array:
                return simulated_moments(problem, point, data).mean(axis=0)

            return end, ends.cost[0], jnp.asarray(root) @ jax.jacfwd(mean)(end)

        return jax.lax.map(lane, observed)

    ends, costs, slopes = map(np.asarray, lanes(jnp.asarray(drawn[:HISTORIES])))
    errors = 1 / np.linalg.norm(slopes[..., 0], axis=1)
    held = np.mean(np.abs(ends[:, 0] - float(truth[0])) <= NORMAL_97_5 * errors)
    rejected = np.mean(stats.chi2.sf(2 * costs, rank - 1) < 0.05)
    print(f"\n95 % intervals hold the volatility: {held:.3f}; J rejects at 5 %: {rejected:.3f}")
    assert moments_of(data.observed[None]).shape[1] == 3
    assert abs(held - 0.95) < 0.04  # three standard errors of 400 histories are 3.3 points
    assert rejected < 0.12
