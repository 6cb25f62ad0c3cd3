"""Flows, the cost of a savings rate, and what a revenue leaves of it."""

from pathlib import Path

import numpy as np
import pytest
import xarray
from analysis_worlds import DT_DAYS, PATHS, SCENARIO, STEPS, world, worlds

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

REVENUE = """
[revenue]
stable_usd = 1e6
stable_rate = 0.05
volatile_units = 300.0
volatile_rate = 0.10
own_deposits = true
redemption_fee = 0.001
"""
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


def declaring(*tables: str) -> xarray.Dataset:
    """The results, of one setting or three, whose scenarios end in these tables."""
    if len(tables) == 1:
        return ONE.assign_attrs(scenario=SCENARIO + tables[0])
    return SWEEP.assign_coords(scenario=("setting", [SCENARIO + table for table in tables]))


def test_the_protocols_revenue_is_what_its_parts_earn() -> None:
    found = protocol_revenue(declaring(REVENUE))
    row = ONE.isel(path=3, step=17)
    own = float(row.pool_fei_protocol)
    share = own / (own + float(row.balance.sel(deposit="pool")))
    held = 1e6 * 0.05 + 300 * 0.1 * float(row.volatile_asset_price)
    held += 3e6 * float(row.yield_rate.sel(deposit="market"))
    expected = held * YEARS_A_STEP + share * float(row.pool_trading_fees)
    expected += 0.001 * max(-float(row.pool_minted_redeemed), 0.0)
    assert float(found[3, 17]) == pytest.approx(expected)


def test_amounts_alone_earn_their_rates_alone() -> None:
    found = protocol_revenue(declaring("[revenue]\nstable_usd = 2e6\nstable_rate = 0.03\n"))
    assert found.dims == ("path", "step")
    np.testing.assert_allclose(found, 2e6 * 0.03 * YEARS_A_STEP)


def test_a_declared_series_earns_what_its_file_says(tmp_path: Path) -> None:
    file = tmp_path / "revenue.csv"
    file.write_text("revenue\n" + "".join(f"{10 * step}\n" for step in range(1, STEPS + 1)))
    found = protocol_revenue(declaring(f"[revenue]\nfile = '{file}'\n"))
    np.testing.assert_allclose(found, np.broadcast_to(10.0 * ONE.step, found.shape))
    file.unlink()
    with pytest.raises(CamjaxError, match="revenue.file: expected a CSV file, got .*no such file"):
        protocol_revenue(declaring(f"[revenue]\nfile = '{file}'\n"))


def test_revenue_is_of_each_setting_of_a_sweep() -> None:
    results = declaring(REVENUE, REVENUE, REVENUE)
    found = protocol_revenue(results)
    assert found.dims == ("setting", "path", "step")
    np.testing.assert_allclose(found[0], protocol_revenue(declaring(REVENUE)))
    two = results.scenario.values[0].replace("3e6", "6e6")
    changed = SWEEP.assign_coords(scenario=("setting", [results.scenario.values[0], two, two]))
    lent = 3e6 * SWEEP.yield_rate.sel(deposit="market") * YEARS_A_STEP
    np.testing.assert_allclose((protocol_revenue(changed) - found)[1:], lent[1:])


def test_a_deficit_is_told_only_of_settings_that_declare_a_revenue() -> None:
    low = "[revenue]\nstable_usd = 100.0\nstable_rate = 0.01\n"
    found = deficit(declaring("", low, low), rate=0.1)
    assert np.isnan(found.probability[0]) and np.isnan(found.never[0])
    assert (found.probability[1:] == 1).all()


def test_no_revenue_is_made_up_where_none_is_declared() -> None:
    for asked in (protocol_revenue, deficit):
        with pytest.raises(CamjaxError, match="a scenario that declares a revenue, got none"):
            asked(ONE)
    assert deficit(ONE, revenue=1e9).never == 1, "one that is given needs no declaration"


def test_revenue_needs_to_know_the_scenario() -> None:
    with pytest.raises(CamjaxError, match="the attribute scenario, got none"):
        protocol_revenue(ONE.drop_attrs())


def test_the_rate_that_costs_is_that_of_the_one_savings_deposit() -> None:
    renamed = ONE.assign_coords(deposit=["pool", "market", "dsr", "idle"])
    text = SCENARIO.replace('"savings"\ntype', '"dsr"\ntype')
    found = savings_cost(renamed.assign_attrs(scenario=text))
    np.testing.assert_allclose(found, savings_cost(ONE))
    two = SCENARIO.replace('"idle"\ntype = "idle"', '"other"\ntype = "savings"')
    with pytest.raises(CamjaxError, match="deposit: expected one savings deposit, got 2. Name one"):
        savings_cost(ONE.assign_attrs(scenario=two))


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
