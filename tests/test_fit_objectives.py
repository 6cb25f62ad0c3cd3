"""Objectives on the simplex: oracles, derivatives, rows that do not count."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import dirichlet

from calibration.composition import aitchison_distance
from calibration.fit.objectives import (
    HUBER_DISTANCE,
    LOSSES,
    RESIDUALS,
    Compared,
    dirichlet_loss,
    log_ratio_residuals,
    num_residuals,
    softened,
)

RNG = np.random.default_rng(3)
TOTALS = RNG.uniform(1e6, 2e6, (8, 1))


def compared(logits: jax.Array, counts: np.ndarray | None = None) -> Compared:
    weights = jax.nn.softmax(logits, axis=-1)
    observed = jnp.asarray(np.random.default_rng(1).dirichlet([2, 3, 5], 8))
    rows = np.ones(8, bool) if counts is None else counts
    return Compared(
        weights,
        weights * TOTALS,
        observed,
        observed * TOTALS,
        jnp.asarray(rows[:, None] & np.ones((8, 3), bool)),
    )


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
    both = Compared(
        observed, observed * TOTALS, observed, observed * TOTALS, jnp.ones((8, 3), bool)
    )

    def loss(weights: jax.Array) -> jax.Array:
        changed = both._replace(weights=weights, balances=weights * TOTALS)
        if name in RESIDUALS:
            return jnp.square(RESIDUALS[name](changed)).sum()
        return LOSSES[name](changed, jnp.asarray(3.0))

    assert np.isfinite(jax.grad(loss)(observed)).all()


def seen_in_part(logits: jax.Array, filled: float = 0.2) -> Compared:
    """The last deposit was seen in the first five rows only, and filled in elsewhere."""
    both = compared(logits)
    parts = both.parts.at[5:, 2].set(False)
    observed = both.observed_weights.at[5:, 2].set(filled)
    observed = observed / observed.sum(axis=-1, keepdims=True)
    return both._replace(parts=parts, observed_weights=observed)


def loss_of(name: str, both: Compared) -> jax.Array:
    if name in RESIDUALS:
        return jnp.square(RESIDUALS[name](both)).sum()
    return LOSSES[name](both, jnp.asarray(3.0))


@pytest.mark.parametrize("name", [*RESIDUALS, *LOSSES])
def test_of_rows_seen_in_part_the_part_is_compared(name: str) -> None:
    """As if the composition had been of the first two deposits, in those rows."""
    both = seen_in_part(LOGITS)
    five = np.arange(8)[:, None] < 5
    first = both._replace(parts=both.parts & five)
    others = Compared(
        *(values[5:, :2] for values in both[:2]),
        observed_weights=both.observed_weights[5:, :2],
        observed_balances=both.observed_balances[5:, :2],
        parts=jnp.ones((3, 2), bool),
    )
    if name == "ilr":  # the smallest share is raised by 1e-6 of the whole, not of the part
        distance = aitchison_distance(*(softened(w)[5:, :2] for w in (both[0], both[2])))
        alone = jnp.square(distance).sum()
    elif name in ("weights", "balances", "mae", "balance-mae"):
        closed = [w / w.sum(axis=-1, keepdims=True) for w in (others[0], others[2])]
        others = others._replace(weights=closed[0], observed_weights=closed[1])
        alone = loss_of(name, others)
    elif name == "dirichlet":
        alone = -np.mean(
            [
                dirichlet.logpdf(o / o.sum(), np.exp(3.0) * p)
                for o, p in zip(
                    *(np.asarray(softened(w))[5:, :2] for w in (both[2], both[0])), strict=True
                )
            ]
        )
    else:
        distance = aitchison_distance(*(softened(w)[5:, :2] for w in (both[0], both[2])))
        linear = HUBER_DISTANCE * (distance - HUBER_DISTANCE / 2)
        alone = jnp.where(distance < HUBER_DISTANCE, distance**2 / 2, linear).mean()
    weights = {"mae": (15, 6), "balance-mae": (15, 6)}.get(name, (5, 3))
    shares = np.array((1, 1) if name in RESIDUALS else weights) / (
        1 if name in RESIDUALS else sum(weights)
    )
    together = shares[0] * loss_of(name, first) + shares[1] * alone
    np.testing.assert_allclose(loss_of(name, both), together, rtol=1e-12)


@pytest.mark.parametrize("name", [*RESIDUALS, *LOSSES])
def test_what_was_filled_in_changes_no_loss(name: str) -> None:
    """But for the 1e-6 of a row's total by which observed shares are raised."""
    one, other = (loss_of(name, seen_in_part(LOGITS, filled)) for filled in (0.2, 0.5))
    np.testing.assert_allclose(one, other, rtol=2e-5)
    slopes = jax.grad(lambda logits: loss_of(name, seen_in_part(logits)))(LOGITS)
    assert np.isfinite(slopes).all()


def test_a_row_of_one_part_counts_for_nothing() -> None:
    both = compared(LOGITS)
    alone = both._replace(parts=both.parts.at[3, 1:].set(False))
    none = both._replace(parts=both.parts.at[3].set(False))
    for name in (*RESIDUALS, *LOSSES):
        assert float(loss_of(name, alone)) == float(loss_of(name, none))
    assert int(num_residuals("ilr", alone)) == 14
    assert int(num_residuals("weights", alone)) == 21
    assert int(num_residuals("ilr", seen_in_part(LOGITS))) == 5 * 2 + 3
