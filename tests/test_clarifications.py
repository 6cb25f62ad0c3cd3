"""What section 7 of the specification makes clear, each clarification in the smallest world."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from views import view
from worlds import Sketch

from camjax import load_scenario
from camjax.weights import PrescribedRule, Weights

RATE = np.sqrt(1 / 30)
"""R of the default duration and steps of a day."""


def found(
    *deposits: dict[str, Any], steps: int, weights: dict[str, Any], **columns: Any
) -> dict[str, np.ndarray]:
    """What becomes of some deposits and 60 idle FEI; columns are constants or series."""
    idle = {"name": "idle", "type": "idle", "user_balance": 60.0}
    columns = {"fei_price": 1.0} | columns
    rows = {name: np.broadcast_to(values, steps + 1) for name, values in columns.items()}
    scenario = {"steps": steps, "deposits": [*deposits, idle], "weights": weights}
    return Sketch(scenario=scenario, columns=rows).simulate()


def venue(name: str = "venue", balance: float = 40.0, rate: float = 0.05) -> dict[str, Any]:
    return {"name": name, "type": "external", "user_balance": balance, "rate": rate}


MARKET = {"name": "market", "type": "money_market", "user_balance": 40.0, "protocol_balance": 40.0}
NO_EXPOSURE = {"exposure": {"market": 0.0}}


def test_a1_risk_follows_from_a_price_that_no_exposure_asks_for() -> None:
    prices = np.array([100.0, 90.0, 95.0, 80.0, 60.0, 30.0])
    fallen = found(
        MARKET, steps=5, weights=NO_EXPOSURE, utilization=0.6, volatile_asset_price=prices
    )
    assert fallen["volatile_asset_risk"].max() == 1
    expected = 0.6 * (1 - 0.5 * fallen["volatile_asset_risk"])
    np.testing.assert_allclose(fallen["utilization"], expected, rtol=1e-14)


def test_a1_without_a_price_there_is_no_risk_and_that_is_said() -> None:
    document: dict[str, Any] = {
        "steps": 2,
        "deposits": [MARKET, {"name": "idle", "type": "idle", "user_balance": 60.0}],
        "weights": NO_EXPOSURE,
        "drivers": {"utilization": {"process": "constant", "value": 0.6}},
    }
    (note,) = load_scenario(document).notes
    assert "the risk_discount of market has no effect" in note
    calm = found(MARKET, steps=2, weights=NO_EXPOSURE, utilization=0.6)
    np.testing.assert_array_equal(calm["volatile_asset_risk"], 0)
    np.testing.assert_array_equal(calm["utilization"], 0.6)


def test_a2_capital_leaves_a_closed_deposit_at_the_pace_of_the_pairwise_rule() -> None:
    left = found(
        venue("closed", 40.0),
        venue("open", 20.0),
        steps=3,
        weights={"rule": "pairwise"},
        available_closed=0.0,
    )
    stays = 40 * (1 - RATE) ** np.arange(4)
    np.testing.assert_allclose(left["balance"][:, 0], stays[1:], rtol=1e-13)
    np.testing.assert_allclose(left["target_weight"][:, 0], stays[1:] / 120, rtol=1e-13)


def test_a2_so_it_leaves_idle_that_has_no_weight_of_its_own() -> None:
    left = found(venue(rate=0.0), steps=3, weights={"rule": "pairwise", "idle_weight": "zero"})
    np.testing.assert_allclose(left["balance"][:, 1], 60 * (1 - RATE) ** np.arange(1, 4))


@pytest.mark.parametrize(
    ("open_", "prescribed", "expected"),
    [
        ([1.0, 1.0, 0.0], [0.2, 0.2, 0.6], [0.5, 0.5, 0.0]),
        ([1.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.25, 0.75, 0.0]),
        ([1.0, 1.0, 0.0], [0.9, 0.1, 0.0], [0.6, 0.4, 0.0]),
        ([0.0, 0.0, 0.0], [0.9, 0.1, 0.0], [0.1, 0.3, 0.6]),
    ],
    ids=["masked, then normalised", "no claim", "then capped", "all closed"],
)
def test_a3_weights_are_masked_normalised_and_capped_in_this_order(
    open_: list[float], prescribed: list[float], expected: list[float]
) -> None:
    at = view([0.1, 0.3, 0.6], open=open_, target=prescribed)
    cap = 0.6 if prescribed[0] == 0.9 else 1.0
    weights = Weights(rule=PrescribedRule(), cap=jnp.asarray(cap))
    target = weights.target((), at, None).weights.stack()
    np.testing.assert_allclose(target, expected, rtol=1e-14)


def test_a3_open_deposits_that_hold_nothing_either_move_nothing() -> None:
    at = view([0.0, 0.0, 1.0], open=[1.0, 1.0, 0.0], target=[0.0, 0.0, 1.0])
    target = Weights(rule=PrescribedRule()).target((), at, None).weights.stack()
    np.testing.assert_array_equal(target, [0, 0, 1])


def test_a4_a_negative_mean_counts_as_none_in_the_risk_of_yields() -> None:
    losses = np.array([0.0, -2e-18, -4e-18, 0.0])
    lost = found(venue(), steps=3, weights={"yield_window": 2}, yield_rate_venue=losses)
    # Both means are held at 1e-18, the deviation of the losses is 1e-18 too: q = 1.
    np.testing.assert_allclose(lost["target_weight"][1:, 0], 1 / 3, rtol=1e-12)


@pytest.mark.parametrize("rule", ["endogenous", "logit"])
def test_a5_a_fading_memory_of_nothing_weighs_all_alike(rule: str) -> None:
    tastes = {"factor": {"venue": 5.0}, "convenience_yield": {"idle": 0.02}}
    first = found(venue(), steps=1, weights={"rule": rule, "yield_half_life_days": 2.0, **tastes})
    np.testing.assert_allclose(first["target_weight"], [[0.5, 0.5]], rtol=1e-15)


def test_a6_the_zeros_of_step_0_receive_the_convenience_yield() -> None:
    weights = {"yield_window": 2, "convenience_yield": {"venue": 0.02, "idle": 0.01}}
    told = found(venue(rate=0.06), steps=2, weights=weights)["target_weight"]
    np.testing.assert_allclose(told[0], [2 / 3, 1 / 3], rtol=1e-13)
    # Of 0.02 and 0.08: mean 0.05, deviation 0.03; of 0.01 twice: no risk.
    score = 0.05 / (1 + 0.03 / 0.05)
    np.testing.assert_allclose(told[1, 0], score / (score + 0.01), rtol=1e-12)


def test_a7_an_empty_pool_opens_at_the_markets_proportion_with_a_token_for_each_fei() -> None:
    pool = {
        "name": "pool",
        "type": "liquidity_pool",
        "user_balance": 0.0,
        "protocol_tvl_usd": 0.0,
    }
    opened = found(
        pool,
        steps=1,
        weights={"rule": "prescribed", "prescribed_as": "allocation"},
        volatile_asset_price=[1.0, 4.0],
        fei_price=[1.0, 2.0],
        target_pool=[0.0, 0.4],
        target_idle=[1.0, 0.6],
    )
    assert opened["balance"][0, 0] == pytest.approx(24)
    assert opened["pool_volatile_user"].item() == pytest.approx(24 * 2 / 4)
    assert opened["pool_tokens"].item() == pytest.approx(24)


def test_a7_an_empty_market_is_lent_out_where_there_is_demand() -> None:
    empty = {**MARKET, "user_balance": 0.0, "protocol_balance": 0.0}
    weights = {**NO_EXPOSURE, "rule": "prescribed", "prescribed_as": "allocation"}
    lent = found(
        empty,
        steps=2,
        weights=weights,
        borrow_demand=[0.0, 5.0, 0.0],
        target_market=0.0,
        target_idle=1.0,
    )
    np.testing.assert_array_equal(lent["utilization"], [1, 0])


def test_a8_with_nothing_left_the_recorded_target_is_the_last_weights() -> None:
    weights = {"rule": "prescribed", "prescribed_as": "allocation"}
    emptied = found(
        venue(),
        steps=4,
        weights=weights,
        target_venue=[0.4, 0.4, 0.0, 0.0, 0.9],
        target_idle=[0.6, 0.6, 1.0, 1.0, 0.1],
        mint_redeem=[0.0, 0.0, 0.0, 0.0, -100.0],
    )
    np.testing.assert_array_equal(emptied["balance"][-1], 0)
    np.testing.assert_allclose(emptied["target_weight"][-1], [0, 1], atol=1e-15)
