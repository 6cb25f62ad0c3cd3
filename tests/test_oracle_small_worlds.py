"""The oracle in worlds of one or two deposits, where the answer can be worked out by hand."""

from typing import Any

import numpy as np
import pytest
from oracle import run
from oracle.rules import half_life_memory, project_onto_capped_simplex, window_memory


def two_deposit_run(weights: dict[str, Any], steps: int, **changes: Any) -> dict[str, np.ndarray]:
    """An external venue and idle; `changes` are drivers, balances or scenario keys."""
    venue_balance, idle_balance = changes.pop("balances", (25.0, 75.0))
    rate = changes.pop("rate", 0.05)
    scenario = {
        "deposits": [
            {"name": "venue", "type": "external", "user_balance": venue_balance, "rate": rate},
            {"name": "idle", "type": "idle", "user_balance": idle_balance},
        ],
        "weights": weights,
        "rebalancing": changes.pop("rebalancing", {}),
        "dt_days": changes.pop("dt_days", 1.0),
    }
    columns = {name: np.broadcast_to(values, steps + 1) for name, values in changes.items()}
    return run(scenario, columns, steps)


def test_exponential_law_does_not_depend_on_the_step() -> None:
    weights = {"rule": "prescribed"}
    drivers = {"target_venue": 0.9, "target_idle": 0.1, "rebalancing": {"law": "exponential"}}
    whole = two_deposit_run(weights, 3, **drivers, dt_days=2.0)["balance"]
    halves = two_deposit_run(weights, 6, **drivers, dt_days=1.0)["balance"]
    np.testing.assert_allclose(whole, halves[1::2], rtol=1e-13)
    np.testing.assert_allclose(whole[-1, 0], 90 - 65 * np.exp(-6 / 30), rtol=1e-13)


def test_prescribed_allocation_is_reached_at_once() -> None:
    targets = np.linspace(0.1, 0.8, 6)
    weights = {"rule": "prescribed", "prescribed_as": "allocation"}
    result = two_deposit_run(weights, 5, target_venue=targets, target_idle=1 - targets)
    np.testing.assert_allclose(result["balance"][:, 0], 100 * targets[1:], rtol=1e-13)


def test_pairwise_flow_is_the_tanh_of_relative_scores() -> None:
    weights = {
        "rule": "pairwise",
        "gain": 0.5,
        "elasticity": 2.0,
        "yield_half_life_days": 1.0,
        "convenience_yield": {"idle": 0.02},
        "conductance": [["idle", "venue", 0.4]],
    }
    result = two_deposit_run(weights, 2)
    np.testing.assert_allclose(result["balance"][0], [25.0, 75.0])
    flow = np.sqrt(1 / 30) * 0.4 * np.tanh(0.25 * np.log((0.05 / 0.02) ** 2)) * 75
    np.testing.assert_allclose(result["transfer"][1], [[0.0, 0.0], [flow, 0.0]], rtol=1e-13)
    np.testing.assert_allclose(result["target_weight"][1, 0], (25 + flow) / 100, rtol=1e-13)
    np.testing.assert_allclose(result["balance"][1, 0], 25 + flow, rtol=1e-13)


def test_exogenous_target_mixes_draw_and_current_weights() -> None:
    result = two_deposit_run(
        {"rule": "exogenous"}, 1, dirichlet_venue=[0.5, 0.2], dirichlet_idle=[0.5, 0.8]
    )
    rate = np.sqrt(1 / 30)
    target = (rate * 0.2 + 0.25) / (rate + 1)
    np.testing.assert_allclose(result["target_weight"][0], [target, 1 - target], rtol=1e-13)
    moved = result["balance"][0, 0] - 25
    np.testing.assert_allclose(moved, rate * (target - 0.25) * 100, rtol=1e-12)


def test_redemption_beyond_idle_is_recorded_and_an_empty_world_stands_still() -> None:
    result = two_deposit_run(
        {"rule": "exogenous"},
        4,
        balances=(0.0, 100.0),
        mint_redeem=[0.0, -130.0, 0.0, 0.0, 40.0],
        dirichlet_venue=[0.5, 0.5, 0.5, 1.0, 1.0],
        dirichlet_idle=[0.5, 0.5, 0.5, 0.0, 0.0],
        available_venue=[0, 0, 0, 1, 1],
    )
    rate = np.sqrt(1 / 30)
    venue = rate / (1 + rate)
    moved = rate * venue * 40
    targets = [[0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [venue, 1 - venue]]
    balances = [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [moved, 40 - moved]]
    np.testing.assert_allclose(result["target_weight"], targets, rtol=1e-13)
    np.testing.assert_allclose(result["balance"], balances, rtol=1e-13)
    np.testing.assert_array_equal(result["mint_redeem_shortfall"], [30.0, 0.0, 0.0, 0.0])
    np.testing.assert_array_equal(result["mint_redeem"], [-100.0, 0.0, 0.0, 40.0])


def test_idle_of_weight_zero_empties_into_the_open_deposit() -> None:
    result = two_deposit_run({"idle_weight": "zero"}, 1)
    np.testing.assert_array_equal(result["target_weight"], [[1.0, 0.0]])


def test_nothing_moves_while_every_deposit_is_closed() -> None:
    for rule in ("endogenous", "pairwise"):
        result = two_deposit_run({"rule": rule}, 3, available_venue=0, available_idle=0)
        np.testing.assert_array_equal(result["balance"], [[25.0, 75.0]] * 3)


def test_leaving_a_market_raises_its_yield_under_borrow_demand() -> None:
    scenario = {
        "deposits": [
            {"name": "lender", "type": "money_market", "user_balance": 60.0, "protocol_balance": 0},
            {"name": "idle", "type": "idle", "user_balance": 40.0},
        ],
        "weights": {"rule": "prescribed", "prescribed_as": "allocation"},
    }
    shares = np.array([0.6, 0.5, 0.4, 0.1, 0.0, 0.0])
    columns = {"target_lender": shares, "target_idle": 1 - shares}
    result = run(scenario, columns | {"borrow_demand": np.full(6, 20.0)}, 5)
    np.testing.assert_allclose(result["utilization"], [1 / 3, 0.4, 0.5, 1.0, 1.0], rtol=1e-13)
    assert (np.diff(result["yield_rate"][:-1, 0]) > 0).all()


@pytest.mark.parametrize("cap", [0.25, 0.3, 0.5, 1.0])
def test_projection_onto_the_capped_simplex_is_the_nearest_point(cap: float) -> None:
    generator = np.random.default_rng(0)
    weights = np.array([0.7, 0.2, 0.1, 0.0])
    projected = project_onto_capped_simplex(weights, cap)
    assert projected.sum() == pytest.approx(1.0, abs=1e-14)
    assert projected.min() >= 0
    assert projected.max() <= cap
    others = generator.dirichlet(np.ones(4), 2000)
    others = others[others.max(axis=1) <= cap]
    # Nearest point of a convex set: no feasible direction makes an acute angle with the residual.
    assert ((others - projected) @ (weights - projected) <= 1e-14).all()


def test_memories_weigh_quotes_as_written() -> None:
    quotes = np.array([[0.0], [0.04], [0.02]])
    level, mean, deviation = window_memory(quotes[:2], 4)
    np.testing.assert_allclose([level, mean, deviation], [[0.01], [0.02], [0.02]], rtol=1e-14)
    level, mean, deviation = half_life_memory(quotes[1:], np.array([3.0, 0.0]), 3.0)
    expected = (0.5 * 0.04 + 0.02) / 1.5
    spread = np.sqrt((0.5 * (0.04 - expected) ** 2 + (0.02 - expected) ** 2) / 1.5)
    np.testing.assert_allclose([level, mean, deviation], [[expected], [expected], [spread]])
    assert window_memory(np.full((3, 1), -0.1), 3)[2] == 0


def test_half_life_counts_days_and_outside_risk_lowers_the_target() -> None:
    result = two_deposit_run(
        {
            "yield_half_life_days": 2.0,
            "convenience_yield": {"idle": 0.01},
            "yield_risk_aversion": 3.0,
        },
        3,
        dt_days=4.0,
        yield_rate_venue=[9.0, 0.04, 0.02, 9.0],
        risk_venue=[0.0, 0.0, 0.0, 0.5],
    )
    old, new = 0.25 / 1.25, 1 / 1.25
    mean = old * 0.04 + new * 0.02
    deviation = np.sqrt(old * (0.04 - mean) ** 2 + new * (0.02 - mean) ** 2)
    venue, idle = mean / (1 + 3 * deviation / mean + 0.5), 0.01
    np.testing.assert_allclose(result["target_weight"][0], [0.5, 0.5])
    np.testing.assert_allclose(result["target_weight"][1], [0.8, 0.2], rtol=1e-12)
    np.testing.assert_allclose(result["target_weight"][2, 0], venue / (venue + idle), rtol=1e-12)


def test_a_deposit_that_loses_is_as_risky_as_its_losses_vary() -> None:
    losses = [0.0, -2e-18, -4e-18, 0.0]
    result = two_deposit_run({"yield_window": 2}, 3, yield_rate_venue=losses)
    np.testing.assert_allclose(result["target_weight"][1:, 0], 1 / 3, rtol=1e-12)


def test_scheduled_rate_holds_from_its_day_until_the_next() -> None:
    result = two_deposit_run({}, 5, rate=[[3, 0.03], [6, 0.01]], dt_days=1.5)
    np.testing.assert_array_equal(result["yield_rate"][:, 0], [0.0, 0.03, 0.03, 0.01, 0.01])


def test_cap_gives_way_when_too_few_deposits_are_open() -> None:
    result = two_deposit_run({"cap": 0.6}, 2, available_idle=[1, 1, 0])
    np.testing.assert_allclose(result["target_weight"], [[0.5, 0.5], [1.0, 0.0]])


def test_user_fei_opens_an_empty_pool_at_the_market_price() -> None:
    scenario = {
        "deposits": [
            {
                "name": "pool",
                "type": "liquidity_pool",
                "user_balance": 0.0,
                "protocol_tvl_usd": 0.0,
            },
            {"name": "idle", "type": "idle", "user_balance": 100.0},
        ],
        "weights": {"rule": "prescribed", "prescribed_as": "allocation"},
    }
    columns = {"volatile_asset_price": [1.0, 4.0, 4.0], "target_pool": [0, 0.4, 0.4]}
    columns |= {"target_idle": [1, 0.6, 0.6]}
    result = run(scenario, {name: np.array(column) for name, column in columns.items()}, 2)
    np.testing.assert_allclose(result["pool_volatile_user"], 10.0)
    np.testing.assert_allclose(result["pool_tokens"], 40.0)
    np.testing.assert_allclose(result["yield_rate"][:, 0], 0.0)


def test_what_the_specification_refuses_is_refused() -> None:
    with pytest.raises(ValueError, match="above 1"):
        two_deposit_run({}, 1, rebalancing={"duration_days": 0.5})
    with pytest.raises(ValueError, match="simplex"):
        two_deposit_run({"rule": "prescribed"}, 1, target_venue=0.5, target_idle=0.4)
    idle_only = {"deposits": [{"name": "idle", "type": "idle", "user_balance": 0.0}]}
    with pytest.raises(ValueError, match="no user FEI"):
        run(idle_only, {}, 1)
