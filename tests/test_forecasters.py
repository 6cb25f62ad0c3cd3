"""Every forecaster: on the simplex, blind to the future, and equal to what its formula says."""

import dataclasses

import numpy as np
import pytest
from forecast_worlds import autoregressive, corrupted, with_yields

from calibration.forecast import (
    FORECASTERS,
    Camjax,
    Drift,
    ExponentialSmoothing,
    Forecast,
    History,
    MachineLearning,
    Persistence,
    RollingOrigin,
    Settings,
    VectorAutoregression,
    WindowMean,
    forecast_now,
)
from calibration.forecast.coordinates import from_ilr, to_ilr
from calibration.forecast.rolling_origin import forecasts_from
from camjax.errors import CamjaxError

LIBRARIES = {
    "exponential_smoothing": "statsmodels",
    "machine_learning": "sklearn",
    "boosted_trees": "sklearn",
}
HORIZON = 3
ROWS = 60
ORIGINS = range(31, 47)
"""Enough for conformal intervals at the later ones."""

HISTORY = with_yields(autoregressive(ROWS, seed=1), seed=2)
PLAN = RollingOrigin(horizon=HORIZON, initial=1, refit_every=8, embargo=1)


@pytest.fixture(params=FORECASTERS)
def forecaster(request: pytest.FixtureRequest):
    if request.param in LIBRARIES:
        pytest.importorskip(LIBRARIES[request.param])
    return FORECASTERS[request.param](Settings())


def assert_same(first: Forecast, second: Forecast) -> None:
    """Bit by bit."""
    for name, values in vars(first).items():
        np.testing.assert_array_equal(getattr(second, name), values, err_msg=name)


def test_forecasts_are_on_the_simplex_and_bear_their_name(forecaster) -> None:
    forecast = forecaster.fit(HISTORY, HORIZON)(HISTORY)
    assert forecast.weights.shape == (HORIZON, 3)
    for weights in (forecast.weights, forecast.samples):
        if weights is not None:
            assert (weights >= 0).all()
            np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=0, atol=1e-12)
    assert forecaster.mode == "ex-ante"
    assert FORECASTERS[forecaster.name](Settings()).name == forecaster.name


def test_two_deposits_are_enough(forecaster) -> None:
    history = with_yields(autoregressive(ROWS, seed=9, num_parts=2), seed=2)
    assert forecaster.fit(history, HORIZON)(history).weights.shape == (HORIZON, 2)


def test_forecasts_do_not_change_with_anything_after_their_origin(forecaster) -> None:
    seen = forecasts_from(HISTORY, forecaster, PLAN, ORIGINS)
    assert not np.isnan(seen.lower[-1, 0]).any()
    for origin in (ORIGINS[5], ORIGINS[-1]):
        upto = [earlier for earlier in ORIGINS if earlier <= origin]
        made = forecasts_from(corrupted(HISTORY, origin, seed=origin), forecaster, PLAN, upto)
        for name in ("weights", "lower", "upper", "samples"):
            values = getattr(seen, name)
            if values is not None:
                np.testing.assert_array_equal(getattr(made, name), values[: len(upto)])


def test_forecasts_change_with_what_is_at_their_origin(forecaster) -> None:
    predict = forecaster.fit(HISTORY.until(38), HORIZON)
    before, after = (predict(history.until(40)).weights for history in (HISTORY, corrupted_at_40()))
    assert np.abs(after - before).max() > 1e-3


def corrupted_at_40() -> History:
    return corrupted(HISTORY, after=39, seed=0)


def test_a_forecast_can_be_made_again(forecaster) -> None:
    predict = forecaster.fit(HISTORY, HORIZON)
    assert_same(predict(HISTORY), predict(HISTORY))


def test_intervals_nest_and_hold_the_middle_of_samples(forecaster) -> None:
    now = forecast_now(HISTORY, forecaster, HORIZON)
    (lower,), (upper,) = now.lower, now.upper
    narrow, wide = upper - lower
    assert (wide >= narrow).all()
    if now.samples is not None:
        median = np.median(now.samples[0], axis=0)
        assert ((lower <= median) & (median <= upper)).all()
    assert ((lower >= 0) & (upper <= 1)).all()


def test_a_history_leads_to_nothing_later() -> None:
    seen = HISTORY.until(10)
    for values in (seen.balances, seen.yield_rates, seen.times_days, seen.is_observed):
        assert len(values) == 11
        assert values.base is None
        assert not values.flags.writeable
    assert HISTORY.until(10).recent(4).times_days.tolist() == [7, 8, 9, 10]


def test_coordinates_are_those_of_the_simplex_module() -> None:
    from calibration.composition import ilr, ilr_inverse

    weights = HISTORY.weights
    np.testing.assert_allclose(to_ilr(weights), np.asarray(ilr(weights)), rtol=0, atol=1e-13)
    coordinates = 5 * to_ilr(weights)
    expected = np.asarray(ilr_inverse(coordinates))
    np.testing.assert_allclose(from_ilr(coordinates), expected, rtol=1e-13)
    floored = to_ilr(np.array([0.0, 0.4, 0.6]), floor=1e-6)
    np.testing.assert_allclose(floored, np.asarray(ilr([0.0, 0.4, 0.6], 1e-6)), rtol=1e-9)


def test_an_empty_deposit_is_refused_unless_a_floor_says_what_stands_for_it() -> None:
    balances = HISTORY.balances.copy()
    balances[5, 0] = 0.0
    empty = dataclasses.replace(HISTORY, balances=balances)
    with pytest.raises(CamjaxError, match="floor"):
        Drift().fit(empty, 1)(empty)
    floored = dataclasses.replace(empty, floor=1e-6)
    assert Drift().fit(floored, 1)(floored).weights.shape == (1, 3)


def test_drift_widens_with_the_horizon_by_what_the_mean_is_not_known() -> None:
    history = autoregressive(40, seed=5, memory=1.0)
    samples = Drift(num_samples=20_000).fit(history, 20)(history).samples
    changes = np.diff(history.coordinates, axis=0)
    ahead = np.arange(1, 21)[:, np.newaxis]
    expected = changes.var(axis=0, ddof=1) * (ahead + ahead**2 / len(changes))
    np.testing.assert_allclose(to_ilr(samples).var(axis=0), expected, rtol=0.06)


def test_var_is_what_statsmodels_forecasts() -> None:
    api = pytest.importorskip("statsmodels.tsa.api")
    predict = VectorAutoregression(max_lags=2).fit(HISTORY, 5)
    result = api.VAR(HISTORY.coordinates).fit(maxlags=2, ic="aic")
    lags = max(result.k_ar, 1)
    result = api.VAR(HISTORY.coordinates).fit(lags)
    expected = from_ilr(result.forecast(HISTORY.coordinates[-lags:], 5))
    np.testing.assert_allclose(predict(HISTORY).weights, expected, rtol=1e-10)


def test_an_autoregression_of_two_deposits_is_what_statsmodels_forecasts() -> None:
    models = pytest.importorskip("statsmodels.tsa.ar_model")
    history = autoregressive(80, seed=3, num_parts=2)
    forecast = VectorAutoregression(max_lags=1).fit(history, 4)(history)
    result = models.AutoReg(history.coordinates[:, 0], 1).fit()
    expected = from_ilr(result.predict(80, 83)[:, np.newaxis])
    np.testing.assert_allclose(forecast.weights, expected, rtol=1e-10)


def test_smoothing_is_what_statsmodels_forecasts() -> None:
    api = pytest.importorskip("statsmodels.tsa.api")
    trending = History.of_weights(from_ilr(0.2 * HISTORY.coordinates.cumsum(axis=0)))
    forecast = ExponentialSmoothing().fit(trending, 5)(trending)
    coordinates = np.empty((5, 2))
    for i, series in enumerate(trending.coordinates.T):
        known = {"initial_level": series[0], "initial_trend": 0.0}
        model = api.Holt(series, damped_trend=True, initialization_method="known", **known)
        coordinates[:, i] = model.fit().forecast(5)
        assert np.abs(np.diff(coordinates[:, i])).min() > 1e-3, "there is a trend to follow"
    np.testing.assert_allclose(forecast.weights, from_ilr(coordinates), rtol=1e-10)


def test_a_coordinate_that_never_moves_is_smoothed_to_itself() -> None:
    pytest.importorskip("statsmodels")
    still = History.of_weights(np.tile([0.2, 0.3, 0.5], (20, 1)))
    forecast = ExponentialSmoothing().fit(still, 3)(still)
    np.testing.assert_allclose(forecast.weights, still.weights[:3], rtol=1e-12)


def test_machine_learning_finds_what_yields_foretell() -> None:
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(4)
    yields = rng.uniform(0.0, 0.1, (200, 3))
    changes = np.zeros((200, 2))
    changes[1:] = 2.0 * (yields[:-1, :2] - 0.05)
    history = dataclasses.replace(
        History.of_weights(from_ilr(changes.cumsum(axis=0))), yield_rates=yields
    )
    predict = MachineLearning(penalty=1e-6).fit(history.until(150), 1)
    for row in range(151, 198):
        ahead = predict(history.until(row)).weights
        np.testing.assert_allclose(ahead[0], history.weights[row + 1], atol=1e-4)


def test_the_unit_of_yields_does_not_matter_to_machine_learning() -> None:
    pytest.importorskip("sklearn")
    in_percent = dataclasses.replace(HISTORY, yield_rates=100 * HISTORY.yield_rates)
    first, second = (MachineLearning().fit(each, 2)(each) for each in (HISTORY, in_percent))
    np.testing.assert_allclose(first.weights, second.weights, rtol=1e-9)


def test_methods_refuse_a_history_too_short_for_them(forecaster) -> None:
    short = HISTORY.until(1)
    if isinstance(forecaster, Camjax | Persistence | WindowMean):
        assert forecaster.fit(short, HORIZON)(short).weights.shape == (HORIZON, 3)
    else:
        with pytest.raises(CamjaxError, match="at least"):
            forecaster.fit(short, HORIZON)(short)


def test_weights_off_the_simplex_are_refused() -> None:
    Forecast(np.array([[0.5, 0.5 + 5e-13]]))
    for wrong in ([[0.5, 0.5 + 2e-12]], [[1.1, -0.1]], [[np.nan, 1.0]]):
        with pytest.raises(CamjaxError, match="simplex"):
            Forecast(np.array(wrong))
