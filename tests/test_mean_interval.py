"""Intervals of the means of series in time: coverage, and what they are made of."""

import numpy as np
import pytest
from scipy import stats

from calibration.mean_interval import mean_interval

REPEATS = 2000


def autocorrelated(memory: float, count: int) -> np.ndarray:
    """[count, REPEATS] AR(1) series around 0."""
    shocks = np.random.default_rng(7).normal(size=(count + 60, REPEATS))
    values = np.zeros_like(shocks)
    for t in range(1, len(values)):
        values[t] = memory * values[t - 1] + shocks[t]
    return values[60:]


@pytest.mark.parametrize(("memory", "count"), [(0.0, 20), (0.0, 200), (0.5, 200), (0.7, 400)])
def test_intervals_cover_the_mean_whether_values_last_or_not(memory: float, count: int) -> None:
    """95 % are meant; 2.5 standard deviations of 2000 repeats are 1.2 %.

    Of Ω, the first ν waves see what frequencies up to πν/n carry. For an AR(1) of memory φ the
    wave j has the spectrum (1-φ)² / (1 - 2φ cos ω + φ²) of that at 0, ω = πj/n, so that the
    interval is too narrow by the root of its mean over waves, and covers what Student's t says.
    """
    low, high = mean_interval(autocorrelated(memory, count))
    waves = int(0.41 * count ** (2 / 3))
    turn = np.pi * np.arange(1, waves + 1) / count
    spectrum = (1 - memory) ** 2 / (1 - 2 * memory * np.cos(turn) + memory**2)
    reach = stats.t.ppf(0.975, waves) * np.sqrt(spectrum.mean())
    expected = 2 * stats.t.cdf(reach, waves) - 1
    assert ((low <= 0) & (high >= 0)).mean() == pytest.approx(expected, abs=0.012)
    assert expected > 0.92


def test_the_width_is_that_of_the_slowest_waves() -> None:
    """By loops over the formula."""
    values = np.random.default_rng(3).normal(size=30) + 4
    waves = int(0.41 * 30 ** (2 / 3))
    parts = [
        np.sqrt(2 / 30) * sum(x * np.cos(np.pi * j * (t + 0.5) / 30) for t, x in enumerate(values))
        for j in range(1, waves + 1)
    ]
    reach = stats.t.ppf(0.975, waves) * np.sqrt(np.mean(np.square(parts)) / 30)
    low, high = mean_interval(values)
    assert [low, high] == pytest.approx([values.mean() - reach, values.mean() + reach], rel=1e-12)


def test_values_that_overlap_leave_fewer_waves_and_one_value_no_interval() -> None:
    values = np.random.default_rng(4).normal(size=40)
    wide = np.diff(mean_interval(values, overlap=20))
    assert wide > 2 * np.diff(mean_interval(values))
    assert np.isnan(mean_interval([[1.0, 2.0]])).all()
    assert np.ptp(mean_interval([3.0] * 8)) < 1e-12
