"""Errors that last: told by the test, allowed for by standard errors, kept by the bootstrap."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import lfilter

from calibration.fit.autocorrelation import memory, whiteness
from calibration.fit.blocks import block_length
from calibration.fit.bootstrap import draw_errors, errors_of
from calibration.fit.sandwich import lasting_variance, shrinkage, working_law
from camjax.intervals import student_reach

ROWS, REPLICATES = 120, 400
COUNTS = np.ones(ROWS, bool)
SLOPES = np.stack([np.exp(-np.arange(ROWS) / 40), np.cos(np.arange(ROWS) / 15)], axis=1)[:, None]
"""Of two numbers, one of which few rows tell; [T, 1, D]."""
INVERSE = np.linalg.inv(SLOPES[:, 0].T @ SLOPES[:, 0])


def autoregressive(memory: float, seed: int = 0, coordinates: int = 1) -> NDArray:
    """Errors [R, T, m] of variance 1."""
    drawn = np.random.default_rng(seed).normal(size=(REPLICATES, ROWS + 100, coordinates))
    found: NDArray = lfilter([np.sqrt(1 - memory**2)], [1.0, -memory], drawn, axis=1)[:, 100:]
    return found


def fitted(errors: NDArray) -> tuple[NDArray, NDArray]:
    """Estimates [D] of zeros by least squares, and residuals [T, 1]."""
    estimate = INVERSE @ SLOPES[:, 0].T @ errors[:, 0]
    return estimate, errors - SLOPES @ estimate


@pytest.mark.parametrize("of_row", [0.0, 0.5, 0.8])
def test_intervals_of_a_line_hold_the_truth_however_long_errors_last(of_row: float) -> None:
    inside, plain = [], []
    influence = np.einsum("de,tme->dtm", INVERSE, SLOPES)
    for errors in autoregressive(of_row):
        estimate, residuals = fitted(errors)
        found = lasting_variance(influence, residuals, SLOPES, INVERSE, COUNTS)
        reach = student_reach(found.degrees) * np.sqrt(found.variance)
        inside.append(np.abs(estimate) <= reach)
        variance = np.square(residuals).sum() / (ROWS - 2) * np.diagonal(INVERSE)
        plain.append(np.abs(estimate) <= 1.96 * np.sqrt(variance))
    # Three standard errors of 400 replicates are 3.3 points.
    assert (np.abs(np.mean(inside, axis=0) - 0.95) < 0.035).all()
    if of_row == 0.8:
        assert (np.mean(plain, axis=0) < 0.7).all()


@pytest.mark.parametrize("coordinates", [1, 3])
def test_the_test_of_ljung_and_box_is_right_where_errors_do_not_last_and_speaks_where_they_do(
    coordinates: int,
) -> None:
    told = [
        np.mean([whiteness(e, COUNTS).speaks for e in autoregressive(m, 1, coordinates)])  # type: ignore[union-attr]
        for m in (0.0, 0.5)
    ]
    assert told[0] == pytest.approx(0.05, abs=0.033)
    assert told[1] > 0.95


def test_residuals_that_are_rounding_or_too_few_are_not_tested() -> None:
    errors = autoregressive(0.8)[0]
    assert whiteness(1e-12 * errors, COUNTS) is None
    assert whiteness(errors[:8], COUNTS[:8]) is None


@pytest.mark.parametrize("of_row", [0.0, 0.5, 0.8])
def test_the_memory_of_errors_is_told_from_residuals_without_bias(of_row: float) -> None:
    found = [memory(fitted(e)[1], COUNTS, 2) for e in autoregressive(of_row, 2)]
    assert np.mean(found) == pytest.approx(of_row, abs=0.02)


def test_residuals_of_independent_errors_are_smaller_by_the_numbers_fitted() -> None:
    law = working_law(np.array([[1.0], [-1.0]] * (ROWS // 2)), COUNTS, 2)._replace(memory=0.0)
    assert shrinkage(SLOPES, INVERSE, law) == pytest.approx(np.sqrt(1 - 2 / ROWS))


def test_blocks_are_longer_where_errors_last_and_never_shorter_than_the_cube_root() -> None:
    lengths = [
        np.median([block_length(errors) for errors in autoregressive(m, 3)[:50]])
        for m in (0.0, 0.5, 0.8)
    ]
    assert lengths[0] == np.ceil(np.cbrt(ROWS))
    assert lengths[0] <= lengths[1] < lengths[2]


def test_drawn_histories_last_as_long_and_are_as_large_as_the_errors() -> None:
    lags, sizes = [], []
    for seed, errors in enumerate(autoregressive(0.8, 4)[:50]):
        own, kept = errors_of(fitted(errors)[1], SLOPES, lasting=True)
        drawn = draw_errors(own, kept, (20, ROWS), 5, seed)[..., 0]
        lags.append(np.mean(drawn[:, 1:] * drawn[:, :-1]) / np.mean(drawn**2))
        sizes.append(np.mean(drawn**2))
    assert np.mean(lags) == pytest.approx(0.8, abs=0.05)
    assert np.mean(sizes) == pytest.approx(1.0, rel=0.2)
