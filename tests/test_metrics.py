"""Metrics equal a slow plain NumPy oracle, published values, and the identities between them."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from jax.test_util import check_grads

from calibration.ensemble_scores import central_interval, crps, energy_score, interval_coverage
from calibration.metrics import (
    ERROR_METRICS,
    error_metrics,
    masked_mean,
    mean_absolute_deviation,
    mean_aitchison_distance,
    root_mean_square_error,
    weight_errors,
)
from camjax.errors import CamjaxError

SHAPE = (6, 3, 4)  # origins, horizons, deposits
laws = settings(max_examples=30)
error_tensors = arrays(np.float64, SHAPE, elements=st.floats(-1, 1))
masks = arrays(np.bool_, SHAPE)


def oracle(name: str, errors: np.ndarray) -> float:
    """The metric of a flat list of errors, as a statistics book has it."""
    if len(errors) == 0:
        return np.nan
    return {
        "mae": lambda e: sum(abs(x) for x in e) / len(e),
        "mad": lambda e: np.sort(np.abs(e))[[(len(e) - 1) // 2, len(e) // 2]].mean(),
        "mean_absolute_deviation": lambda e: sum(abs(x - sum(e) / len(e)) for x in e) / len(e),
        "rmse": lambda e: (sum(x**2 for x in e) / len(e)) ** 0.5,
        "bias": lambda e: sum(e) / len(e),
    }[name](errors)


@laws
@given(errors=error_tensors, mask=masks)
def test_metrics_equal_the_oracle_per_deposit_and_pooled(
    errors: np.ndarray, mask: np.ndarray
) -> None:
    unseen = np.where(mask, errors, np.nan)
    per_deposit = error_metrics(unseen, axis=(0, 1), where=mask)
    pooled = error_metrics(unseen, where=mask)
    assert set(per_deposit) == set(ERROR_METRICS)
    for name in ERROR_METRICS:
        expected = [oracle(name, errors[..., i][mask[..., i]]) for i in range(SHAPE[-1])]
        np.testing.assert_allclose(per_deposit[name], expected, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(pooled[name], oracle(name, errors[mask]), rtol=1e-12, atol=1e-15)


@laws
@given(errors=error_tensors)
def test_metrics_equal_the_oracle_without_a_mask(errors: np.ndarray) -> None:
    for name, value in error_metrics(errors, axis=0).items():
        expected = np.apply_along_axis(lambda e, name=name: oracle(name, e), 0, errors)
        np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-15)


def test_pooled_rmse_is_no_mean_of_roots() -> None:
    errors = np.array([[0.0, 0.3], [0.0, 0.3]])
    assert float(root_mean_square_error(errors)) == pytest.approx(0.3 / np.sqrt(2), rel=1e-14)
    assert float(root_mean_square_error(errors, axis=0).mean()) == pytest.approx(0.15, rel=1e-14)


def test_median_is_unscaled_and_deviation_is_its_own_metric() -> None:
    errors = np.array([0.1, 0.1, 0.1, 0.5])
    metrics = {name: float(value) for name, value in error_metrics(errors).items()}
    assert metrics["mad"] == pytest.approx(0.1)
    assert metrics["mae"] == pytest.approx(0.2)
    assert metrics["mean_absolute_deviation"] == pytest.approx(0.15)


def test_error_is_positive_where_the_prediction_is_too_high() -> None:
    assert float(error_metrics(weight_errors([0.6, 0.5], [0.5, 0.5]))["bias"]) > 0


def test_nan_that_counts_is_not_hidden() -> None:
    errors = np.array([0.1, np.nan, 0.2])
    everything = np.ones(3, dtype=bool)
    for metric in ERROR_METRICS.values():
        assert np.isnan(metric(errors)) and np.isnan(metric(errors, where=everything))


def test_nothing_is_broadcast_by_accident() -> None:
    with pytest.raises(CamjaxError, match=r"predicted: expected an array of shape \(2, 3\)"):
        weight_errors(np.zeros(3), np.zeros((2, 3)))
    with pytest.raises(CamjaxError, match="Members lead"):
        crps(np.zeros((2, 5)), np.zeros(2))
    with pytest.raises(CamjaxError, match="upper: expected"):
        interval_coverage(np.zeros(2), np.zeros(1), np.zeros(2))


def test_gradients_survive_perfect_predictions_and_missing_observations() -> None:
    errors = jnp.array([[0.0, jnp.nan], [0.0, 0.0]])
    mask = jnp.array([[True, False], [True, True]])
    for metric in ERROR_METRICS.values():
        gradient = jax.grad(lambda e, metric=metric: metric(e, where=mask).sum())(errors)
        assert np.isfinite(gradient).all()


def test_gradient_of_smooth_metrics_matches_differences() -> None:
    errors = jnp.array([0.1, -0.25, 0.3, 0.07])
    for metric in (root_mean_square_error, mean_absolute_deviation):
        check_grads(metric, (errors,), order=1)


def test_mean_aitchison_distance_averages_rows_that_count() -> None:
    rng = np.random.default_rng(0)
    predicted, observed = rng.dirichlet(np.ones(3), (2, 5))
    observed[2] = np.nan
    mask = np.arange(5) != 2

    def distance(x: np.ndarray, y: np.ndarray) -> float:
        u, v = np.log(x), np.log(y)
        return float(np.sqrt((((u - u.mean()) - (v - v.mean())) ** 2).sum()))

    expected = np.mean([distance(predicted[t], observed[t]) for t in range(5) if mask[t]])
    found = mean_aitchison_distance(predicted, observed, where=mask)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    with pytest.raises(CamjaxError, match="positive"):
        mean_aitchison_distance(predicted, observed)


def test_empty_deposits_need_a_floor_to_have_a_distance() -> None:
    with pytest.raises(CamjaxError, match="floor="):
        mean_aitchison_distance([[0.5, 0.5]], [[0.0, 1.0]])
    assert np.isfinite(mean_aitchison_distance([[0.5, 0.5]], [[0.0, 1.0]], floor=1e-6))


ENSEMBLE = np.array(
    [
        [0.79546742, 0.02461368],
        [0.4777960, 0.7584595],
        [0.2164079, 0.3181810],
        [0.5409873, 0.1319422],
    ]
)
OBSERVATION = np.array([0.2743836, 0.8146400])


def test_energy_score_equals_the_published_values() -> None:
    ordinary = energy_score(ENSEMBLE, OBSERVATION, fair=False)
    np.testing.assert_allclose(ordinary, 0.3949793, atol=5e-8)
    np.testing.assert_allclose(energy_score(ENSEMBLE, OBSERVATION), 0.3274585, atol=5e-8)


def score_oracle(members: np.ndarray, observed: np.ndarray, fair: bool) -> float:
    """Energy score of vectors [M, N] by its double sum; the CRPS where N = 1."""
    num_members = len(members)
    pairs = itertools.product(members, members)
    spread = sum(np.linalg.norm(x - y) for x, y in pairs)
    num_pairs = num_members * (num_members - 1) if fair else num_members**2
    return np.mean([np.linalg.norm(x - observed) for x in members]) - spread / (2 * num_pairs)


@laws
@given(
    members=arrays(np.float64, (7, 3), elements=st.floats(0, 1)),
    observed=arrays(np.float64, 3, elements=st.floats(0, 1)),
    fair=st.booleans(),
)
def test_scores_equal_their_double_sums(
    members: np.ndarray, observed: np.ndarray, fair: bool
) -> None:
    expected = score_oracle(members, observed, fair)
    np.testing.assert_allclose(energy_score(members, observed, fair=fair), expected, atol=1e-12)
    columns = [score_oracle(members[:, [i]], observed[[i]], fair) for i in range(3)]
    np.testing.assert_allclose(crps(members, observed, fair=fair), columns, atol=1e-12)


def test_scores_batch_over_rows() -> None:
    rng = np.random.default_rng(1)
    members, observed = rng.random((5, 4, 2, 3)), rng.random((4, 2, 3))
    for fair in (True, False):
        found = np.asarray(energy_score(members, observed, fair=fair))
        assert found.shape == (4, 2) and crps(members, observed, fair=fair).shape == (4, 2, 3)
        expected = score_oracle(members[:, 3, 1], observed[3, 1], fair)
        np.testing.assert_allclose(found[3, 1], expected, atol=1e-12)


def test_fair_score_does_not_depend_on_the_size_of_the_ensemble() -> None:
    rng = np.random.default_rng(2)
    observed = rng.random(40_000)
    fair, ordinary = (
        [float(crps(rng.random((size, 40_000)), observed, fair=f).mean()) for size in (2, 16)]
        for f in (True, False)
    )
    np.testing.assert_allclose(fair, 1 / 6, atol=4e-3)
    np.testing.assert_allclose(ordinary, [1 / 6 * (1 + 1 / size) for size in (2, 16)], atol=4e-3)


def test_single_member_scores_its_distance_and_has_no_fair_score() -> None:
    np.testing.assert_allclose(crps([[0.7, 0.1]], [0.5, 0.4], fair=False), [0.2, 0.3])
    for score in (crps, energy_score):
        with pytest.raises(CamjaxError, match="at least 2 members"):
            score([[0.7, 0.1]], [0.5, 0.4])
    with pytest.raises(CamjaxError, match="at least one member"):
        crps(np.zeros((0, 2)), np.zeros(2))


def test_scores_of_large_ensembles_do_not_overflow_integers_without_x64() -> None:
    jax.config.update("jax_enable_x64", False)
    try:
        members = np.linspace(0, 1, 70_001, dtype=np.float32)[:, None]
        score = float(crps(members, np.array([0.5], dtype=np.float32))[0])
    finally:
        jax.config.update("jax_enable_x64", True)
    assert score == pytest.approx(0.25 - 1 / 6, rel=1e-4)


def test_gradient_of_scores_survives_equal_members() -> None:
    members = jnp.full((3, 2), 0.5)
    for score in (crps, energy_score):
        gradient = jax.grad(lambda m, score=score: score(m, jnp.full(2, 0.5)).sum())(members)
        assert np.isfinite(gradient).all()


def test_intervals_cover_what_they_promise() -> None:
    rng = np.random.default_rng(3)
    ensemble, observed = rng.normal(size=(400, 2_000)), rng.normal(size=2_000)
    lower, upper = central_interval(ensemble, 0.8)
    ordered = np.sort(ensemble, axis=0)
    np.testing.assert_allclose(lower, 0.9 * ordered[39] + 0.1 * ordered[40], rtol=1e-12)
    np.testing.assert_allclose(upper, 0.9 * ordered[-40] + 0.1 * ordered[-41], rtol=1e-12)
    share = float(interval_coverage(lower, upper, observed))
    assert share == np.mean((np.asarray(lower) <= observed) & (observed <= np.asarray(upper)))
    assert 0.77 < share < 0.83


@pytest.mark.parametrize(("level", "fewest"), [(0.8, 9), (0.9, 19), (0.95, 39)])
def test_interval_of_few_members_is_the_range_and_of_fewer_none(level: float, fewest: int) -> None:
    ensemble = np.random.default_rng(1).normal(size=(fewest, 50))
    lower, upper = central_interval(ensemble, level)
    np.testing.assert_allclose((lower, upper), (ensemble.min(axis=0), ensemble.max(axis=0)))
    assert np.isnan(central_interval(ensemble[1:], level)).all()


def test_one_more_member_falls_inside_with_the_probability_of_the_level() -> None:
    draws = np.random.default_rng(2).normal(size=(20, 40_000))
    ends = central_interval(draws[1:], 0.9)
    assert float(interval_coverage(*ends, draws[0])) == pytest.approx(0.9, abs=0.006)


def test_interval_within_a_tolerance_of_what_was_observed_holds_it() -> None:
    ends = np.array([0.2, 0.4])
    assert float(interval_coverage(ends, ends, ends + 1e-12)) == 0
    assert float(interval_coverage(ends, ends, ends + 1e-12, tolerance=1e-9)) == 1


def test_interval_holds_its_ends_and_hides_no_nan() -> None:
    ends = np.array([0.2, 0.4])
    assert float(interval_coverage(ends, ends, ends)) == 1
    unknown = np.array([0.2, np.nan])
    assert np.isnan(interval_coverage(unknown, ends, ends))
    assert float(interval_coverage(unknown, ends, ends, where=~np.isnan(unknown))) == 1
    assert np.isnan(masked_mean(ends, where=np.zeros(2, dtype=bool)))


@pytest.mark.parametrize("level", [0.0, 1.0, 95])
def test_level_is_a_share(level: float) -> None:
    with pytest.raises(CamjaxError, match="95 % is written 0.95"):
        central_interval(np.zeros((3, 2)), level)


def test_energy_score_refuses_single_numbers() -> None:
    with pytest.raises(CamjaxError, match=r"Use crps\(\)"):
        energy_score([0.1, 0.2], 0.3)
