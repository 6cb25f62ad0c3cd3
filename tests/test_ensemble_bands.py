"""Bands: statistics with a stated error, over ranges that were guessed from a few paths."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from camjax.ensemble import Bands
from camjax.ensemble.reducers import BandsResult
from camjax.ensemble.reducers.histograms import count_one_by_one, count_rows, count_together
from camjax.errors import CamjaxError

GENERATOR = np.random.default_rng(0)
STEPS, PATHS = 3, 4000
VALUES = GENERATOR.lognormal(size=(STEPS, 2, PATHS))


def fold_steps(reducer: Bands, values: np.ndarray, counted: np.ndarray) -> Any:
    """What a scan over steps folds a block into."""
    steps = jnp.arange(1, len(values) + 1)
    return jax.lax.map(
        lambda row: reducer.fold({"step": row[0], "x": row[1]}, jnp.asarray(counted)),
        (steps, jnp.asarray(values)),
    )


def bands_of(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> BandsResult:
    """Bands of values, folded in two blocks, the second of which has padding."""
    reducer = Bands("x", low, high)
    half = values.shape[-1] // 2
    padded = np.concatenate([values[..., half:], values[..., :7] + 1e6], -1)
    first = fold_steps(reducer, values[..., :half], np.ones(half, bool))
    second = fold_steps(reducer, padded, np.arange(padded.shape[-1]) < half)
    return reducer.finish(reducer.merge(*jax.device_get((first, second))))


def assert_within_the_error(found: BandsResult, values: np.ndarray) -> None:
    exact = np.quantile(values, found.levels, axis=-1, method="inverted_cdf")
    assert (np.abs(found.quantiles - exact) <= found.error * (1 + 1e-9)).all()


def test_bands_are_those_of_all_paths() -> None:
    found = bands_of(VALUES, VALUES[..., :500].min(-1), VALUES[..., :500].max(-1))
    np.testing.assert_allclose(found.mean, VALUES.mean(-1), rtol=1e-12)
    np.testing.assert_allclose(found.std, VALUES.std(-1, ddof=1), rtol=1e-12)
    assert_within_the_error(found, VALUES)
    assert found.error.max() < 0.2


def test_a_range_that_misses_makes_the_error_larger_not_wrong() -> None:
    below, above = np.full((STEPS, 2), 0.8), np.full((STEPS, 2), 1.2)
    found = bands_of(VALUES, below, above)
    assert_within_the_error(found, VALUES)
    assert found.error[2].max() < 0.01 < found.error[0].min()


def test_what_never_varies_is_read_off_exactly() -> None:
    values = np.full((STEPS, 2, PATHS), 0.015)
    found = bands_of(values, values[..., 0], values[..., 0])
    assert (found.quantiles == 0.015).all()
    assert (found.error == 0).all()


def test_what_is_not_a_number_on_some_path_has_no_quantile() -> None:
    values = VALUES.copy()
    values[1, 0, 5] = np.nan
    found = bands_of(values, VALUES.min(-1), VALUES.max(-1))
    assert np.isnan(found.quantiles[:, 1, 0]).all()
    assert np.isfinite(found.quantiles[:, 0]).all()


def test_histograms_too_many_to_number_are_refused() -> None:
    with pytest.raises(CamjaxError, match=r"numbers of a step in 258 bins, got 10000000\."):
        places = jnp.zeros((10_000_000, 1), jnp.int32)
        count_rows(places, places == 0, 258)


def test_counts_are_the_same_one_by_one_and_together() -> None:
    places = GENERATOR.integers(40, size=(3, 300))
    expected = np.stack([np.bincount(row, minlength=41) for row in places])
    for count in (count_one_by_one, count_together):
        found = jax.vmap(partial(count, number=41))(jnp.asarray(places))
        assert found.dtype == np.uint16
        np.testing.assert_array_equal(found, expected)
