"""Rolling origins: what is seen from each, what becomes of it, what past errors are good for."""

import dataclasses
import math

import numpy as np
import pytest
from forecast_worlds import autoregressive

from calibration.forecast import (
    LEVELS,
    Drift,
    Forecast,
    Forecaster,
    History,
    Persistence,
    RollingOrigin,
    forecast_now,
    forecast_scores,
    rolling_origin,
)
from calibration.forecast.conformal import conformal_intervals
from calibration.score_table import find
from camjax.errors import CamjaxError

HISTORY = autoregressive(40, seed=11)


@dataclasses.dataclass
class Witness:
    """Persistence that remembers which days it was shown."""

    fits: list[tuple[float, float]] = dataclasses.field(default_factory=list)
    seen: list[tuple[float, float]] = dataclasses.field(default_factory=list)
    name: str = "witness"
    mode: str = "ex-ante"

    def fit(self, history: History, horizon: int):
        self.fits.append((history.times_days[0], history.times_days[-1]))

        def predict(history: History) -> Forecast:
            self.seen.append((history.times_days[0], history.times_days[-1]))
            return Forecast(np.tile(history.weights[-1], (horizon, 1)))

        return predict


def test_origins_are_the_rows_whose_horizon_was_observed() -> None:
    plan = RollingOrigin(horizon=4, initial=10, step=5)
    assert list(plan.origins(30)) == [9, 14, 19, 24]
    assert list(plan.origins(29)) == [9, 14, 19, 24]
    assert list(plan.origins(28)) == [9, 14, 19]
    with pytest.raises(CamjaxError, match="more than 13 rows"):
        plan.origins(13)


def test_an_expanding_window_starts_at_the_first_row_and_fits_before_the_embargo() -> None:
    witness = Witness()
    plan = RollingOrigin(horizon=2, initial=10, step=10, embargo=3)
    rolling_origin(HISTORY, witness, plan)
    assert witness.seen == [(0, 9), (0, 19), (0, 29)]
    assert witness.fits == [(0, 6), (0, 16), (0, 26)]


def test_a_sliding_window_sees_its_rows_and_a_fit_serves_as_many_origins_as_asked() -> None:
    witness = Witness()
    plan = RollingOrigin(horizon=2, initial=10, step=7, window=5, refit_every=2)
    rolling_origin(HISTORY, witness, plan)
    assert witness.seen == [(5, 9), (12, 16), (19, 23), (26, 30), (33, 37)]
    assert witness.fits == [(5, 9), (19, 23), (33, 37)]


def test_the_whole_tensor_of_errors_is_kept() -> None:
    forecasts = rolling_origin(HISTORY, Persistence(), RollingOrigin(horizon=3, initial=5))
    weights = HISTORY.weights
    assert forecasts.errors.shape == (33, 3, 3)
    for o, origin in enumerate(forecasts.origins):
        for h in range(3):
            expected = weights[origin] - weights[origin + h + 1]
            np.testing.assert_allclose(forecasts.errors[o, h], expected, rtol=0, atol=1e-15)


def test_rows_that_were_filled_in_are_not_scored() -> None:
    is_observed = np.ones(40, bool)
    is_observed[20] = False
    history = dataclasses.replace(HISTORY, is_observed=is_observed)
    forecasts = rolling_origin(history, Persistence(), RollingOrigin(horizon=2, initial=5))
    targets = forecasts.origins[:, np.newaxis] + [1, 2]
    np.testing.assert_array_equal(forecasts.is_scored, targets != 20)
    scores = forecast_scores(forecasts)
    counted = np.abs(forecasts.errors[forecasts.origins != 19, 0]).mean()
    assert find(scores, "persistence", "mae") == pytest.approx(counted, rel=1e-12)


def test_scores_derive_from_the_tensor_by_horizon_and_deposit() -> None:
    plan = RollingOrigin(horizon=2, initial=10, step=3)
    reference = rolling_origin(HISTORY, Persistence(), plan)
    forecasts = rolling_origin(HISTORY, Drift(num_samples=50), plan)
    scores = forecast_scores(forecasts, reference)
    value = {(s.deposit, s.horizon, s.metric): s.value for s in scores}
    assert {s.mode for s in scores} == {"ex-ante"}
    for h in (1, 2):
        errors = forecasts.errors[:, h - 1]
        others = np.abs(reference.errors[:, h - 1]).mean()
        assert value["pooled", h, "rmse"] == pytest.approx(math.sqrt((errors**2).mean()))
        assert value["part_1", h, "mae"] == pytest.approx(np.abs(errors[:, 1]).mean())
        assert value["pooled", h, "skill_mae"] == pytest.approx(1 - np.abs(errors).mean() / others)
        lower, upper = forecasts.lower[:, 1, h - 1], forecasts.upper[:, 1, h - 1]
        observed = forecasts.observed[:, h - 1]
        covered = (lower <= observed) & (observed <= upper)
        assert value["pooled", h, "coverage_95"] == pytest.approx(covered.mean())
        assert value["pooled", h, "width_95"] == pytest.approx((upper - lower).mean())
        distances = np.abs(forecasts.samples[:, :, h - 1] - observed[:, np.newaxis]).mean(axis=1)
        pairs = (
            forecasts.samples[:, :, np.newaxis, h - 1] - forecasts.samples[:, np.newaxis, :, h - 1]
        )
        spread = np.abs(pairs).sum(axis=(1, 2)) / (2 * 50 * 49)
        assert value["pooled", h, "crps"] == pytest.approx((distances - spread).mean())
        assert 0 <= value["pooled", h, "dm_mae_p_value"] <= 1


def test_a_reference_from_other_origins_is_refused() -> None:
    first, second = (
        rolling_origin(HISTORY, Persistence(), RollingOrigin(horizon=2, initial=rows, step=5))
        for rows in (10, 11)
    )
    with pytest.raises(CamjaxError, match="same origins"):
        forecast_scores(first, second)


def test_conformal_intervals_are_ranks_of_the_errors_known_by_then() -> None:
    rng = np.random.default_rng(3)
    origins = np.arange(0, 120, 2)
    weights, observed = rng.uniform(size=(2, 60, 3, 2))
    lower, upper = conformal_intervals(weights, observed, origins)
    for i, h in ((5, 0), (30, 2), (59, 1)):
        known = [j for j in range(60) if origins[j] + h + 1 <= origins[i]]
        errors = np.sort(np.abs(weights - observed)[known, h], axis=0)
        for k, level in enumerate(LEVELS):
            rank = math.ceil(round((len(known) + 1) * level, 9))
            if rank > len(known):
                assert np.isnan(lower[i, k, h]).all()
                continue
            width = errors[rank - 1]
            np.testing.assert_allclose(lower[i, k, h], np.maximum(weights[i, h] - width, 0))
            np.testing.assert_allclose(upper[i, k, h], np.minimum(weights[i, h] + width, 1))


def test_every_method_can_have_conformal_intervals() -> None:
    plan = RollingOrigin(horizon=1, initial=5, conformal=True)
    forecasts = rolling_origin(HISTORY, Drift(num_samples=50), plan)
    expected = conformal_intervals(forecasts.weights, forecasts.observed, forecasts.origins)
    np.testing.assert_array_equal(forecasts.lower, expected[0])


def test_the_present_forecast_uses_the_whole_history_and_has_intervals() -> None:
    methods: tuple[Forecaster, ...] = (Persistence(), Drift(num_samples=50))
    for method in methods:
        now = forecast_now(HISTORY, method, 2)
        assert now.origins.tolist() == [39]
        expected = method.fit(HISTORY, 2)(HISTORY).weights
        np.testing.assert_array_equal(now.weights[0], expected)
        assert np.isnan(now.observed).all()
        assert not np.isnan(now.lower[:, 0]).any()


@pytest.mark.parametrize("count", ["horizon", "initial", "step", "window", "refit_every"])
def test_counts_of_nothing_are_refused(count: str) -> None:
    with pytest.raises(CamjaxError, match=count):
        RollingOrigin(**{"horizon": 1, "initial": 1, count: 0})


def test_demand_shares_are_forecast_as_well_as_published() -> None:
    datasets = pytest.importorskip("statsmodels.datasets")
    data = datasets.macrodata.load_pandas().data[["realcons", "realinv", "realgovt"]]
    history = History.of_weights(data.to_numpy())
    plan = RollingOrigin(horizon=8, initial=101)
    published = {
        "persistence": (0.002429, 0.005321, 0.009315),
        "drift": (0.002422, 0.005272, 0.009271),
    }
    for method in (Persistence(), Drift(num_samples=10)):
        forecasts = rolling_origin(history, method, plan)
        assert len(forecasts.origins) == 95
        errors = np.abs(forecasts.errors).mean(axis=(0, 2))[[0, 3, 7]]
        assert tuple(errors.round(6)) == published[method.name]
