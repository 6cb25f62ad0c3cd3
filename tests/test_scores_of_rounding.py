"""Scores tell nothing of rounding, nor of the share that stands for empty."""

import numpy as np
import pytest

from calibration.forecast import (
    Drift,
    ExponentialSmoothing,
    History,
    Persistence,
    RollingOrigin,
    VectorAutoregression,
    forecast_scores,
    rolling_origin,
)
from calibration.score_table import (
    EMPTY_SHARE,
    Score,
    Source,
    error_scores,
    find,
    skill_scores,
    told_apart,
)
from camjax.config import configure

configure("float64")
CONSTANT = np.tile([1e6, 2e6, 3e6], (40, 1))
PLAN = RollingOrigin(horizon=3, initial=28)
METHODS = (Drift(), ExponentialSmoothing(), VectorAutoregression())


def with_an_empty_deposit() -> np.ndarray:
    balances = np.random.default_rng(3).normal(1e6, 4e4, (40, 3))
    balances[:, 2] = 0
    return balances


def frozen() -> np.ndarray:
    """Balances that vary, in shares that do not but for the decimals of a file."""
    totals = np.random.default_rng(4).normal(1e6, 4e4, (60, 1))
    return np.round(totals * [1.0, 2.0, 3.0], 4)


def scores_of(method, balances: np.ndarray) -> list[Score]:
    history = History.of_weights(balances, floor=EMPTY_SHARE)
    made = [rolling_origin(history, each, PLAN) for each in (Persistence(), method)]
    return forecast_scores(made[1], made[0])


@pytest.mark.parametrize(
    "method", [Drift(), ExponentialSmoothing(), VectorAutoregression()], ids=str
)
@pytest.mark.parametrize("balances", [CONSTANT, frozen()], ids=["constant", "frozen"])
def test_what_never_moves_is_forecast_without_error_and_held_by_every_interval(method, balances):
    scores = scores_of(method, balances)
    assert find(scores, method.name, "mae") == 0
    assert find(scores, method.name, "crps") == 0
    assert np.isnan(find(scores, method.name, "skill_mae"))
    assert find(scores, method.name, "dm_mae_p_value") == 1
    for level in ("coverage_80", "coverage_95"):
        assert {s.value for s in scores if s.metric == level} == {1.0}


@pytest.mark.parametrize(
    "method", [Drift(), ExponentialSmoothing(), VectorAutoregression()], ids=str
)
def test_an_empty_deposit_is_held_by_intervals_made_of_log_ratios(method):
    scores = scores_of(method, with_an_empty_deposit())
    found = {s.metric: s.value for s in scores if s.deposit == "part_2" and s.horizon == 1}
    assert (found["coverage_80"], found["coverage_95"], found["mae"]) == (1, 1, 0)


def test_an_empty_deposit_is_missed_by_an_interval_above_what_stands_for_empty():
    assert told_apart(np.array([3e-6]), np.array([0.0])) == 3e-6
    assert told_apart(np.array([1e-6]), np.array([0.0])) == 0


def test_rounding_is_no_skill():
    source = Source("ex-ante", "a", ("x", "y"), 1)
    observed = np.tile([0.3, 0.7], (30, 1))
    near, far = observed + 1e-16, observed + 3e-16
    errors, others = told_apart(near, observed), told_apart(far, observed)
    where = np.ones(30, bool)
    found = skill_scores(source, errors, others, where, 1)
    assert np.isnan(find(found, "a", "skill_mae"))
    assert find(found, "a", "dm_mae_p_value") == 1
    assert find(error_scores(source, near, observed, where, 1), "a", "rmse") == 0
