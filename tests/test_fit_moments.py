"""Simulated moments: their derivatives, and a volatility that has a closed form."""

import dataclasses
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from worlds_observed import SMALL, observations_of, simulate_world

import camjax
from calibration.fit import Problem, fit, pose
from calibration.fit.moments import (
    fit_moments,
    moments_of,
    simulated_moments,
    weighing,
    weighing_at,
)
from calibration.fit.moments_report import moments_report
from camjax import CamjaxError

VOLATILITY = "drivers.yield_rate_outside.volatility"
NUMBERS: dict[str, Any] = {
    "steps": 80,
    "rebalancing.duration_days": 1e-3,
    "weights.yield_window": 1,
    "weights.yield_risk_aversion": 0.0,
    "drivers.yield_rate_outside": {
        "process": "geometric_brownian_motion",
        "initial": 0.02,
        "volatility": 0.05,
    },
}
"""Capital moves at once to where the last yields are: log-ratios change as the log of a yield.

It begins at the rate of savings, at which targets are even, as they are before yields are known.
"""


def watched(folder: Path, mode: Any = "free-run") -> Problem:
    """One history of that world, held against another volatility."""
    world = simulate_world(folder, NUMBERS, source=SMALL, seed=3)
    scenario = camjax.load_scenario(SMALL, NUMBERS | {VOLATILITY: 0.02})
    return pose(scenario, observations_of(world, scenario), [VOLATILITY], mode=mode)


@pytest.fixture(scope="module")
def problem(tmp_path_factory: pytest.TempPathFactory) -> Problem:
    return watched(tmp_path_factory.mktemp("world"))


def test_moments_are_those_of_numpy() -> None:
    weights = np.random.default_rng(0).dirichlet([2, 3], (4, 30))
    shares = (weights + 1e-6) / (1 + 2e-6)
    places = np.log(shares[..., 0] / shares[..., 1]) / np.sqrt(2)
    found = np.asarray(moments_of(jnp.asarray(weights)))
    changes = np.diff(places, axis=1)
    away = changes - changes.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(np.abs(found[:, 0]), np.abs(places.mean(axis=1)), rtol=1e-12)
    np.testing.assert_allclose(found[:, 1], changes.var(axis=1), rtol=1e-12)
    lagged = (away[:, 1:] * away[:, :-1]).mean(axis=1)
    np.testing.assert_allclose(found[:, 2], lagged, rtol=1e-10, atol=1e-15)


def test_gradients_of_moments_are_those_of_central_differences(problem: Problem) -> None:
    mean = jax.jit(lambda z: simulated_moments(problem, z, problem.data).mean(axis=0))
    point = problem.free.start
    slopes = np.asarray(jax.jit(jax.jacfwd(mean))(point))[:, 0]
    step = 1e-4
    # Richardson's combination of two central differences has an error of h⁴.
    near, far = ((mean(point + k * step) - mean(point - k * step)) / (2 * k * step) for k in (1, 2))
    np.testing.assert_allclose(slopes, (4 * near - far) / 3, rtol=1e-6, atol=1e-12)
    assert (slopes != 0).all()


def test_a_volatility_is_the_one_that_its_paths_give_in_closed_form(problem: Problem) -> None:
    """Variances of changes are σ² times those of the draws, which are common to all σ."""
    result = fit_moments(problem, num_starts=4)
    assert result.status == "converged"
    paths = np.asarray(simulated_moments(problem, problem.free.start, problem.data))
    per_unit = paths[:, 1].mean() / 0.02**2
    closed = np.sqrt(result.observed[1] / per_unit)
    # The other moments know little of σ, the mean level through −σ²/2 alone: what they move it by,
    # on 64 paths some 0.2 %, is nothing beside its error of 7 %.
    assert abs(np.log(result.values[0] / closed)) < 0.05 * result.line_errors[0]
    # Of 79 normal changes a standard deviation is known to 1/√158.
    assert result.line_errors[0] == pytest.approx(1 / np.sqrt(158), rel=0.3)
    assert abs(np.log(result.values[0] / 0.05)) < 4 * result.line_errors[0]


@pytest.mark.slow
def test_moments_of_the_model_pass_the_j_test_and_others_do_not(problem: Problem) -> None:
    result = fit_moments(problem, num_starts=1)
    assert result.j_degrees == 2
    assert result.j_p_value > 0.01
    assert result.intervals[0, 0] < 0.05 < result.intervals[0, 1]
    # Changes that alternate: no volatility has them.
    observed = np.asarray(problem.data.observed)
    places = 0.3 * (-1.0) ** np.arange(len(observed))
    moved = 1 / (1 + np.exp(-places))
    alternating = jnp.asarray(np.stack([moved, 1 - moved], axis=1))
    data = dataclasses.replace(problem.data, observed=alternating)
    other = fit_moments(dataclasses.replace(problem, data=data), num_starts=1)
    assert other.j_p_value < 1e-6
    assert any("J test" in text for text in moments_report(other)["warnings"])


def test_where_an_estimate_has_no_noise_the_scenarios_own_paths_weigh() -> None:
    """As at a volatility of 0, which a history that never moves asks for."""
    own = np.random.default_rng(0).normal(size=(50, 3)) + 1
    root, rank = weighing(own, 64)
    for alike in (np.ones((50, 3)), np.ones((50, 3)) + own * [0, 1e-3, 0]):
        assert weighing(alike, 64)[1] < rank == 3
        np.testing.assert_array_equal(weighing_at(alike, own, 64)[0], root)
    elsewhere = weighing_at(2 * own, own, 64)
    np.testing.assert_allclose(elsewhere[0], root / 2, rtol=1e-9)


def test_residuals_do_not_tell_a_volatility_and_name_moments(problem: Problem) -> None:
    with pytest.raises(CamjaxError, match="--objective moments"):
        fit(problem, num_starts=1)


def test_what_has_no_moments_is_refused(problem: Problem, tmp_path: Path) -> None:
    with pytest.raises(CamjaxError, match="mode: expected free-run"):
        fit_moments(watched(tmp_path, "one-step"))
    counts = problem.data.counts.at[3].set(False)
    data = dataclasses.replace(problem.data, counts=counts)
    with pytest.raises(CamjaxError, match="all 80 rows observed whole"):
        fit_moments(dataclasses.replace(problem, data=data))
    certain = dataclasses.replace(problem.data, keys=None)
    with pytest.raises(CamjaxError, match="one that is random"):
        fit_moments(dataclasses.replace(problem, data=certain))
