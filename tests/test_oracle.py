"""The oracle against the golden trajectories, and against laws of many deposits."""

import itertools
from typing import Any

import numpy as np
import pytest
from oracle import run
from oracle.transfers import incidence, planned_transfers
from shared import golden_cases, load_golden

STEPS = 25


@pytest.mark.parametrize("name", golden_cases())
def test_oracle_reproduces_golden_case(name: str) -> None:
    case = load_golden(name)
    result = run(case.scenario, case.columns, case.steps)
    deposits = case.scenario["deposits"]
    allocated = [i for i, deposit in enumerate(deposits) if deposit["allocated"]]
    moved = result["transfer"][:, allocated][:, :, allocated]
    result["transfer"] = np.triu(moved.swapaxes(1, 2) - moved)
    result["target_weights"] = result["target_weight"][:, allocated]
    result["remainder"] = result["remainder"][:, allocated]
    total_fei = case.expected["balance"].sum(axis=1).min()
    for variable, expected in case.expected.items():
        relative, absolute = 0.0, 1e-9
        if variable.startswith("pool_"):
            relative, absolute = 1e-9, 0.0
        elif variable in ("balance", "inert", "transfer", "remainder", "borrowed"):
            absolute = 1e-9 * total_fei
        np.testing.assert_allclose(
            result[variable], expected, rtol=relative, atol=absolute, err_msg=variable
        )


def mixed_scenario(**tables: dict[str, Any]) -> dict[str, Any]:
    """Two pools, two money markets, savings, an external venue left alone, and idle."""
    market = {"type": "money_market", "protocol_balance": 2e7}
    deposits = [
        {"name": "big_pool", "type": "liquidity_pool", "user_balance": 4e6},
        {"name": "lender", "user_balance": 3e7, **market},
        {"name": "small_pool", "type": "liquidity_pool", "user_balance": 0.0},
        {"name": "savings", "type": "savings", "user_balance": 5e6, "rate": [[0, 0.02], [9, 0.01]]},
        {"name": "other_lender", "user_balance": 1e7, **market},
        {"name": "venue", "type": "external", "user_balance": 7e6, "rate": 0.03},
        {"name": "idle", "type": "idle", "user_balance": 9e7},
    ]
    deposits[0]["protocol_tvl_usd"], deposits[2]["protocol_tvl_usd"] = 5e7, 1e6
    deposits[5]["allocated"] = False
    return {"deposits": deposits, **tables}


def mixed_columns() -> dict[str, np.ndarray]:
    """A falling and rising price, FEI off its peg, borrowing by demand and by utilization."""
    generator = np.random.default_rng(5)
    return {
        "volatile_asset_price": 2000 * np.exp(generator.normal(0, 0.03, STEPS + 1).cumsum()),
        "fei_price": generator.uniform(0.98, 1.02, STEPS + 1),
        "utilization": generator.uniform(0.5, 1.0, STEPS + 1),
        "borrow_demand_other_lender": generator.uniform(1e7, 3e7, STEPS + 1),
        "mint_redeem": generator.normal(0, 3e6, STEPS + 1),
        "risk_savings": generator.uniform(0, 1, STEPS + 1),
    }


@pytest.mark.parametrize("settlement", ["netted", "sequential"])
@pytest.mark.parametrize("rule", ["endogenous", "pairwise"])
def test_fei_changes_only_by_mint_and_arbitrage(settlement: str, rule: str) -> None:
    columns = mixed_columns()
    result = run(
        mixed_scenario(rebalancing={"settlement": settlement}, weights={"rule": rule}),
        columns,
        STEPS,
    )
    held = result["balance"].sum(axis=1) + result["pool_fei_protocol"].sum(axis=1)
    entered = (
        result["pool_minted_redeemed"].sum(axis=1)
        + columns["mint_redeem"][1:]
        + result["mint_redeem_shortfall"]
    )
    np.testing.assert_allclose(np.diff(held), entered[1:], rtol=0, atol=1e-9 * held[0])


@pytest.mark.parametrize("rule", ["endogenous", "pairwise"])
def test_order_of_deposits_does_not_matter_when_netted_at_minimum_norm(rule: str) -> None:
    weights = {
        "rule": rule,
        "cap": 0.4,
        "factor": {"idle": 3.0},
        "convenience_yield": {"idle": 0.01},
    }
    scenario = mixed_scenario(weights=weights, rebalancing={"transfers": "minimum_norm"})
    order = [6, 2, 0, 5, 4, 1, 3]
    shuffled = {**scenario, "deposits": [scenario["deposits"][i] for i in order]}
    expected = run(scenario, mixed_columns(), STEPS)
    result = run(shuffled, mixed_columns(), STEPS)
    for variable, tolerance in {
        "balance": 1e-6,
        "target_weight": 1e-12,
        "yield_rate": 1e-12,
    }.items():
        reordered = expected[variable][:, order]
        np.testing.assert_allclose(result[variable], reordered, rtol=0, atol=tolerance)
    moved = expected["transfer"][:, order][:, :, order]
    np.testing.assert_allclose(result["transfer"], moved, rtol=0, atol=1e-6)


@pytest.mark.parametrize("count", range(3, 13))
def test_closed_form_of_constrained_transfers_is_the_pseudoinverse(count: int) -> None:
    changes = np.random.default_rng(count).normal(size=count)
    changes -= changes.mean()
    i = np.arange(count)
    tilt = 6 / (count * (count - 1) * (count - 2)) * ((count - 1 - 2 * i) @ changes)
    pairs = list(itertools.combinations(range(count), 2))
    planned = planned_transfers(changes, pairs, "constrained")
    for a, b in pairs:
        closed = (changes[a] - changes[b]) / count - (1 - 2 * (b - a) / count) * tilt
        assert planned[a, b] == pytest.approx(closed, abs=1e-13)


@pytest.mark.parametrize("transfers", ["constrained", "minimum_norm"])
def test_two_deposits_exchange_the_whole_change(transfers: str) -> None:
    planned = planned_transfers(np.array([3.0, -3.0]), [(0, 1)], transfers)
    np.testing.assert_allclose(planned, [[0.0, 3.0], [0.0, 0.0]], atol=1e-14)


def test_a_graph_changes_flows_but_not_net_changes() -> None:
    chain = [["idle", "lender"], ["savings", "lender"], ["savings", "big_pool"]]
    chain += [["big_pool", "small_pool"], ["small_pool", "other_lender"]]
    along_chain = run(mixed_scenario(rebalancing={"pairs": chain}), mixed_columns(), STEPS)
    anywhere = run(mixed_scenario(), mixed_columns(), STEPS)
    np.testing.assert_allclose(along_chain["balance"], anywhere["balance"], rtol=0, atol=1e-6)
    used = np.argwhere((along_chain["transfer"] > 1.0).any(axis=0))
    names = [deposit["name"] for deposit in mixed_scenario()["deposits"]]
    assert {frozenset(names[i] for i in pair) for pair in used} == set(map(frozenset, chain))


def test_a_graph_that_does_not_connect_is_refused() -> None:
    with pytest.raises(ValueError, match="connect"):
        planned_transfers(np.zeros(4), [(0, 1), (2, 3)], "minimum_norm")


def test_incidence_names_destination_with_plus_one() -> None:
    np.testing.assert_array_equal(incidence(3, [(0, 2)])[:, 0], [1.0, 0.0, -1.0])


def test_risk_of_a_straight_fall_is_one_and_of_a_straight_rise_follows_its_mean() -> None:
    for slope in (-10.0, 10.0):
        prices = 2000 + slope * np.arange(STEPS + 1)
        columns = mixed_columns() | {"volatile_asset_price": prices}
        risk = run(mixed_scenario(), columns, STEPS)["volatile_asset_risk"]
        means = prices[1:].cumsum() / np.arange(1, STEPS + 1)
        expected = 1.0 if slope < 0 else 1 - means[2] / means[2:]
        np.testing.assert_array_equal(risk[:2], 0.0)
        np.testing.assert_allclose(risk[2:], expected, atol=1e-12)
