"""Bands, shares and comparisons against plain NumPy."""

import numpy as np
import pytest
from analysis_worlds import DEPOSITS, PATHS, STEPS, world, worlds
from scipy import stats

from camjax.analysis import bands, compare, compare_all, final_split, quantity, shares, snapshot
from camjax.errors import CamjaxError

ONE, SWEEP = world(), worlds()


def test_bands_are_mean_interval_deviation_and_quantiles_over_paths() -> None:
    found = bands(ONE, "balance", level=0.9)
    values = ONE.balance.values
    low, high = stats.t.interval(0.9, PATHS - 1, values.mean(0), stats.sem(values, axis=0))
    for name, expected in {
        "mean": values.mean(0),
        "low": low,
        "high": high,
        "std": values.std(0, ddof=1),
        "q05": np.quantile(values, 0.05, axis=0),
        "q75": np.quantile(values, 0.75, axis=0),
    }.items():
        assert found[name].dims == ("step", "deposit")
        np.testing.assert_allclose(found[name].values, expected, rtol=1e-12)
    assert found["mean"].attrs["units"] == "FEI"


def test_the_interval_of_a_mean_covers_it_as_often_as_it_says() -> None:
    draws = np.random.default_rng(0).exponential(size=(PATHS, STEPS, 50))
    array = ONE.balance.isel(deposit=0, drop=True).expand_dims(trial=50).transpose(..., "trial")
    found = bands(ONE, array.copy(data=draws))
    covered = ((found.low <= 1) & (found.high >= 1)).values.mean()
    assert 0.91 < covered < 0.97


def test_one_path_has_no_interval() -> None:
    found = bands(ONE.isel(path=[0]), "share")
    assert np.isnan(found.low.sel(deposit="idle")).all()
    assert np.isfinite(found["mean"].sel(deposit="idle")).all()


def test_shares_are_of_what_is_under_allocation() -> None:
    found = shares(ONE).values
    assert np.isnan(found[..., 0]).all()
    held = ONE.balance.values[..., 1:]
    np.testing.assert_allclose(found[..., 1:], held / held.sum(-1, keepdims=True))


def test_shares_are_the_last_there_were_where_all_is_redeemed() -> None:
    empty = ONE.assign(balance=ONE.balance.where(ONE.step < STEPS, 0.0))
    found = shares(empty)
    np.testing.assert_allclose(found[:, -1], ONE.target_weight[:, -1])
    np.testing.assert_array_equal(found[:, :-1], shares(ONE)[:, :-1])


def test_the_final_split_sums_to_one_in_every_setting() -> None:
    found = final_split(SWEEP)
    assert found["mean"].dims == ("setting", "deposit")
    np.testing.assert_allclose(found["mean"].sum("deposit"), 1.0)


def test_a_snapshot_is_its_row_of_the_bands() -> None:
    row = bands(ONE, "balance").sel(step=7)
    found = snapshot(ONE, "balance", step=7)
    np.testing.assert_allclose(found.q25, row.q25)
    with pytest.raises(CamjaxError, match="step from 1 to 60, got 61"):
        snapshot(ONE, "balance", step=61)


def test_a_comparison_is_of_paired_differences() -> None:
    found = compare(SWEEP, "high", "low", "balance")
    values = SWEEP.balance.mean("step").values
    difference = values[2] - values[0]
    low, high = stats.t.interval(0.95, PATHS - 1, difference.mean(0), stats.sem(difference, axis=0))
    np.testing.assert_allclose(found.difference, difference.mean(0))
    np.testing.assert_allclose(found.low, low)
    np.testing.assert_allclose(found.high, high)
    np.testing.assert_allclose(found.exceeds, (difference > 0).mean(0))
    assert (found.exceeds_low <= found.exceeds).all()
    assert (found.exceeds <= found.exceeds_high).all()


def test_pairing_sees_a_difference_that_is_far_smaller_than_the_spread_of_paths() -> None:
    found = compare(SWEEP, "middle", "low", "balance[idle]", step=60)
    spread = snapshot(SWEEP, "balance[idle]").sel(setting="low")
    assert float(found.high - found.low) < 0.2 * float(spread.high - spread.low)
    assert float(found.exceeds) == 1.0


def test_equal_settings_tie() -> None:
    same = SWEEP.isel(setting=[0, 0]).assign_coords(setting=["a", "b"])
    found = compare(same, "a", "b")
    assert (found.ties == 1).all() and (found.exceeds == 0).all() and (found.difference == 0).all()


def test_all_settings_are_compared_with_the_first() -> None:
    found = compare_all(SWEEP, "share", step=60)
    assert found.setting.values.tolist() == ["middle", "high"]
    one = compare(SWEEP, "high", "low", "share", step=60)
    np.testing.assert_allclose(found.difference.sel(setting="high"), one.difference)
    assert np.isnan(found.exceeds.sel(deposit="pool")).all(), "the pool has no share"


@pytest.mark.parametrize(
    ("of", "message"),
    [
        ("balances", "balances: expected one of share, user_balance, balance, .*got balances"),
        ("share[bank]", "expected one of pool, market, savings, idle, got bank"),
        ("utilization[idle]", "expected no deposit, got idle"),
        ("share of idle", "expected variable or variable"),
    ],
)
def test_an_unknown_quantity_is_refused(of: str, message: str) -> None:
    with pytest.raises(CamjaxError, match=message):
        quantity(ONE, of)


def test_results_without_paths_are_refused() -> None:
    with pytest.raises(CamjaxError, match="expected paths, got statistics over paths"):
        bands(ONE.rename(path="statistic"), "balance")


def test_settings_are_refused_where_there_are_none_or_others() -> None:
    with pytest.raises(CamjaxError, match="expected several settings, got one"):
        compare(ONE, "low", "high")
    with pytest.raises(CamjaxError, match="setting: expected one of low, middle, high, got 'lo'"):
        compare(SWEEP, "lo", "high")


def test_deposits_are_named_in_network_order() -> None:
    assert final_split(ONE).deposit.values.tolist() == list(DEPOSITS)
