"""What is built of a scenario: model, processes, and the drivers of a path."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from scenario_documents import EVERYTHING, MINIMAL

from camjax.errors import CamjaxError, ScenarioError
from camjax.scenario import load_scenario
from camjax.weights import HalfLifeMemory

TARGETS = {
    f"drivers.target_{name}": {"process": "constant", "value": 0.5} for name in ("savings", "idle")
}
PRESCRIBED = {"weights.rule": "prescribed", **TARGETS}

QUIET = {
    "drivers.volatile_asset_price": {"process": "constant", "value": 2000.0},
    "drivers.utilization": {"process": "constant", "value": 0.7},
}
"""Makes the default scenario draw nothing."""


def test_default_scenario_is_that_of_the_specification() -> None:
    scenario = load_scenario()
    model: Any = scenario.model
    pool, market, savings, idle = model.deposits
    assert (scenario.name, scenario.token, scenario.start_date) == ("fei", "FEI", None)
    assert (scenario.steps, scenario.dt_days, scenario.precision) == (365, 1.0, "float64")
    assert model.names == ("liquidity_pool", "money_market", "savings", "idle")
    assert model.allocated == (True,) * 4
    assert [float(d.user_balance) for d in model.deposits] == [0, 30e6, 0, 195e6]
    assert (pool.protocol_tvl_usd, pool.trading_fee) == (50e6, 0.003)
    assert pool.accounting == "conserving"
    assert (market.protocol_balance, market.base_rate) == (30e6, 0.0)
    np.testing.assert_allclose(market.multiplier, 23782343987e-18 * 2_102_400, rtol=1e-15)
    np.testing.assert_allclose(market.jump_multiplier, 518455098934e-18 * 2_102_400, rtol=1e-15)
    assert (market.kink, market.reserve_factor, market.risk_discount) == (0.8, 0.25, 0.5)
    assert (savings.rate, savings.schedule_days) == (0.015, ())
    assert idle.type == "idle"
    assert model.risk_window == 30
    assert model.rebalancing.duration_days == 30.0
    assert (model.rebalancing.law, model.rebalancing.settlement) == ("sqrt", "netted")
    assert model.rebalancing.transfers == "constrained"
    rule = model.weights.rule
    assert rule.memory.window == 3
    assert rule.preferences.exposure.stack().tolist() == [1, 1, 0, 0]
    assert rule.preferences.factor.stack().tolist() == [1, 1, 1, 1]
    assert rule.preferences.convenience_yield.stack().tolist() == [0, 0, 0, 0]
    assert rule.preferences.elasticity is None
    assert (model.weights.cap, model.weights.excluded) == (None, None)
    processes: Any = scenario.processes.processes
    price, utilization = processes["volatile_asset_price"], processes["utilization"]
    np.testing.assert_allclose(price.drift, -50 / 366, rtol=1e-15)
    assert (price.initial, price.volatility) == (2000.0, 20.0)
    assert (utilization.mean, utilization.std) == (0.7, 0.05)
    assert scenario.is_random


def test_everything_at_once_becomes_model_and_drivers() -> None:
    scenario = load_scenario(EVERYTHING)
    model: Any = scenario.model
    rule = model.weights.rule
    assert model.network.edges == ((0, 1), (1, 2), (2, 3), (3, 4))
    assert model.rebalancing.transfers == "minimum_norm"
    assert rule.network == model.network
    assert rule.conductance.stack().tolist() == [1, 0.5, 1, 1]
    assert isinstance(rule.memory, HalfLifeMemory)
    assert rule.preferences.exposure.stack().tolist() == [1, 1, 1, 0, 0.5]
    assert rule.preferences.factor.stack().tolist() == [1, 1, 1, 2, 1]
    assert rule.preferences.convenience_yield.stack().tolist() == [0, 0, 0, -0.01, 0]
    assert rule.gain == 2.0
    assert model.weights.excluded is None  # the only idle deposit is not allocated
    assert model.deposits[3].rate.tolist() == [0.03, 0.0]
    assert model.deposits[3].schedule_days == (0.0, 2.5)
    assert model.deposits[4].rate is None
    drivers = scenario.sample_drivers(jax.random.key(1))
    assert [sorted(series) for series in drivers.deposits] == [
        [],
        ["utilization"],
        ["borrow_demand"],
        [],
        ["yield_rate"],
        [],
    ]
    assert {leaf.shape for leaf in jax.tree.leaves(drivers)} == {(13,)}
    processes: Any = scenario.processes.processes
    assert processes["utilization_aave-v2"].initial == 0.7


def test_weight_of_idle_can_be_zero() -> None:
    scenario = load_scenario("fei", {"weights.idle_weight": "zero", "weights.cap": 0.4})
    assert scenario.model.weights.excluded == (False, False, False, True)
    assert scenario.model.weights.cap == 0.4


@pytest.mark.parametrize(
    ("meaning", "allocation"),
    [({}, False), ({"weights.prescribed_as": "allocation"}, True)],
)
def test_prescribed_weights_are_targets_unless_they_are_allocations(
    meaning: dict[str, str], allocation: bool
) -> None:
    scenario = load_scenario(MINIMAL, {**PRESCRIBED, **meaning})
    rule: Any = scenario.model.weights.rule
    assert rule.allocation is allocation
    drivers = scenario.sample_drivers()
    assert drivers.target is not None
    np.testing.assert_array_equal(drivers.target.stack(), np.full((6, 2), 0.5))


def test_allocation_at_once_needs_no_duration_of_a_step() -> None:
    overrides = {**PRESCRIBED, "dt_days": 60.0}
    with pytest.raises(ScenarioError, match="duration_days"):
        load_scenario(MINIMAL, overrides)
    assert load_scenario(MINIMAL, {**overrides, "weights.prescribed_as": "allocation"}).steps == 5


def test_scenario_without_any_driver_has_drivers_of_its_length() -> None:
    scenario = load_scenario(MINIMAL)
    assert not scenario.is_random
    drivers = scenario.sample_drivers()
    assert drivers.steps == 5
    assert jax.tree.leaves(drivers) == []


def test_numbers_have_the_precision_of_the_scenario() -> None:
    for precision in ("float32", "float64"):
        document = {**EVERYTHING, "precision": precision}
        scenario = load_scenario(document)
        drivers = scenario.sample_drivers(jax.random.key(0))
        leaves = jax.tree.leaves((scenario.model, scenario.processes, drivers))
        assert {str(leaf.dtype) for leaf in leaves} == {precision}


def test_float64_without_64_bit_jax_is_refused() -> None:
    code = (
        "import camjax.scenario as s\n"
        "assert s.load_scenario('fei', {'precision': 'float32'}).precision == 'float32'\n"
        "s.load_scenario('fei')"
    )
    environment = {"PATH": "", "JAX_PLATFORMS": "cpu", "JAX_ENABLE_X64": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[1],
        check=False,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("camjax.errors.ScenarioError: fei: precision: expected")
    assert 'camjax.configure(precision="float64")' in last


def test_drivers_of_a_path_depend_on_its_key_alone() -> None:
    scenario = load_scenario("fei", {"steps": 6})
    keys = jax.random.split(jax.random.key(3), 3)
    together = jax.jit(jax.vmap(scenario.sample_drivers))(keys)
    alone = scenario.sample_drivers(keys[1])
    for many, one in zip(jax.tree.leaves(together), jax.tree.leaves(alone), strict=True):
        np.testing.assert_allclose(many[1], one, rtol=1e-12)
    assert not np.array_equal(*jax.tree.leaves(together)[0][:2])


def test_exogenous_draws_are_dirichlet_and_each_path_has_its_own() -> None:
    share = np.array([0.1, 0.2, 0.3, 0.4])
    overrides = {"weights.rule": "exogenous", "weights.concentration": 10 * share}
    scenario = load_scenario("fei", {"steps": 4_999, **overrides})
    drivers = jax.vmap(scenario.sample_drivers)(jax.random.split(jax.random.key(0), 4))
    assert drivers.dirichlet is not None
    draws = drivers.dirichlet.stack()
    assert draws.shape == (4, 5_000, 4)
    assert not np.array_equal(draws[0], draws[1])
    np.testing.assert_allclose(draws.sum(-1), 1, rtol=1e-12)
    np.testing.assert_allclose(draws.mean((0, 1)), share, atol=0.005)
    np.testing.assert_allclose(draws.var((0, 1)), share * (1 - share) / 11, rtol=0.05)


def test_exogenous_concentration_is_one_for_all_if_left_out() -> None:
    scenario = load_scenario("fei-no-savings", {"weights.rule": "exogenous"})
    rule: Any = scenario.model.weights.rule
    assert rule.concentration.tolist() == [1, 1, 1]


def test_scenario_is_random_where_anything_in_it_is() -> None:
    exogenous, uncertain = {"weights.rule": "exogenous"}, {"weights.dirichlet_precision": 50}
    assert load_scenario("fei").is_random
    assert not load_scenario("fei", QUIET).is_random
    assert load_scenario("fei", {**QUIET, **exogenous}).is_random
    assert load_scenario("fei", {**QUIET, **uncertain}).is_random


@pytest.mark.parametrize("overrides", [{}, {**QUIET, "weights.rule": "exogenous"}])
def test_random_drivers_ask_for_a_key(overrides: dict[str, Any]) -> None:
    with pytest.raises(CamjaxError, match="key: expected a key"):
        load_scenario("fei", {"steps": 2, **overrides}).sample_drivers()
