"""Baselines: on the simplex, blind to the future, and equal to published errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.baselines import BASELINES, Baseline, ilr_drift, persistence, window_mean
from calibration.composition import ilr, ilr_inverse
from camjax.errors import CamjaxError

WEIGHTS = np.random.default_rng(7).dirichlet((3.0, 2.0, 1.0), 12)


@pytest.mark.parametrize("baseline", BASELINES.values(), ids=BASELINES)
@given(
    seed=st.integers(0, 2**31),
    rows=st.integers(1, 20),
    deposits=st.integers(1, 6),
    horizon=st.integers(1, 9),
)
def test_forecasts_are_on_the_simplex(
    baseline: Baseline, seed: int, rows: int, deposits: int, horizon: int
) -> None:
    history = np.random.default_rng(seed).dirichlet(np.ones(deposits), rows)
    forecasts = baseline(history, horizon)
    assert forecasts.shape == (horizon, deposits)
    assert (forecasts >= 0).all()
    np.testing.assert_allclose(forecasts.sum(axis=1), 1, rtol=0, atol=1e-12)


def test_persistence_and_window_mean_hold_what_they_saw() -> None:
    np.testing.assert_allclose(persistence(WEIGHTS, 3), np.tile(WEIGHTS[-1], (3, 1)), rtol=1e-15)
    mean = WEIGHTS[-4:].mean(axis=0)
    np.testing.assert_allclose(window_mean(WEIGHTS, 2, window=4), [mean, mean], rtol=1e-14)
    long_window = window_mean(WEIGHTS, 1, window=100)
    np.testing.assert_allclose(long_window[0], WEIGHTS.mean(axis=0), rtol=1e-14)


def test_drift_is_the_mean_change_of_ilr_coordinates() -> None:
    coordinates = np.asarray(ilr(WEIGHTS))
    slope = np.diff(coordinates, axis=0).mean(axis=0)
    expected = ilr_inverse(coordinates[-1] + np.arange(1, 6)[:, np.newaxis] * slope)
    np.testing.assert_allclose(ilr_drift(WEIGHTS, 5), expected, rtol=1e-12)


def test_one_row_has_no_drift() -> None:
    np.testing.assert_allclose(ilr_drift(WEIGHTS[:1], 4), persistence(WEIGHTS[:1], 4), rtol=1e-14)


def test_an_empty_deposit_drifts_only_from_a_floor_that_is_given() -> None:
    history = [[0.0, 0.4, 0.6], [0.1, 0.3, 0.6]]
    with pytest.raises(CamjaxError, match="floor="):
        ilr_drift(history, 1)
    floored = ilr_drift(history, 1, floor=1e-6)
    np.testing.assert_allclose(floored, ilr_drift([[1e-6, 0.4, 0.6], history[1]], 1), rtol=1e-5)


@pytest.mark.parametrize(
    ("history", "horizon"),
    [([], 1), ([0.5, 0.5], 1), ([[0.5, 0.5]], 0), ([[0.5, -0.5]], 1), ([[0.0, 0.0]], 1)],
)
@pytest.mark.parametrize("baseline", BASELINES.values(), ids=BASELINES)
def test_no_history_and_no_horizon_are_refused(
    baseline: Baseline, history: list[object], horizon: int
) -> None:
    with pytest.raises(CamjaxError, match="expected"):
        baseline(history, horizon)


@pytest.mark.parametrize(
    ("baseline", "published"),
    [(persistence, (0.002429, 0.005321, 0.009315)), (ilr_drift, (0.002422, 0.005272, 0.009271))],
    ids=["persistence", "ilr_drift"],
)
def test_shares_of_demand_are_forecast_as_well_as_published(
    baseline: Baseline, published: tuple[float, ...]
) -> None:
    datasets = pytest.importorskip("statsmodels.datasets")
    data = datasets.macrodata.load_pandas().data[["realcons", "realinv", "realgovt"]].to_numpy()
    shares = data / data.sum(axis=1, keepdims=True)
    origins, horizons = range(100, 195), (1, 4, 8)
    forecasts = np.stack([baseline(shares[: origin + 1], 8) for origin in origins])
    for horizon, expected in zip(horizons, published, strict=True):
        observed = np.stack([shares[origin + horizon] for origin in origins])
        error = np.abs(forecasts[:, horizon - 1] - observed).mean()
        assert round(error, 6) == expected
