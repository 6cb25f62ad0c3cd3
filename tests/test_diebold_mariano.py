"""The Diebold-Mariano test: what it is made of, its size, and what it cannot judge."""

import math

import numpy as np
import pytest
from scipy.signal import lfilter

from calibration.diebold_mariano import diebold_mariano, holm
from calibration.mean_interval import mean_interval
from calibration.score_table import Score, find, for_all_methods
from camjax.errors import CamjaxError


def autocorrelated(seed: int, count: int, memory: float) -> np.ndarray:
    """An AR(1) series around 0."""
    shocks = np.random.default_rng(seed).normal(size=count + 50)
    values = np.zeros(count + 50)
    for t in range(1, count + 50):
        values[t] = memory * values[t - 1] + shocks[t]
    return values[50:]


LOSSES = np.abs(autocorrelated(1, 80, 0.6))
REFERENCE = np.abs(autocorrelated(2, 80, 0.3)) + 0.2


@pytest.mark.parametrize("horizon", [1, 4, 7])
def test_p_value_is_where_the_interval_of_the_mean_difference_ends_at_zero(horizon: int) -> None:
    found = diebold_mariano(LOSSES, REFERENCE, horizon)
    _, end = mean_interval(LOSSES - REFERENCE, horizon, level=1 - found.p_value)
    assert found.statistic < 0
    assert end == pytest.approx(0, abs=1e-12)


def test_swapping_the_forecasts_turns_the_sign() -> None:
    forward, backward = diebold_mariano(LOSSES, REFERENCE), diebold_mariano(REFERENCE, LOSSES)
    assert forward.statistic == pytest.approx(-backward.statistic, rel=1e-12)
    assert forward.p_value == pytest.approx(backward.p_value, rel=1e-12)


@pytest.mark.parametrize(("count", "horizon"), [(100, 7), (365, 30)])
def test_equal_forecasts_whose_horizons_overlap_are_told_apart_one_time_in_twenty(
    count: int, horizon: int
) -> None:
    """2.6 standard deviations of 2000 repeats at 5 % are 1.3 %."""
    shocks = np.random.default_rng(11).normal(size=(2, count + horizon, 2000)).cumsum(axis=1)
    losses = np.abs(shocks[:, horizon:] - shocks[:, :-horizon])
    rejected = [
        diebold_mariano(*pair, horizon).p_value < 0.05 for pair in losses.transpose(2, 0, 1)
    ]
    assert 0.037 < np.mean(rejected) < 0.066


@pytest.mark.parametrize(("horizon", "most"), [(1, 0.07), (7, 0.075)])
def test_losses_that_last_beyond_horizons_reject_little_more_often(
    horizon: int, most: float
) -> None:
    """Of 100 differences with φ = 0.8; without regard to φ it was 0.091 and 0.081."""
    shocks = np.random.default_rng(4).normal(size=(2000, 160))
    differences = lfilter([1.0], [1.0, -0.8], shocks, axis=1)[:, 60:]
    nothing = np.zeros(100)
    rejected = [diebold_mariano(row, nothing, horizon).p_value < 0.05 for row in differences]
    assert np.mean(rejected) < most


def test_holm_is_bonferroni_for_the_smallest_and_never_out_of_order() -> None:
    p_values = np.array([0.2, 0.01, 0.03, np.nan, 0.9])
    adjusted = holm(p_values)
    np.testing.assert_allclose(adjusted, [0.4, 0.04, 0.09, np.nan, 0.9])
    assert (np.argsort(adjusted[[0, 1, 2, 4]]) == np.argsort(p_values[[0, 1, 2, 4]])).all()
    assert holm([0.03]) == 0.03
    assert holm([0.6, 0.7]).max() == 1


def test_of_many_methods_that_are_all_alike_none_is_told_apart_nineteen_times_in_twenty() -> None:
    p_values = np.random.default_rng(12).uniform(size=(4000, 7))
    assert np.mean([holm(row).min() < 0.05 for row in p_values]) < 0.06
    assert (p_values.min(axis=1) < 0.05).mean() > 0.25


def test_scores_keep_the_single_test_beside_the_one_for_all_methods() -> None:
    rows = [
        Score("ex-ante", name, "pooled", 1, "dm_mae_p_value", value)
        for name, value in (("a", 0.02), ("b", 0.5), ("c", math.nan))
    ]
    found = for_all_methods([*rows, Score("ex-ante", "a", "pooled", 2, "dm_mae_p_value", 0.02)])
    assert find(found, "a", "dm_mae_p_value") == 0.04
    assert find(found, "a", "dm_mae_p_single") == 0.02
    assert [s.value for s in found if s.horizon == 2] == [0.02, 0.02]


def test_what_cannot_be_judged_has_no_p_value() -> None:
    assert diebold_mariano(LOSSES, LOSSES) == (0.0, 1.0)
    for first, second, horizon in (
        ([1.0], [2.0], 1),
        ([1.0, 1.0, 1.0], [0.0, 0.0, 0.0], 1),
        ([1.0, math.nan, 1.0], [0.0, 0.5, 0.0], 1),
        ([1.0, 2.0, 1.0], [0.0, 0.5, 0.0], 3),
    ):
        assert all(math.isnan(number) for number in diebold_mariano(first, second, horizon))


def test_losses_that_do_not_match_are_refused() -> None:
    with pytest.raises(CamjaxError, match="one length"):
        diebold_mariano([1.0, 2.0], [1.0])
    with pytest.raises(CamjaxError, match="horizon"):
        diebold_mariano([1.0, 2.0], [1.0, 3.0], horizon=0)
