"""Flows, the cost of a savings rate, and what a revenue leaves of it."""

import numpy as np
import pytest
from analysis_worlds import DT_DAYS, PATHS, STEPS, world, worlds

from camjax.analysis import (
    bands,
    deficit,
    profit,
    protocol_revenue,
    savings_cost,
    total_transfers,
    transfers,
    user_balance,
)
from camjax.errors import CamjaxError

ONE, SWEEP = world(), worlds()
YEARS_A_STEP = DT_DAYS / 365


def test_the_cost_is_balance_times_rate_of_each_path() -> None:
    found = savings_cost(SWEEP)
    own = SWEEP.sel(deposit="savings")
    expected = own.balance.values * own.yield_rate.values * YEARS_A_STEP
    assert found.dims == ("setting", "path", "step")
    np.testing.assert_allclose(found, expected)
    assert found.attrs["units"] == "FEI"


def test_costs_add_up_along_each_path_and_not_across_paths() -> None:
    cost = savings_cost(ONE)
    total = bands(ONE, cost.cumsum("step"))
    each = cost.values.cumsum(axis=1)
    np.testing.assert_allclose(total["mean"], each.mean(axis=0))
    assert float(total["mean"][-1]) < cost.values.sum() / 2


def test_another_rate_costs_in_proportion_on_fixed_balances() -> None:
    tenth = savings_cost(ONE, rate=0.1)
    np.testing.assert_allclose(tenth, ONE.balance.sel(deposit="savings") * 0.1 * YEARS_A_STEP)
    np.testing.assert_allclose(savings_cost(ONE, rate=0.2), 2 * tenth)
    assert (savings_cost(ONE, rate=0.0) == 0).all()


def test_profit_is_what_a_number_or_a_series_leaves() -> None:
    cost = savings_cost(ONE, 0.1).values
    np.testing.assert_allclose(profit(ONE, 200.0, rate=0.1), 200.0 - cost)
    series = np.linspace(100.0, 300.0, STEPS)
    np.testing.assert_allclose(profit(SWEEP, series, rate=0.1)[0], series - cost)
    with pytest.raises(CamjaxError, match="a series of 60 steps, got an array of shape"):
        profit(ONE, [1.0, 2.0])


def test_a_protocol_that_always_earns_more_never_sees_a_deficit() -> None:
    found = deficit(SWEEP, revenue=1e9)
    assert (found.never == 1).all() and (found.probability == 0).all()
    assert (found.high < 0.1).all() and (found.high > 0).all()


def test_a_deficit_begins_where_profit_is_first_negative() -> None:
    found = deficit(ONE, revenue=250.0, rate=0.1)
    short = profit(ONE, 250.0, rate=0.1).values < 0
    assert 0 < short.any(axis=1).mean() < 1
    assert float(found.probability) == short.any(axis=1).mean()
    np.testing.assert_allclose(found.by, np.maximum.accumulate(short, axis=1).mean(axis=0))


def test_the_protocols_revenue_is_what_its_parts_earn() -> None:
    found = protocol_revenue(ONE, stable_asset=1e6, stable_rate=0.05, volatile_asset=300.0)
    row = ONE.isel(path=3, step=17)
    own = float(row.pool_fei_protocol)
    share = own / (own + float(row.balance.sel(deposit="pool")))
    held = 1e6 * 0.05 + 300 * 0.1 * float(row.volatile_asset_price)
    held += 3e6 * float(row.yield_rate.sel(deposit="market"))
    expected = held * YEARS_A_STEP + share * float(row.pool_trading_fees)
    expected += 0.001 * max(-float(row.pool_minted_redeemed), 0.0)
    assert float(found[3, 17]) == pytest.approx(expected)


def test_revenue_is_of_each_setting_of_a_sweep() -> None:
    found = protocol_revenue(SWEEP)
    assert found.dims == ("setting", "path", "step")
    np.testing.assert_allclose(found[0], protocol_revenue(ONE))
    two = SWEEP.scenario.values[0].replace("3e6", "6e6")
    changed = SWEEP.assign_coords(scenario=("setting", [SWEEP.scenario.values[0], two, two]))
    lent = 3e6 * SWEEP.yield_rate.sel(deposit="market") * YEARS_A_STEP
    np.testing.assert_allclose((protocol_revenue(changed) - found)[1:], lent[1:])


def test_revenue_needs_to_know_the_scenario() -> None:
    with pytest.raises(CamjaxError, match="the attribute scenario, got none"):
        protocol_revenue(ONE.drop_attrs())


def test_a_cost_of_no_deposit_or_rate_is_refused() -> None:
    with pytest.raises(CamjaxError, match="deposit: expected one of pool, .* got 'bank'"):
        savings_cost(ONE, deposit="bank")
    with pytest.raises(CamjaxError, match="rate: expected a finite number, got nan"):
        savings_cost(ONE, rate=float("nan"))


def test_total_transfers_are_sums_along_each_path() -> None:
    found = total_transfers(SWEEP)
    totals = SWEEP.transfer.values.sum(axis=2)
    np.testing.assert_allclose(found["mean"], totals.mean(axis=1))
    np.testing.assert_allclose(
        found.net_mean, -found.net_mean.values.swapaxes(1, 2), err_msg="net flows are antisymmetric"
    )
    net = totals - totals.swapaxes(-1, -2)
    np.testing.assert_allclose(found.net_mean, net.mean(axis=1))
    np.testing.assert_allclose(found.net_low, -found.net_high.values.swapaxes(1, 2))


def test_transfers_of_every_step_have_intervals() -> None:
    found = transfers(ONE)
    assert found["mean"].dims == ("step", "source", "destination")
    np.testing.assert_allclose(found["mean"], ONE.transfer.mean("path"))
    assert (found.low <= found["mean"]).all()


def test_what_users_mint_and_redeem_counts_too() -> None:
    flow = ONE.pool_minted_redeemed * 0 + 3.0
    both = ONE.assign(mint_redeem=flow.where(flow.step % 2 == 0, -1.0))
    found, without = user_balance(both), user_balance(ONE)
    steps = ONE.sizes["step"]
    gained = float((found.minted_mean - without.minted_mean)[-1])
    np.testing.assert_allclose(gained, 3.0 * (steps // 2))
    lost = float((found.redeemed_mean - without.redeemed_mean)[-1])
    np.testing.assert_allclose(lost, 1.0 * (steps - steps // 2))


def test_minted_less_redeemed_is_what_arbitrage_brought() -> None:
    found = user_balance(SWEEP)
    brought = SWEEP.pool_minted_redeemed.cumsum("step").mean("path")
    np.testing.assert_allclose(found.minted_mean - found.redeemed_mean, brought)
    assert (found.minted_mean.diff("step") >= 0).all() and (found.redeemed_mean >= 0).all()
    np.testing.assert_allclose(found.user_balance_mean, SWEEP.balance.sum("deposit").mean("path"))


def test_pools_are_added_up_where_there_are_several() -> None:
    both = ONE.pool_minted_redeemed.expand_dims(pool=["one", "other"]).transpose(..., "pool")
    found = user_balance(ONE.assign(pool_minted_redeemed=both))
    np.testing.assert_allclose(found.minted_mean, 2 * user_balance(ONE).minted_mean)
    assert found.minted_mean.attrs["units"] == "FEI"
    assert ONE.sizes["path"] == PATHS == found.attrs["paths"]
