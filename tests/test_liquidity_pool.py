"""The constant-product pool against numbers worked out by hand, and its laws."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markets import market

from camjax.deposits import LiquidityPool
from camjax.errors import CamjaxError

FEE = 0.003
ACCOUNTINGS = ["conserving", "reference"]


def pool(user_balance=250.0, protocol_tvl_usd=1500.0, accounting="conserving", **changes: Any):
    """1000 FEI in all, 250 of them the users', and at 100 USD ten of the volatile asset."""
    return LiquidityPool(
        user_balance=jnp.asarray(user_balance),
        protocol_tvl_usd=jnp.asarray(protocol_tvl_usd),
        trading_fee=jnp.asarray(changes.get("trading_fee", FEE)),
        accounting=accounting,
    )


@jax.jit
def after(deposit: LiquidityPool, prices, fei_prices):
    """State and quote after the first prices, then the others, in turn."""
    state = deposit.init(market(prices[0], fei_prices[0]))
    for price, fei_price in zip(prices[1:], fei_prices[1:], strict=True):
        state, yield_rate, info = deposit.evolve(state, market(price, fei_price), {})
    return state, yield_rate, info


def test_a_pool_starts_with_half_of_the_protocols_value_in_each_asset():
    state = pool().init(market(80.0, fei_price=0.96))
    protocol = 1500 / 2 / 0.96
    assert state.fei_user == 250
    assert state.fei_protocol == pytest.approx(protocol, rel=1e-15)
    assert state.volatile == pytest.approx((250 + protocol) * 0.96 / 80, rel=1e-15)
    assert state.tokens == pytest.approx(250 + protocol, rel=1e-15)


def test_a_rising_price_draws_fei_into_the_pool():
    state, yield_rate, info = after(pool(), (100.0, 121.0), (1.0, 1.0))
    # k = 10^4: reserves 1000 -> 1100 FEI with the fee on top of it, 10 -> 100/11 volatile.
    reserves = 1100 + 0.3
    tvl = reserves + 100 / 11 * 121
    assert state.fei == pytest.approx(reserves, rel=1e-14)
    assert state.fei_user == pytest.approx(reserves / 4, rel=1e-14)
    assert state.volatile == pytest.approx(100 / 11, rel=1e-14)
    assert state.tokens == 1000
    assert info["pool_trading_fees"] == pytest.approx(0.3, rel=1e-12)
    assert info["pool_minted_redeemed"] == pytest.approx(100.3, rel=1e-12)
    assert info["pool_tvl"] == pytest.approx(tvl, rel=1e-14)
    assert info["pool_impermanent_loss"] == pytest.approx(-1 / 221, rel=1e-12)
    assert yield_rate == pytest.approx(0.3 / tvl * 365 - 1 / 221, rel=1e-12)


def test_a_falling_price_draws_volatile_asset_into_the_pool():
    state, yield_rate, info = after(pool(), (100.0, 81.0), (1.0, 1.0))
    fee = FEE * 10 / 9
    tvl = 900 + (100 / 9 + fee) * 81
    loss = 2 * (10 / 9) / (1 + 100 / 81) - 1
    assert state.fei == pytest.approx(900, rel=1e-14)
    assert state.volatile == pytest.approx(100 / 9 + fee, rel=1e-14)
    assert info["pool_trading_fees"] == pytest.approx(fee * 81, rel=1e-12)
    assert info["pool_minted_redeemed"] == pytest.approx(-100, rel=1e-12)
    assert info["pool_impermanent_loss"] == pytest.approx(loss, rel=1e-12)
    assert yield_rate == pytest.approx(fee * 81 / tvl * 365 + loss, rel=1e-12)


def test_a_dearer_fei_is_sold_to_the_pool_like_a_cheaper_asset():
    state, _, info = after(pool(), (100.0, 100.0), (1.0, 1.21))
    assert state.fei == pytest.approx(1000 / 1.1, rel=1e-14)
    assert state.volatile == pytest.approx(11 + FEE, rel=1e-14)
    assert info["pool_trading_fees"] == pytest.approx(FEE * 100, rel=1e-12)


def test_a_yield_is_per_year_and_never_negative():
    start = pool().init(market())
    _, hourly, info = pool().evolve(start, market(100.1, dt_days=1 / 24), {})
    earned = info["pool_trading_fees"] / info["pool_tvl"] * 365 * 24
    assert hourly == pytest.approx(float(earned + info["pool_impermanent_loss"]), rel=1e-12)
    feeless, nothing, _ = after(pool(trading_fee=0.0), (100.0, 50.0), (1.0, 1.0))
    assert nothing == 0
    assert feeless.fei * feeless.volatile == pytest.approx(1e4, rel=1e-14)


def test_prices_that_do_not_move_leave_the_pool_as_it_is():
    state, yield_rate, info = after(pool(), (100.0, 100.0), (1.0, 1.0))
    assert (state.fei, state.volatile, yield_rate) == (1000, 10, 0)
    assert info["pool_trading_fees"] == info["pool_minted_redeemed"] == 0


prices = st.floats(1.0, 1e4)
fei_prices = st.floats(0.5, 2.0)


@given(before=st.tuples(prices, fei_prices), now=st.tuples(prices, fei_prices))
def test_after_arbitrage_the_pools_price_is_within_the_fee_and_fees_alone_grow_it(before, now):
    (first, last), (first_fei, last_fei) = zip(before, now, strict=True)
    state, _, info = after(pool(), (100.0, first, last), (1.0, first_fei, last_fei))
    earlier, _, _ = after(pool(), (100.0, 100.0, first), (1.0, 1.0, first_fei))

    gap = float(state.fei / state.volatile * last_fei / last)
    assert 1 / (1 + FEE) - 1e-12 <= gap <= 1 + FEE + 1e-12
    invariant, was = state.fei * state.volatile, earlier.fei * earlier.volatile
    grown = max(gap, 1 / gap)  # fees are the only difference from a curve of constant product
    assert invariant / was == pytest.approx(grown, rel=1e-11)
    fees = (grown - 1) * np.sqrt(float(was) * last * last_fei)
    scale = float(info["pool_tvl"])
    assert info["pool_trading_fees"] == pytest.approx(fees, rel=1e-9, abs=1e-11 * scale)
    owned = state.fei_user / state.fei
    assert owned == pytest.approx(0.25, rel=1e-13)
    assert info["pool_minted_redeemed"] == pytest.approx(
        float(state.fei - earlier.fei), rel=1e-9, abs=1e-11 * scale
    )


@given(now=st.tuples(prices, fei_prices))
def test_impermanent_loss_is_what_a_pool_without_fees_loses_against_holding(now):
    price, fei_price = now
    _, _, info = after(pool(trading_fee=0.0), (100.0, price), (1.0, fei_price))
    held = 1000 * fei_price + 10 * price
    loss = float(info["pool_tvl"]) / held - 1
    assert info["pool_impermanent_loss"] == pytest.approx(loss, abs=1e-13)
    assert -1 < loss <= 1e-15


@given(price=prices, share=st.floats(-0.9, 100.0), accounting=st.sampled_from(ACCOUNTINGS))
def test_users_bring_and_take_both_assets_in_the_pools_proportion(price, share, accounting):
    deposit = pool(accounting=accounting)
    state, _, _ = after(deposit, (100.0, price), (1.0, 1.0))
    amount = share * float(state.fei_user)
    received = receive(deposit, state, amount, price)
    growth = received.fei / state.fei
    assert received.volatile / state.volatile == pytest.approx(float(growth), rel=1e-12)
    assert received.tokens / state.tokens == pytest.approx(float(growth), rel=1e-12)
    assert received.fei_protocol == state.fei_protocol
    gained = received.fei_user - state.fei_user
    rounding = 1e-14 * float(received.fei)
    if accounting == "reference" and amount > 0:
        # As large a share of the volatile side as the inflow is worth: α = (g F / P) / z.
        expected = float(amount / price / state.volatile * state.fei)
        assert gained == pytest.approx(expected, rel=1e-12, abs=rounding)
        assert abs(gained - amount) <= FEE * amount + rounding
    else:
        assert gained == pytest.approx(amount, rel=1e-14, abs=rounding)


@jax.jit
def receive(deposit, state, amount, price):
    return deposit.receive(state, amount, market(price))


def test_reference_accounting_leaks_as_much_as_the_fee_has_moved_the_price():
    deposit = pool(accounting="reference")
    state, _, _ = after(deposit, (100.0, 121.0), (1.0, 1.0))
    gained = receive(deposit, state, jnp.asarray(50.0), 121.0).fei_user - state.fei_user
    assert gained == pytest.approx(50 * (1 + 0.3 / 1100), rel=1e-12)
    after_fall, _, _ = after(deposit, (100.0, 81.0), (1.0, 1.0))
    gained = receive(deposit, after_fall, jnp.asarray(50.0), 81.0).fei_user - after_fall.fei_user
    assert gained == pytest.approx(50 / (1 + FEE * 0.1), rel=1e-12)


def test_what_was_brought_can_be_taken_away_again():
    state, _, _ = after(pool(), (100.0, 121.0), (1.0, 1.0))
    there = receive(pool(), state, jnp.asarray(333.0), 121.0)
    back = receive(pool(), there, jnp.asarray(-333.0), 121.0)
    for one, other in zip(jax.tree.leaves(back), jax.tree.leaves(state), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)


@pytest.mark.parametrize("accounting", ACCOUNTINGS)
def test_an_empty_pool_earns_nothing_and_opens_at_the_market_price(accounting):
    deposit = pool(0.0, 0.0, accounting)
    state, yield_rate, info = after(deposit, (100.0, 121.0), (1.0, 1.0))
    assert (state.fei, state.volatile, yield_rate, info["pool_tvl"]) == (0, 0, 0, 0)
    opened = receive(deposit, state, jnp.asarray(242.0), 121.0)
    assert (opened.fei_user, opened.fei_protocol, opened.tokens) == (242, 0, 242)
    assert opened.volatile == pytest.approx(2.0, rel=1e-15)


def test_what_is_inspected_adds_up():
    state, _, _ = after(pool(), (100.0, 121.0), (1.0, 1.0))
    seen = pool().inspect(state)
    assert seen["pool_invariant"] == pytest.approx(float(state.fei * state.volatile), rel=1e-15)
    assert seen["pool_fei_protocol"] == pytest.approx(0.75 * float(state.fei), rel=1e-14)
    assert seen["pool_volatile_protocol"] == pytest.approx(0.75 * float(state.volatile), rel=1e-14)
    assert seen["pool_volatile_user"] == pytest.approx(0.25 * float(state.volatile), rel=1e-14)
    assert seen["pool_tokens"] == state.tokens


def test_impermanent_loss_is_flat_where_prices_are_as_at_the_start():
    def loss(price):
        _, _, info = pool().evolve(pool().init(market(100.0)), market(price), {})
        return info["pool_impermanent_loss"]

    assert jax.grad(loss)(jnp.asarray(100.0)) == 0


def test_a_pool_without_a_price_is_refused():
    priceless = market()
    priceless = type(priceless)(**{**vars(priceless), "volatile_asset_price": None})
    with pytest.raises(CamjaxError, match="expected a volatile_asset_price series"):
        pool().init(priceless)
