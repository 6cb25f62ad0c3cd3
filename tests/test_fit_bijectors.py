"""Bijectors of free numbers: there and back, and the volume they take up."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import camjax
from calibration.fit import free_parameters
from calibration.fit.bijectors import (
    Identity,
    Log,
    Logit,
    LogLogit,
    PrecisionAndMean,
    RateOfDuration,
    ZeroSumLog,
)
from camjax import CamjaxError

BIJECTORS = {
    "identity": Identity(),
    "log": Log(),
    "logit": Logit(lower=-1.0, upper=3.0),
    "logit of a logarithm": LogLogit(lower=0.1, upper=30.0),
    "duration, square root": RateOfDuration(dt_days=0.5, law="sqrt"),
    "duration, exponential": RateOfDuration(dt_days=2.0, law="exponential"),
    "zero-sum logarithms": ZeroSumLog(common=0.4),
    "precision and mean": PrecisionAndMean(),
}
POINTS = np.random.default_rng(0).normal(0, 2, (20, 3))


@pytest.mark.parametrize("name", BIJECTORS)
def test_coordinates_come_back(name: str) -> None:
    bijector = BIJECTORS[name]
    back = jax.vmap(lambda z: bijector.inverse(bijector.forward(z)))(jnp.asarray(POINTS))
    np.testing.assert_allclose(back, POINTS, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", BIJECTORS)
def test_places_on_the_line_come_back_entry_by_entry(name: str) -> None:
    bijector = BIJECTORS[name]
    values = bijector.forward(jnp.asarray(POINTS[0]))
    np.testing.assert_allclose(bijector.from_line(bijector.line(values)), values, rtol=1e-12)
    slopes = jax.jacfwd(bijector.line)(values)
    np.testing.assert_array_equal(slopes, np.diag(np.diagonal(slopes)))


@pytest.mark.parametrize("name", BIJECTORS)
def test_the_log_volume_is_that_of_the_jacobian(name: str) -> None:
    bijector = BIJECTORS[name]
    for point in jnp.asarray(POINTS):
        jacobian = jax.jacfwd(bijector.forward)(point)
        volume = 0.5 * jnp.linalg.slogdet(jacobian.T @ jacobian)[1]
        np.testing.assert_allclose(bijector.log_volume(point), volume, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("law", ["sqrt", "exponential"])
def test_a_duration_means_the_rate_it_is_searched_through(law: str) -> None:
    rebalancing = camjax.Rebalancing(
        duration_days=RateOfDuration(dt_days=0.5, law=law).forward(jnp.asarray(-1.0)), law=law
    )
    np.testing.assert_allclose(rebalancing.rate(0.5), jax.nn.sigmoid(-1.0), rtol=1e-12)


def test_factors_keep_their_common_factor() -> None:
    overrides = {"weights.factor": {"liquidity_pool": 8.0, "idle": 2.0}}
    free = free_parameters(camjax.load_scenario("fei", overrides), ["weights.factor"])
    values = free.constrain(free.start + 0.5)
    np.testing.assert_allclose(free.constrain(free.start), [8, 1, 1, 2], rtol=1e-12)
    np.testing.assert_allclose(values.prod(), 16.0, rtol=1e-12)


def test_a_free_scenario_at_its_start_is_itself() -> None:
    scenario = camjax.load_scenario("fei", {"weights.yield_half_life_days": 2.0})
    paths = ["rebalancing.duration_days", "weights.yield_half_life_days", "weights.factor"]
    paths += ["deposits.money_market.kink", "weights.convenience_yield.idle"]
    free = free_parameters(scenario, paths)
    assert len(free.coordinates) == len(free.names) - 1
    model, processes = free.insert(free.start)
    before = jax.tree.leaves((scenario.model, scenario.processes))
    after = jax.tree.leaves((model, processes))
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    frozen = (model.weights.rule.preferences, scenario.model.weights.rule.preferences)
    assert frozen[0].asset_risk_aversion is frozen[1].asset_risk_aversion


def test_bounds_hold_a_number_between_them() -> None:
    scenario = camjax.load_scenario("fei")
    path = "rebalancing.duration_days"
    free = free_parameters(scenario, [path], {path: (5.0, 200.0)})
    lower, upper = free.box()
    ends = [float(free.constrain(jnp.asarray(end))[0]) for end in (lower, upper)]
    assert 5 < ends[0] < 30 < ends[1] < 200


@pytest.mark.parametrize(
    ("paths", "bounds", "message"),
    [
        ([], {}, "expected paths such as rebalancing.duration_days"),
        (["weights.yield_window"], {}, "structure"),
        (["deposits.savings.user_balance"], {}, "inside its range to begin with, got 0"),
        (["rebalancing.duration_days"], {"weights.cap": (0, 1)}, "a single free number"),
        (["rebalancing.duration_days"], {"rebalancing.duration_days": (9, 5)}, "lower:upper"),
        (["rebalancing.duration_days"], {"rebalancing.duration_days": (40, 50)}, r"in \(40, 50\)"),
    ],
)
def test_what_cannot_be_free_is_refused(paths: list[str], bounds: dict, message: str) -> None:
    with pytest.raises(CamjaxError, match=message):
        free_parameters(camjax.load_scenario("fei"), paths, bounds)
