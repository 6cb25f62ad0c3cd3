"""The Diebold-Mariano test: its variance and correction, its size, and what it cannot judge."""

import math

import numpy as np
import pytest
from scipy import stats

from calibration.diebold_mariano import default_lags, diebold_mariano, long_run_variance
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


def by_hand(horizon: int, lags: int) -> tuple[float, float]:
    """Statistic and p-value by loops over the formulas of the papers."""
    n = len(LOSSES)
    d = [a - b for a, b in zip(LOSSES, REFERENCE, strict=True)]
    mean = math.fsum(d) / n
    variance = 0.0
    for t in range(n):
        for s in range(n):
            if abs(t - s) <= lags:
                kernel = 1 - abs(t - s) / (lags + 1)
                variance += kernel * (d[t] - mean) * (d[s] - mean) / n
    plain = mean / math.sqrt(variance / n)
    corrected = plain * math.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    return corrected, 2 * stats.t.cdf(-abs(corrected), n - 1)


@pytest.mark.parametrize(("horizon", "lags"), [(1, 0), (1, 3), (4, 3), (7, 9), (1, 100)])
def test_statistic_and_p_value_follow_the_papers(horizon: int, lags: int) -> None:
    found = diebold_mariano(LOSSES, REFERENCE, horizon, lags)
    np.testing.assert_allclose(found, by_hand(horizon, lags), rtol=1e-12)


@pytest.mark.parametrize("lags", [0, 4])
def test_variance_is_that_of_a_regression_on_a_constant(lags: int) -> None:
    models = pytest.importorskip("statsmodels.regression.linear_model")
    difference = LOSSES - REFERENCE
    fitted = models.OLS(difference, np.ones_like(difference)).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False}
    )
    variance = long_run_variance(difference, lags)
    assert variance / len(difference) == pytest.approx(fitted.cov_params()[0, 0], rel=1e-12)


def test_swapping_the_forecasts_turns_the_sign() -> None:
    forward, backward = diebold_mariano(LOSSES, REFERENCE), diebold_mariano(REFERENCE, LOSSES)
    assert forward.statistic == pytest.approx(-backward.statistic, rel=1e-12)
    assert forward.p_value == pytest.approx(backward.p_value, rel=1e-12)


def test_equal_forecasts_are_rarely_told_apart_even_if_losses_are_autocorrelated() -> None:
    p_values = [
        diebold_mariano(autocorrelated(seed, 200, 0.5), np.zeros(200)).p_value
        for seed in range(400)
    ]
    rejected = np.mean(np.array(p_values) < 0.05)
    assert 0.03 < rejected < 0.15  # Bartlett's kernel is a little liberal at this memory
    naive = [
        diebold_mariano(autocorrelated(seed, 200, 0.5), np.zeros(200), lags=0).p_value
        for seed in range(400)
    ]
    assert np.mean(np.array(naive) < 0.05) > 0.2


def test_what_cannot_be_judged_has_no_p_value() -> None:
    assert diebold_mariano(LOSSES, LOSSES) == (0.0, 1.0)
    for first, second, horizon in (
        ([1.0], [2.0], 1),
        ([1.0, 1.0, 1.0], [0.0, 0.0, 0.0], 1),
        ([1.0, math.nan, 1.0], [0.0, 0.5, 0.0], 1),
        ([1.0, 2.0, 1.0], [0.0, 0.5, 0.0], 3),
    ):
        assert all(math.isnan(number) for number in diebold_mariano(first, second, horizon))


def test_lags_grow_slowly_and_reach_the_horizon() -> None:
    assert [default_lags(count) for count in (5, 30, 100, 1000)] == [1, 3, 4, 10]
    assert default_lags(1000, horizon=14) == 13
    assert default_lags(3, horizon=14) == 2


def test_losses_that_do_not_match_are_refused() -> None:
    with pytest.raises(CamjaxError, match="one length"):
        diebold_mariano([1.0, 2.0], [1.0])
    with pytest.raises(CamjaxError, match="horizon"):
        diebold_mariano([1.0, 2.0], [1.0, 3.0], horizon=0)
