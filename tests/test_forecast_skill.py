"""Slow: intervals cover what they say, and camjax beats persistence where it ought to."""

import dataclasses

import numpy as np
import pytest
from forecast_worlds import (
    RATES,
    SWITCH_DAYS,
    autoregressive,
    fei_histories,
    switching_scenario,
)

import camjax
from calibration.diebold_mariano import diebold_mariano
from calibration.ensemble_scores import interval_coverage
from calibration.forecast import (
    Camjax,
    Drift,
    ExponentialSmoothing,
    Forecaster,
    History,
    MachineLearning,
    Persistence,
    RollingForecasts,
    RollingOrigin,
    VectorAutoregression,
    WindowMean,
    rolling_origin,
)
from calibration.forecast.rolling_origin import forecasts_from

pytestmark = pytest.mark.slow

NUM_ORIGINS = 520
"""Independent, or so far apart that they are as good as independent."""

NOISE = 0.02
"""Standard deviation of the ilr coordinates of an observation."""


def assert_covers(forecasts: list[RollingForecasts], least: int = 500) -> None:
    """95 % intervals hold 92 to 98 % of observations, at every horizon."""
    lower, upper, observed = (
        np.concatenate([getattr(each, name) for each in forecasts])
        for name in ("lower", "upper", "observed")
    )
    for h in range(observed.shape[1]):
        ends = lower[:, 1, h], upper[:, 1, h]
        known = ~np.isnan(ends[0]).any(axis=1)
        assert known.sum() >= least
        coverage = float(interval_coverage(*ends, observed[:, h], where=known[:, np.newaxis]))
        print(f"{forecasts[0].model}, {h + 1} ahead: {coverage:.3f} of {known.sum()}")
        assert 0.92 <= coverage <= 0.98, f"{forecasts[0].model}, {h + 1} ahead"


@pytest.mark.parametrize(
    ("method", "memory", "rows"),
    [
        (Drift(), 1.0, 100),
        (VectorAutoregression(max_lags=1), 0.8, 200),
        (ExponentialSmoothing(), 1.0, 150),
    ],
    ids=["drift", "var", "exponential_smoothing"],
)
def test_sampled_intervals_cover_independent_series(
    method: Forecaster, memory: float, rows: int
) -> None:
    pytest.importorskip("statsmodels")
    plan = RollingOrigin(horizon=5, initial=rows)
    histories = (autoregressive(rows + 5, seed, memory=memory) for seed in range(NUM_ORIGINS))
    assert_covers([rolling_origin(history, method, plan) for history in histories])


@pytest.mark.parametrize(
    "method",
    [Persistence(), WindowMean(), MachineLearning(), MachineLearning("boosted_trees")],
    ids=["persistence", "window_mean", "machine_learning", "boosted_trees"],
)
def test_conformal_intervals_cover_origins_far_apart(method: Forecaster) -> None:
    pytest.importorskip("sklearn")
    apart = 25  # 0.8^25 is 0.004
    history = autoregressive(100 + apart * (NUM_ORIGINS + 20), seed=1)
    plan = RollingOrigin(horizon=5, initial=100, step=apart, refit_every=50)
    assert_covers([rolling_origin(history, method, plan)])


def test_intervals_of_camjax_cover_independent_paths() -> None:
    scenario = switching_scenario(60)
    plan = RollingOrigin(horizon=7, initial=1)
    method = Camjax(scenario=scenario, observation_noise=NOISE)
    histories = fei_histories(scenario, seed=3, num_paths=NUM_ORIGINS, noise=NOISE)
    assert_covers([forecasts_from(history, method, plan, [45]) for history in histories])


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "unannounced"])
def test_camjax_beats_persistence_before_the_fact(announced: bool) -> None:
    """With true parameters and noisy observations, every 7 days from day 30 on 20 paths.

    Switches of the savings rate are announced in the scenario, or only seen once they are there.
    """
    truth = switching_scenario(365)
    histories = fei_histories(truth, seed=5, num_paths=20, noise=NOISE)
    scenario = truth
    if not announced:
        scenario = camjax.load_scenario("fei")
        histories = [with_observed_rate(history) for history in histories]
    plan = RollingOrigin(horizon=14, initial=31, step=7)
    method = Camjax(scenario=scenario, observation_noise=NOISE)
    own, reference = (mean_losses(histories, each, plan) for each in (method, Persistence()))
    for horizon in (1, 3, 7, 14):
        pair = own[:, horizon - 1], reference[:, horizon - 1]
        ratio = pair[0].mean() / pair[1].mean()
        outcome = diebold_mariano(*pair, -(-horizon // plan.step))
        print(f"{horizon} ahead: MAE ratio {ratio:.3f}, p = {outcome.p_value:.2g}")
        assert outcome.statistic < 0
        assert outcome.p_value < 0.01


def with_observed_rate(history: History) -> History:
    """The history with the savings rate among the observed drivers."""
    rate = np.array(RATES)[(history.times_days // SWITCH_DAYS).astype(int) % 2]
    return dataclasses.replace(history, drivers={**history.drivers, "savings_rate": rate})


def mean_losses(histories: list[History], method: Forecaster, plan: RollingOrigin) -> np.ndarray:
    """[O, H] absolute errors, means over paths and deposits: days of all paths are the same."""
    errors = [rolling_origin(history, method, plan).errors for history in histories]
    return np.abs(errors).mean(axis=(0, 3))
