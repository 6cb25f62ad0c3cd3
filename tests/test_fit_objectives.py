"""Objectives on the simplex: oracles, derivatives, rows that do not count."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import dirichlet

from calibration.composition import aitchison_distance
from calibration.fit.objectives import (
    LOSSES,
    RESIDUALS,
    Compared,
    dirichlet_loss,
    log_ratio_residuals,
    softened,
)

RNG = np.random.default_rng(3)
TOTALS = RNG.uniform(1e6, 2e6, (8, 1))


def compared(logits: jax.Array, counts: np.ndarray | None = None) -> Compared:
    weights = jax.nn.softmax(logits, axis=-1)
    observed = jnp.asarray(np.random.default_rng(1).dirichlet([2, 3, 5], 8))
    rows = np.ones(8, bool) if counts is None else counts
    return Compared(weights, weights * TOTALS, observed, observed * TOTALS, jnp.asarray(rows))


LOGITS = jnp.asarray(RNG.normal(size=(8, 3)))


def value(name: str, logits: jax.Array, counts: np.ndarray | None = None) -> jax.Array:
    if name in RESIDUALS:
        return jnp.square(RESIDUALS[name](compared(logits, counts))).sum()
    return LOSSES[name](compared(logits, counts), jnp.asarray(3.0))


@pytest.mark.parametrize("name", [*RESIDUALS, *LOSSES])
def test_gradients_are_those_of_central_differences(name: str) -> None:
    function = jax.jit(partial(value, name))
    gradient = np.asarray(jax.grad(function)(LOGITS))
    step = 1e-5
    for row, column in [(0, 0), (3, 1), (7, 2)]:
        shift = np.zeros(LOGITS.shape)
        shift[row, column] = step
        slope = (function(LOGITS + shift) - function(LOGITS - shift)) / (2 * step)
        np.testing.assert_allclose(gradient[row, column], slope, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", [*RESIDUALS, *LOSSES])
def test_rows_that_do_not_count_change_nothing(name: str) -> None:
    counts = np.arange(8) != 4
    other = LOGITS.at[4].set(jnp.asarray([5.0, -3.0, 0.0]))
    assert float(value(name, LOGITS, counts)) == float(value(name, other, counts))
    slopes = jax.grad(lambda logits: value(name, logits, counts))(LOGITS)
    assert (np.asarray(slopes[4]) == 0).all()
    assert np.isfinite(slopes).all()


def test_squared_residuals_are_squared_aitchison_distances() -> None:
    both = compared(LOGITS)
    distance = aitchison_distance(softened(both.weights), softened(both.observed_weights))
    squares = jnp.square(log_ratio_residuals(both)).sum(axis=-1)
    np.testing.assert_allclose(squares, distance**2, rtol=1e-12)


@pytest.mark.parametrize("precision", [0.5, 20.0, 5e4])
def test_the_dirichlet_likelihood_is_scipys(precision: float) -> None:
    both = compared(LOGITS)
    predicted, observed = (np.asarray(softened(w)) for w in (both.weights, both.observed_weights))
    oracle = -np.mean(
        [
            dirichlet.logpdf(o / o.sum(), precision * p)
            for o, p in zip(observed, predicted, strict=True)
        ]
    )
    ours = dirichlet_loss(both, jnp.log(jnp.asarray(precision)))
    np.testing.assert_allclose(ours, oracle, rtol=1e-10)


@pytest.mark.parametrize("name", [*RESIDUALS, *LOSSES])
def test_derivatives_are_finite_at_a_perfect_prediction_and_at_empty_deposits(name: str) -> None:
    observed = jnp.asarray([[0.0, 0.4, 0.6]] * 8)
    both = Compared(observed, observed * TOTALS, observed, observed * TOTALS, jnp.ones(8, bool))

    def loss(weights: jax.Array) -> jax.Array:
        changed = both._replace(weights=weights, balances=weights * TOTALS)
        if name in RESIDUALS:
            return jnp.square(RESIDUALS[name](changed)).sum()
        return LOSSES[name](changed, jnp.asarray(3.0))

    assert np.isfinite(jax.grad(loss)(observed)).all()
