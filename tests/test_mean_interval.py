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


@pytest.mark.parametrize(
    ("memory", "count"), [(0.0, 20), (0.0, 200), (0.5, 200), (0.7, 400), (0.8, 100), (0.9, 365)]
)
def test_intervals_cover_the_mean_whether_values_last_or_not(memory: float, count: int) -> None:
    """95 % are meant; 2.5 standard deviations of 2000 repeats are 1.2 %.

    Waves that were taken to carry all of what lasts covered 91 and 88 % in the last two.
    """
    low, high = mean_interval(autocorrelated(memory, count))
    assert ((low <= 0) & (high >= 0)).mean() == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize("overlap", [1, 3])
def test_the_width_is_that_of_the_slowest_waves(overlap: int) -> None:
    """By loops over the formula."""
    values = autocorrelated(0.9, 40)[:, 3] + 4
    number, away = len(values), values - values.mean()
    waves = min(int(0.41 * number ** (2 / 3)), number // (2 * overlap))
    squares = [
        (2 / number)
        * sum(x * np.cos(np.pi * j * (t + 0.5) / number) for t, x in enumerate(values)) ** 2
        for j in range(1, waves + 1)
    ]
    left = sum(a * b for a, b in zip(away[overlap:], away, strict=False)) / sum(away**2)
    left += (1 + 3 * left) / number
    assert left > 0
    memory = left ** (1 / overlap)
    carried = np.array(
        [
            (1 - memory) ** 2 / abs(1 - memory * np.exp(1j * np.pi * j / number)) ** 2
            for j in range(1, waves + 1)
        ]
    )
    degrees = carried.sum() ** 2 / (carried**2).sum()
    reach = stats.t.ppf(0.975, degrees) * np.sqrt(sum(squares) / carried.sum() / number)
    low, high = mean_interval(values, overlap)
    assert [low, high] == pytest.approx([values.mean() - reach, values.mean() + reach], rel=1e-9)


def test_values_that_overlap_leave_fewer_waves_and_one_value_no_interval() -> None:
    values = np.random.default_rng(4).normal(size=40)
    wide = np.diff(mean_interval(values, overlap=20))
    assert wide > 2 * np.diff(mean_interval(values))
    assert np.isnan(mean_interval([[1.0, 2.0]])).all()
    assert np.ptp(mean_interval([3.0] * 8)) < 1e-12
