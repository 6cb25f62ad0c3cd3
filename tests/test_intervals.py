"""Intervals hold what they say, whatever paths are distributed like."""

import numpy as np
import pytest
from scipy import stats

from camjax.analysis.intervals import mean_interval
from camjax.analysis.shortfall import shortfall
from camjax.ensemble.reducers.moments import MomentsResult
from camjax.intervals import (
    half_width,
    is_skewed,
    order_statistic,
    paths_for_quantile,
    probability_interval,
    quantile_ranks,
    student_interval,
)


@pytest.mark.parametrize("trials", [1, 5, 30, 100, 1000])
@pytest.mark.parametrize("level", [0.5, 0.95])
def test_a_probability_is_held_at_least_as_often_as_the_level_says(
    trials: int, level: float
) -> None:
    """By the binomial's own probabilities: no draws. Wilson's held 0.001 on 90 % of 100 paths."""
    counts = np.arange(trials + 1)
    low, high = probability_interval(counts, trials, level)
    for probability in (1e-6, 0.001, 0.005, 0.01, 0.05, 0.2, 0.5, 0.9, 0.999):
        held = (low <= probability) & (probability <= high)
        assert stats.binom.pmf(counts[held], trials, probability).sum() >= level


@pytest.mark.parametrize("trials", [1, 3, 100, 10**6])
def test_what_never_happened_may_have_probability_0_exactly(trials: int) -> None:
    low, high = probability_interval(np.array([0, trials]), trials)
    assert low[0] == 0.0 and high[1] == 1.0
    assert 0 < high[0] < 1 and 0 < low[1] < 1


def test_probabilities_of_what_is_not_defined_are_not() -> None:
    assert np.isnan(probability_interval(np.nan, 10)).all()


def test_a_mean_has_the_same_interval_from_paths_and_from_their_moments() -> None:
    values = np.random.default_rng(0).normal(size=(8, 3))
    kept = mean_interval(values)
    mean, std = values.mean(0), values.std(0, ddof=1)
    streamed = MomentsResult(8, mean, std, values.min(0), values.max(0)).interval()
    np.testing.assert_allclose((kept["low"], kept["high"]), streamed, rtol=1e-14)
    expected = stats.ttest_1samp(values, 0).confidence_interval()
    np.testing.assert_allclose(streamed, expected, rtol=1e-12)


def test_a_mean_of_one_path_has_no_interval() -> None:
    assert np.isnan(student_interval(3.0, np.nan, 1)).all()
    assert half_width(*map(float, student_interval(3.0, np.nan, 1))) == np.inf


def test_ranks_of_a_quantile_are_binomial_and_open_where_paths_are_few() -> None:
    for number in (1, 5, 30, 71, 72, 1000):
        for share in (0.01, 0.5, 0.95):
            below, above = stats.binom.ppf([0.025, 0.975], number, share)
            assert quantile_ranks(number, share) == (below, above + 1)
    ordered = np.arange(1.0, 31.0)
    low, high = (order_statistic(ordered, rank) for rank in quantile_ranks(30, 0.95))
    assert float(low) == 26.0 and np.isnan(high)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.5, 0.95, 0.999])
def test_as_many_paths_as_are_named_tell_both_ends_and_one_less_does_not(share: float) -> None:
    number = paths_for_quantile(share)
    for paths, known in ((number, True), (number - 1, False)):
        low, high = quantile_ranks(paths, share)
        assert (low >= 1 and high <= paths) == known


def test_a_mean_that_few_paths_carry_is_told_from_others() -> None:
    generator = np.random.default_rng(0)
    normal = is_skewed(generator.normal(size=(30, 1000)))
    skewed = is_skewed(np.exp(generator.normal(size=(30, 1000))))
    assert normal.mean() < 0.03 and skewed.mean() > 0.75
    assert not is_skewed(np.ones((30, 1))).any()


TAILS = {"normal": stats.norm(), "lognormal": stats.lognorm(1), "t5": stats.t(5)}


def held_shortfall(name: str, repeats: int, num_paths: int) -> tuple[float, float]:
    """How often the interval of a 95 % shortfall holds it, and how far the estimate is off."""
    draw, generator = TAILS[name], np.random.default_rng(1)
    quantile = draw.ppf(0.95)
    true = draw.expect(lambda x: x, lb=quantile, conditional=True)
    found = [
        shortfall(np.sort(draw.rvs(num_paths, random_state=generator)), 0.95)
        for _ in range(repeats)
    ]
    estimates, low, high = np.array(found).T
    return ((low <= true) & (true <= high)).mean(), estimates.mean() / true - 1


@pytest.mark.parametrize("name", TAILS)
def test_the_interval_of_a_shortfall_holds_it(name: str) -> None:
    """In 300 repeats of 100 paths; the asymptotic one held 87, 78 and 81 %."""
    held, bias = held_shortfall(name, 300, 100)
    assert held >= 0.89
    assert abs(bias) < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("num_paths", [100, 200, 1000])
@pytest.mark.parametrize("name", TAILS)
def test_the_interval_of_a_shortfall_holds_it_as_often_as_the_guide_says(
    name: str, num_paths: int
) -> None:
    held, bias = held_shortfall(name, 4000, num_paths)
    assert held >= (0.91 if name == "lognormal" else 0.93)
    assert abs(bias) < 0.015


def test_a_shortfall_of_few_paths_has_no_interval_and_constants_have_a_point() -> None:
    losses = np.sort(np.random.default_rng(0).normal(size=(99, 2)), axis=0)
    found, low, high = shortfall(losses, 0.95)
    assert np.isfinite(found).all() and np.isnan([low, high]).all()
    assert np.array(shortfall(np.full((100, 2), 3.0), 0.95)) == pytest.approx(3.0)


def test_a_shortfall_is_the_mean_of_the_worst_paths_but_for_its_bias() -> None:
    losses = np.sort(np.random.default_rng(0).normal(size=(30, 2)), axis=0)
    plain, _, _ = shortfall(losses, 0.9)
    np.testing.assert_allclose(plain, losses[-3:].mean(0), rtol=1e-12)
    many = np.sort(np.random.default_rng(0).normal(size=10_000))
    corrected, low, high = shortfall(many, 0.95)
    assert corrected == pytest.approx(many[-500:].mean(), rel=2e-3)
    assert low < corrected < high


def test_a_shortfall_is_no_less_than_its_value_at_risk_may_be() -> None:
    losses = np.sort(np.random.default_rng(3).normal(size=(100, 50)), axis=0)
    low = shortfall(losses, 0.95)[1]
    assert (low >= losses[quantile_ranks(100, 0.95)[0] - 1]).all()
