"""Spreads of rates and correlations of deposits against pandas and NumPy."""

import numpy as np
import pandas
import pytest
from analysis_worlds import PATHS, world, worlds

from camjax.analysis import correlation_matrix, rate_spread, rolling_correlation
from camjax.errors import CamjaxError

ONE, SWEEP = world(), worlds()
WINDOW = 12


def test_the_spread_is_the_difference_of_quoted_rates() -> None:
    found = rate_spread(SWEEP, "market", "savings", WINDOW)
    rates = SWEEP.yield_rate.values
    spread = rates[..., 1] - rates[..., 2]
    assert found.spread_mean.dims == ("setting", "step")
    np.testing.assert_allclose(found.spread_mean, spread.mean(1))
    np.testing.assert_allclose(found.spread_q05, np.quantile(spread, 0.05, axis=1))


def test_its_rolling_volatility_is_that_of_pandas() -> None:
    found = rate_spread(ONE, "market", "savings", WINDOW)
    rates = ONE.yield_rate.values
    spread = pandas.DataFrame((rates[..., 1] - rates[..., 2]).T)
    moving = spread.rolling(WINDOW).std()
    np.testing.assert_allclose(found.volatility_mean, moving.mean(axis=1), rtol=1e-9)
    assert np.isnan(found.volatility_mean[: WINDOW - 1]).all()


def test_a_spread_that_does_not_move_has_no_volatility() -> None:
    still = ONE.assign(yield_rate=ONE.yield_rate * 0 + 0.03)
    assert (rate_spread(still, "market", "savings", WINDOW).volatility_mean[WINDOW:] == 0).all()


def test_rolling_correlations_are_those_of_pandas() -> None:
    found = rolling_correlation(ONE, "market", "savings", window_steps=WINDOW)
    first, second = (pandas.DataFrame(ONE.balance.values[..., i].T) for i in (1, 2))
    each = first.rolling(WINDOW).corr(second)
    np.testing.assert_allclose(found["mean"], each.mean(axis=1), rtol=1e-9)
    np.testing.assert_allclose(found.q25, each.quantile(0.25, axis=1), rtol=1e-9)
    assert (found.defined[WINDOW - 1 :] == PATHS).all()
    assert (found.defined[: WINDOW - 1] == 0).all()
    error = each.std(axis=1) / np.sqrt(PATHS)
    assert float(found.high[-1] - found["mean"][-1]) == pytest.approx(
        2.0227 * error.iloc[-1], rel=1e-4
    )


def test_a_deposit_that_stands_still_is_correlated_with_nothing() -> None:
    balance = ONE.balance.copy()
    balance[:30, :, 2] = 1e8 + 1e-11 * balance[:30, :, 2]
    found = rolling_correlation(ONE.assign(balance=balance), "market", "savings")
    assert (found.defined[29:] == PATHS - 30).all()
    assert np.isfinite(found["mean"][29:]).all()
    balance[:, :, 2] = 1.0
    found = rolling_correlation(ONE.assign(balance=balance), "market", "savings")
    assert np.isnan(found["mean"]).all() and (found.defined == 0).all()


def test_deposits_that_move_together_or_against_each_other_are_seen_to() -> None:
    balance = ONE.balance.copy()
    balance[..., 2] = 5e6 - balance[..., 1]
    found = rolling_correlation(ONE.assign(balance=balance), "market", "savings")
    np.testing.assert_allclose(found["mean"][29:], -1.0)


def test_the_matrix_is_that_of_the_means_over_paths() -> None:
    found = correlation_matrix(SWEEP)
    assert found.correlation.dims == ("setting", "state", "other_state")
    names = found.state.values.tolist()
    means = SWEEP.isel(setting=2).mean("path")
    columns = [means.balance.sel(deposit="idle"), means.volatile_asset_price]
    places = [names.index("balance[idle]"), names.index("volatile_asset_price")]
    expected = np.corrcoef(np.stack(columns))[0, 1]
    assert found.correlation.values[2][tuple(places)] == pytest.approx(expected)
    diagonal = np.diagonal(found.correlation.values, axis1=1, axis2=2)
    np.testing.assert_allclose(diagonal, 1.0)


def test_a_matrix_of_what_is_named_leaves_undefined_what_stands_still() -> None:
    still = ONE.assign(utilization=ONE.utilization * 0 + 0.7)
    found = correlation_matrix(still, ["utilization", "balance[idle]"])
    assert found.state.values.tolist() == ["utilization", "balance[idle]"]
    assert np.isnan(found.correlation.values[0]).all()
    assert found.correlation.values[1, 1] == pytest.approx(1.0)


def test_an_unknown_deposit_is_refused() -> None:
    with pytest.raises(CamjaxError, match="deposit: expected one of pool, .*, got 'money_market'"):
        rate_spread(ONE)
    with pytest.raises(CamjaxError, match="got 'bank'"):
        rolling_correlation(ONE, "bank", "idle")
