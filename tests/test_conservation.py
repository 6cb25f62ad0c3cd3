"""Laws of amounts that hold in any world: no FEI is lost, none is owed, and runs tell the truth."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from structures import FOUR, STRUCTURES, idle, pool, quoted
from worlds import (
    POSITIVE_AMOUNT,
    STEPS,
    Sketch,
    column,
    mint_redeem,
    price,
    sketches,
    utilization,
)

from camjax import simulate
from camjax.status import EMPTIED, NOT_FINITE, PRICE_HELD, REMAINDER, SHORTFALL

YEAR = 365
TOLERANCE = 1e-12

few_examples = settings(max_examples=4)
over_structures = pytest.mark.parametrize("structure", STRUCTURES)


def a_year(settlement: str) -> SearchStrategy[Sketch]:
    """Two pools, a market, savings and idle, with mints and redemptions."""
    rows = YEAR + 1
    return sketches(
        [pool("pool"), *FOUR[1:], pool("other_pool")],
        column("volatile_asset_price", price(rows)),
        column("utilization", utilization(rows)),
        column("mint_redeem", mint_redeem(rows)),
        steps=YEAR,
        rebalancing={"settlement": settlement},
    )


@pytest.mark.parametrize("settlement", ["netted", "sequential"])
@settings(max_examples=20)
@given(data=st.data())
def test_user_fei_changes_only_by_arbitrage_mint_and_redemption(
    settlement: str, data: st.DataObject
) -> None:
    sketch = data.draw(a_year(settlement))
    result = sketch.simulate()
    deposits, pools = sketch.scenario["deposits"], [0, 4]
    balances = np.vstack([[deposit["user_balance"] for deposit in deposits], result["balance"]])
    liquidity = [deposits[i]["protocol_tvl_usd"] / 2 for i in pools]
    protocol = np.vstack([liquidity, result["pool_fei_protocol"]])
    # Arbitrage works for users and protocol in the proportion of what they held before it.
    users_share = balances[:-1, pools] / (balances[:-1, pools] + protocol[:-1])
    arbitrage = (users_share * result["pool_minted_redeemed"]).sum(axis=1)
    supplied = sketch.columns["mint_redeem"][1:] + result["mint_redeem_shortfall"]
    total = balances.sum(axis=1)
    small = TOLERANCE * (total + protocol.sum(axis=1)).max()
    np.testing.assert_allclose(
        total[1:], total[0] + np.cumsum(arbitrage + supplied), rtol=0.0, atol=small
    )


@over_structures
@few_examples
@given(data=st.data())
def test_no_amount_is_negative_or_undefined(structure: str, data: st.DataObject) -> None:
    sketch = data.draw(STRUCTURES[structure])
    result = sketch.simulate()
    for name in ("balance", "transfer", "mint_redeem_shortfall"):
        assert (result[name] >= 0).all(), name
    for name in result.keys() - {"target_weight", "remainder", "inert"}:
        assert np.isfinite(result[name]).all(), name


@over_structures
@few_examples
@given(data=st.data())
def test_remainders_sum_to_zero_and_are_zero_when_netted(
    structure: str, data: st.DataObject
) -> None:
    sketch = data.draw(STRUCTURES[structure])
    result = sketch.simulate()
    remainder = result["remainder"][:, sketch.allocated]
    small = TOLERANCE * result["balance"].sum(axis=1).max()
    assert np.abs(remainder.sum(axis=1)).max() <= small
    if sketch.scenario.get("rebalancing", {}).get("settlement") != "sequential":
        assert np.abs(remainder).max() <= small


@over_structures
@few_examples
@given(data=st.data())
def test_status_says_what_happened_and_no_more(structure: str, data: st.DataObject) -> None:
    sketch = data.draw(STRUCTURES[structure])
    result = sketch.simulate()
    is_emptied = result["balance"][:, sketch.allocated].sum(axis=1) == 0
    prices = sketch.columns.get("volatile_asset_price", np.ones(sketch.steps + 1))
    is_held = prices[1:] <= 1e-6 * prices[0]
    small = 64 * np.finfo(float).eps
    total = result["balance"].sum(axis=1)
    left_over = np.abs(result["remainder"][:, sketch.allocated]).max(axis=1) > small * total
    unpaid = result["mint_redeem_shortfall"]
    is_short = unpaid > small * np.abs(result.get("mint_redeem", 0.0) - unpaid)
    expected = EMPTIED * is_emptied + PRICE_HELD * is_held
    expected += REMAINDER * left_over + SHORTFALL * is_short
    np.testing.assert_array_equal(result["status"], expected)


def test_status_says_when_balances_are_no_longer_numbers() -> None:
    deposits = [
        {"name": "venue", "type": "external", "user_balance": 25.0},
        {"name": "idle", "type": "idle", "user_balance": 75.0},
    ]
    quotes = np.full(STEPS + 1, 0.05)
    sketch = Sketch(
        scenario={"steps": STEPS, "deposits": deposits}, columns={"yield_rate_venue": quotes}
    )
    model = sketch.model

    @jax.jit
    def status(quotes: jax.Array) -> jax.Array:
        """Of series that nobody could look at."""
        return simulate(model, model.drivers({"yield_rate_venue": quotes})).status

    # Quotes of step 3 are used in step 4.
    expected = np.where(np.arange(1, STEPS + 1) < 4, 0, NOT_FINITE)
    found = status(jnp.asarray(quotes).at[3].set(jnp.nan))
    np.testing.assert_array_equal(found, expected)


ALL_IDLE = [
    quoted("savings", "savings", user_balance=0.0, rate=0.02),
    quoted("venue", "external", user_balance=0.0, rate=0.0),
    idle(),
]


@settings(max_examples=20)
@given(
    sketch=sketches(ALL_IDLE, weights={"rule": "exogenous"}),
    draw=st.floats(0.0, 1.0),
    redeemed_at=st.integers(2, STEPS - 2),
    minted=POSITIVE_AMOUNT,
)
def test_after_the_last_fei_is_redeemed_weights_stay_until_some_is_minted(
    sketch: Sketch, draw: float, redeemed_at: int, minted: float
) -> None:
    step = np.arange(STEPS + 1)
    held = sketch.scenario["deposits"][2]["user_balance"]
    # Until all is redeemed everybody wants to be idle, which keeps it there to be redeemed.
    wanted = np.where(step < redeemed_at, 0.0, draw)
    flow = np.where(step == redeemed_at, -2 * held, 0.0)
    flow[-1] = minted
    columns = {
        "dirichlet_savings": wanted,
        "dirichlet_venue": np.zeros(STEPS + 1),
        "dirichlet_idle": 1 - wanted,
        "mint_redeem": flow,
    }
    result = dataclasses.replace(sketch, columns=columns).simulate()
    without = slice(redeemed_at - 1, STEPS - 1)
    weights = result["target_weight"][without]
    np.testing.assert_allclose(weights, np.broadcast_to([0, 0, 1], weights.shape), atol=1e-15)
    for name in ("balance", "transfer", "remainder"):
        assert (result[name][without] == 0).all(), name
    is_emptied = (step[1:] >= redeemed_at) & (step[1:] < STEPS)
    status = EMPTIED * is_emptied + SHORTFALL * (step[1:] == redeemed_at)
    np.testing.assert_array_equal(result["status"], status)
    assert result["mint_redeem_shortfall"].sum() == pytest.approx(held, rel=1e-15)
    np.testing.assert_allclose(
        result["mint_redeem"], flow[1:] + result["mint_redeem_shortfall"], rtol=1e-15
    )
    assert result["balance"][-1].sum() == pytest.approx(minted, rel=TOLERANCE)
