"""How sure a fit is: profiles and bootstrap beside Wald, likelihoods, sequential settlement."""

import dataclasses
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from worlds_fit import with_noise
from worlds_observed import SMALL, observations_of, simulate_world

import camjax
from calibration.backtest import backtest
from calibration.backtest.history import with_series
from calibration.fit import Fit, Problem, fit, pose, report, uncertainty
from calibration.fit.bootstrap import block_bootstrap
from calibration.fit.levenberg_marquardt import Options
from calibration.fit.objectives import LOSSES, RESIDUALS
from calibration.fit.profile import profile_limits
from calibration.fit.settlement import fit_settled, netted
from camjax import CamjaxError

DURATION = "rebalancing.duration_days"
FREE = (DURATION, "weights.factor")
TRUTH = [20.0, 1.25, 0.8]
NUMBERS = {
    "steps": 120,
    "weights.yield_half_life_days": 3.0,
    "weights.factor": {"outside": 1.25, "savings": 0.8},
}


def small(folder: Path, mode: Any = "free-run", **changes: Any) -> Problem:
    """Two deposits and a rate that wanders, at numbers that are not true."""
    world = simulate_world(folder, NUMBERS | changes, source=SMALL)
    elsewhere = {"weights.factor": {"outside": 1.0, "savings": 1.0}, DURATION: 40.0}
    scenario = camjax.load_scenario(SMALL, NUMBERS | changes | elsewhere)
    scenario = with_series(scenario, {n: jnp.asarray(c) for n, c in world.columns.items()})
    return pose(scenario, observations_of(world, scenario), FREE, mode=mode)


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Fit:
    problem = with_noise(small(tmp_path_factory.mktemp("small")), 0.02)
    return fit(problem, num_starts=4)


def test_profile_limits_are_walds_where_the_problem_is_nearly_linear(noisy: Fit) -> None:
    found = uncertainty(noisy)
    profiled = profile_limits(noisy, found)
    free = noisy.problem.free
    wald, own = (
        np.asarray([free.line(jnp.asarray(ends)) for ends in limits.T])
        for limits in (found.intervals, profiled.limits)
    )
    centre = np.asarray(free.line(jnp.asarray(noisy.values)))
    np.testing.assert_allclose(own - centre, wald - centre, rtol=0.05)
    assert (profiled.deviance > -1e-6).all()
    np.testing.assert_allclose(profiled.rise, 3.841458820694124)
    assert (profiled.deviance[:, [0, -1]] > profiled.rise[:, None]).all()


def test_what_fits_exactly_is_known_exactly(noisy: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fit, "residuals", np.zeros_like(noisy.residuals))
    found = uncertainty(noisy, lasting=False)
    assert found.noise == 0 and (found.standard_errors == 0).all()
    np.testing.assert_allclose(found.intervals.T, [noisy.values] * 2, rtol=1e-12)


def test_where_errors_last_profiles_are_widened_as_walds_intervals_are(noisy: Fit) -> None:
    found = uncertainty(noisy, lasting=True)
    assert found.lasting
    assert np.isfinite(found.degrees).all()
    profiled = profile_limits(noisy, found)
    np.testing.assert_allclose(profiled.rise, found.reach**2 * found.inflation)
    free = noisy.problem.free
    wald, own = (
        np.asarray([free.line(jnp.asarray(ends)) for ends in limits.T])
        for limits in (found.intervals, profiled.limits)
    )
    centre = np.asarray(free.line(jnp.asarray(noisy.values)))
    np.testing.assert_allclose(own - centre, wald - centre, rtol=0.1)


def test_profile_limits_hold_the_estimate_even_from_four_rows(tmp_path: Path) -> None:
    problem = with_noise(small(tmp_path), 0.02)
    blind = dataclasses.replace(
        problem, data=dataclasses.replace(problem.data, counts=jnp.arange(120) < 4)
    )
    result = fit(blind, num_starts=2)
    limits = profile_limits(result, uncertainty(result)).limits
    assert (limits[:, 0] < result.values).all()
    assert (result.values < limits[:, 1]).all()


def test_bootstrap_intervals_are_as_wide_as_walds_when_errors_are_independent(noisy: Fit) -> None:
    found = uncertainty(noisy)
    resampled = block_bootstrap(noisy, 200, seed=1)
    assert resampled.num_failed == 0
    assert resampled.block_rows == 5
    ratio = np.ptp(resampled.intervals, axis=1) / np.ptp(found.intervals, axis=1)
    assert (np.abs(np.log(ratio)) < np.log(1.4)).all()
    again = block_bootstrap(noisy, 200, seed=1)
    np.testing.assert_array_equal(resampled.values, again.values)


@pytest.mark.parametrize(
    "objective", [*RESIDUALS, *(pytest.param(name, marks=pytest.mark.slow) for name in LOSSES)]
)
def test_every_objective_comes_near_the_truth(noisy: Fit, objective: str) -> None:
    result = fit(noisy.problem, objective=objective, num_starts=2)
    np.testing.assert_allclose(result.values, TRUTH, rtol=0.1)
    assert all(np.isfinite(lane.cost) for lane in result.lanes)


def test_the_dirichlet_likelihood_is_as_sure_as_its_precision(noisy: Fit) -> None:
    result = fit(noisy.problem, objective="dirichlet", num_starts=2)
    found, gaussian = uncertainty(result), uncertainty(noisy)
    assert result.precision is not None
    assert found.noise == 1.0
    # Two deposits near equal weights: errors of 2 % are beta distributed all but normally.
    np.testing.assert_allclose(found.standard_errors, gaussian.standard_errors, rtol=0.3)
    answer = report(result, found)
    assert answer["dirichlet_precision"] == result.precision


def test_the_information_of_a_dirichlet_law_is_the_curvature_where_a_fit_ends(noisy: Fit) -> None:
    result = fit(noisy.problem, objective="dirichlet", num_starts=2)
    problem, data = result.problem, result.problem.data
    assert result.precision is not None
    end = jnp.append(jnp.asarray(result.coordinates), jnp.log(result.precision))
    rows = float(np.asarray(data.counts).sum())

    def loss(point: jax.Array) -> jax.Array:
        return rows * problem.loss(point[:-1], point[-1], data, "dirichlet")

    curvature = np.linalg.inv(np.asarray(jax.jit(jax.hessian(loss))(end)))[:-1, :-1]
    expected = uncertainty(result).covariance
    errors, others = np.sqrt(np.diagonal(expected)), np.sqrt(np.diagonal(curvature))
    # Their difference has mean 0 and, of 120 rows, a spread of 1/√120.
    np.testing.assert_allclose(errors, others, rtol=0.1)


@pytest.mark.slow
def test_what_has_no_likelihood_has_no_standard_error_but_can_be_resampled(noisy: Fit) -> None:
    result = fit(noisy.problem, objective="mae", num_starts=2)
    with pytest.raises(CamjaxError, match="a likelihood, got mae"):
        uncertainty(result)
    assert report(result, None)["estimates"][DURATION]["standard_error"] is None
    resampled = block_bootstrap(result, 60)
    assert resampled.num_failed <= 3
    # One history in 20 lies outside its interval, next to none by a whole width.
    away = np.abs(result.values - TRUTH)
    assert (away < np.ptp(resampled.intervals, axis=1)).all()
    # A median is known less well than a mean: by √(π/2) = 1.25 where errors are normal.
    ratio = np.ptp(resampled.intervals, axis=1) / np.ptp(uncertainty(noisy).intervals, axis=1)
    assert (ratio > 0.8).all()
    assert (ratio < 2.0).all()


@pytest.mark.slow
def test_sequential_settlement_is_searched_smooth_and_polished_as_it_is(tmp_path: Path) -> None:
    problem = small(tmp_path, **{"rebalancing.settlement": "sequential"})
    assert netted(problem).scenario.model.rebalancing.settlement == "netted"
    settled = fit_settled(problem, num_starts=4)
    zero = 0.5 * settled.exact.num_residuals * Options().perfect ** 2  # below it all is rounding
    assert settled.exact.cost <= max(settled.cost_at_smooth, zero)
    np.testing.assert_allclose(settled.exact.values, TRUTH, rtol=1e-6)
    answer = report(settled.exact, uncertainty(settled.exact), settled)
    assert answer["settlement"]["exact_cost"] == settled.exact.cost


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["one-step", "free-run"])
def test_a_fit_predicts_what_a_backtest_of_the_fitted_scenario_predicts(
    tmp_path: Path, mode: Any
) -> None:
    problem = small(tmp_path, mode)
    result = fit(problem, num_starts=1)
    scenario = camjax.load_scenario(problem.free.parameters.toml(result.values))
    scenario = with_series(scenario, problem.scenario.processes.given)
    tested = backtest(scenario, problem.observations, mode=mode)
    np.testing.assert_allclose(result.compared.weights, tested.predictions["camjax"], rtol=1e-12)
