"""Priors: the conjugate answer where there is one, densities, and what data do not tell."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq
from test_fit_uncertainty import small
from worlds_fit import with_noise
from worlds_observed import SMALL, observations_of, simulate_world

import camjax
from calibration.backtest.history import with_series
from calibration.fit import Fit, Problem, fit, free_parameters, identifiability, pose, uncertainty
from calibration.fit.priors import Priors, prior_terms
from calibration.fit.profile import profile_limits
from camjax import CamjaxError

DURATION, FACTOR = "rebalancing.duration_days", "weights.factor.outside"
MEDIAN, SPREAD = 2.0, 0.05
AT_ONCE = {"steps": 60, DURATION: 1e-3, "weights.yield_half_life_days": 3.0}
"""Capital moves at once, so the log-ratio of weights is that of factors and one of yields."""


def at_once(folder: Path, priors: Priors) -> Problem:
    """Two deposits whose log-ratio is the free contrast of factors and something known."""
    world = simulate_world(folder, AT_ONCE, source=SMALL)
    scenario = camjax.load_scenario(SMALL, AT_ONCE)
    scenario = with_series(scenario, {n: jnp.asarray(c) for n, c in world.columns.items()})
    observations = observations_of(world, scenario)
    return with_noise(pose(scenario, observations, ["weights.factor"], priors=priors), 0.3)


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory) -> Fit:
    problem = at_once(tmp_path_factory.mktemp("linear"), {FACTOR: (MEDIAN, SPREAD)})
    return fit(problem, num_starts=3)


def test_a_linear_problem_with_a_normal_prior_has_the_conjugate_answer(linear: Fit) -> None:
    """The rows are r_t = d_t + z; log f is ± z/√2, so the prior is z ~ N(z_0, 2 s²).

    In the first step no yield is known and targets are even, whatever z is.
    """
    problem = linear.problem
    rows = np.asarray(problem.residuals(jnp.zeros(1), problem.data))
    sign = np.sign(np.log(np.asarray(problem.free.constrain(jnp.ones(1)))[0]))
    centre, precision = sign * np.sqrt(2) * np.log(MEDIAN), 1 / (2 * SPREAD**2)
    noise = float(problem.data.noise)
    told = (len(rows) - 1) / noise**2
    expected = (-rows[1:].sum() / noise**2 + precision * centre) / (told + precision)
    assert abs(expected - centre) > 0.05  # neither the prior's answer
    assert abs(expected + rows[1:].mean()) > 0.05  # nor that of the data
    # Shares are raised by 1e-6 before their logarithm, so slopes are 1 but for a few 1e-6.
    np.testing.assert_allclose(linear.coordinates, [expected], rtol=1e-5)
    ends = np.append(rows[0], rows[1:] + expected)
    np.testing.assert_allclose(noise**2, np.square(ends).mean(), rtol=1e-5)

    found = uncertainty(linear)
    assert found.inflation[0] > 1.2
    variance = 1 / ((len(rows) - 1) / found.noise**2 + precision)
    np.testing.assert_allclose(found.covariance, [[variance]], rtol=1e-5)

    def rise(z: float) -> float:
        """Of the deviance of the posterior whose noise is free too, above its 95 % limit.

        The prior pulls all residuals one way, so they are told to last and the limit is wider.
        """
        own = np.square(np.append(rows[0], rows[1:] + z)).sum() / np.square(ends).sum()
        known = precision * ((z - centre) ** 2 - (expected - centre) ** 2)
        return float(len(rows) * np.log(own) + known - found.reach[0] ** 2 * found.inflation[0])

    limits = np.sort([brentq(rise, expected, expected + step) for step in (-0.5, 0.5)])
    profiled = sign * np.sqrt(2) * np.log(profile_limits(linear, found).limits[0])
    np.testing.assert_allclose(np.sort(profiled), limits, rtol=0.02)


@pytest.mark.slow
def test_a_likelihood_with_a_prior_ends_where_their_slopes_cancel(linear: Fit) -> None:
    problem = linear.problem
    result = fit(problem, objective="dirichlet", num_starts=2)
    assert result.precision is not None
    precision = np.log(result.precision)

    def slope(of: Problem) -> float:
        ends = [
            float(of.loss(jnp.asarray(result.coordinates + h), precision, of.data, "dirichlet"))
            for h in (-1e-4, 1e-4)
        ]
        return (ends[1] - ends[0]) / 2e-4

    alone = at_once_without_priors(problem)
    sign = np.sign(np.log(np.asarray(problem.free.constrain(jnp.ones(1)))[0]))
    known = (result.coordinates[0] - sign * np.sqrt(2) * np.log(MEDIAN)) / (2 * SPREAD**2)
    rows = int(problem.data.counts.sum())
    assert abs(known / rows) > 0.01
    assert slope(alone) == pytest.approx(-known / rows, rel=1e-4)
    with_prior = uncertainty(result).covariance[0, 0]
    assert with_prior < 2 * SPREAD**2


def at_once_without_priors(problem: Problem) -> Problem:
    """The same problem, about which nothing is known beforehand."""
    return dataclasses.replace(problem, priors=prior_terms(problem.free, {}))


NUMBERS: Mapping[str, tuple[float, float]] = {
    DURATION: (20.0, 0.7),
    "weights.yield_half_life_days": (3.0, 0.4),
    "deposits.money_market.kink": (0.8, 0.5),
    "weights.asset_risk_aversion": (1.5, 0.3),
}


@pytest.mark.parametrize("path", NUMBERS)
def test_a_prior_is_a_density_of_the_coordinate_with_its_median_and_spread(path: str) -> None:
    """Integrated on a fine grid: the law of the number is the one that was asked for."""
    scenario = camjax.load_scenario("fei", {"weights.yield_half_life_days": 2.0})
    free = free_parameters(scenario, [path])
    terms = prior_terms(free, {path: NUMBERS[path]})
    median, spread = NUMBERS[path]
    places = jnp.linspace(-14, 14, 20_001)[:, None]
    density = np.exp(np.asarray(jax.vmap(terms.log_density)(places)))
    density /= density.sum()
    values = np.asarray(jax.vmap(free.constrain)(places))[:, 0]
    scale = (lambda x: np.log(x / (1 - x))) if path.endswith("kink") else np.log
    with np.errstate(divide="ignore"):
        on_scale = np.where(density > 1e-30, scale(values), 0)
    mean = density @ on_scale
    # A duration is longer than a step, which cuts off what lies 4 spreads below.
    assert mean == pytest.approx(float(scale(np.float64(median))), abs=1e-3)
    assert np.sqrt(density @ (on_scale - mean) ** 2) == pytest.approx(spread, rel=2e-3)


def test_gradients_of_priors_are_those_of_central_differences() -> None:
    scenario = camjax.load_scenario("fei", {"weights.yield_half_life_days": 2.0})
    free = free_parameters(scenario, [*NUMBERS, "weights.factor"])
    factors = {"weights.factor.idle": (0.5, 0.2), "weights.factor.savings": (2.0, 0.1)}
    terms = prior_terms(free, NUMBERS | factors)
    for function in (lambda z: jnp.square(terms.residuals(z)).sum(), terms.log_density):
        compiled, point = jax.jit(function), free.start + 0.3
        gradient = np.asarray(jax.grad(compiled)(point))
        assert (gradient != 0).sum() >= len(NUMBERS)
        for i, slope in enumerate(gradient):
            shift = np.zeros(len(point))
            shift[i] = 1e-5
            ends = [float(compiled(point + sign * shift)) for sign in (-1, 1)]
            np.testing.assert_allclose(slope, (ends[1] - ends[0]) / 2e-5, rtol=1e-6, atol=1e-6)


@pytest.mark.slow
def test_what_data_do_not_tell_is_known_from_the_prior_alone_and_said_so(tmp_path: Path) -> None:
    still = {"process": "constant", "value": 0.02}
    numbers = {"drivers.yield_rate_outside": still, "steps": 30, DURATION: 1e-3}
    world = simulate_world(tmp_path, numbers, source=SMALL)
    scenario = camjax.load_scenario(SMALL, numbers)
    observations = observations_of(world, scenario)
    aversion = "weights.yield_risk_aversion"
    told = with_noise(pose(scenario, observations, [aversion], priors={aversion: (2.0, 0.3)}), 0.05)
    result = fit(told, num_starts=2)
    found = uncertainty(result)
    np.testing.assert_allclose(result.values, [2.0], rtol=1e-6)
    expected = 2.0 * np.exp(0.3 * 1.959963984540054 * np.array([[-1, 1]]))
    np.testing.assert_allclose(found.intervals, expected, rtol=1e-4)
    assert any("not identified" in warning for warning in identifiability(result, found))


@pytest.mark.parametrize(
    ("priors", "message"),
    [
        ({"weights.cap.idle": (0.5, 0.1)}, r"prior of weights.cap.idle: expected a free number"),
        ({DURATION: (-3.0, 0.1)}, "a median inside the number's range and a positive spread"),
        ({DURATION: (30.0, 0.0)}, "a positive spread, got 30:0"),
        ({DURATION: (np.nan, 1.0)}, "a median inside"),
    ],
)
def test_priors_that_are_none_are_refused(priors: Priors, message: str) -> None:
    free = free_parameters(camjax.load_scenario("fei"), [DURATION])
    with pytest.raises(CamjaxError, match=message):
        prior_terms(free, priors)


def test_a_prior_beside_a_loss_without_a_likelihood_is_refused(linear: Fit) -> None:
    with pytest.raises(CamjaxError, match="no likelihood a prior has no weight"):
        fit(linear.problem, objective="huber")


@pytest.mark.slow
def test_without_priors_nothing_changes(tmp_path: Path) -> None:
    problem = with_noise(small(tmp_path), 0.02)
    point = problem.free.start
    np.testing.assert_array_equal(
        problem.penalised(point, problem.data), problem.residuals(point, problem.data)
    )
    assert float(fit(problem, num_starts=1).problem.data.noise) == 0.0
