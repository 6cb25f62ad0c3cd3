"""What is done to any target: caps, exclusions, uncertainty; and how weights are measured."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from views import vector, view

from camjax.errors import CamjaxError
from camjax.weights import PrescribedRule, Weights, capped, entropy, herfindahl_hirschman
from camjax.weights.options import dirichlet

KEY = jax.random.key(3)
EQUAL = [0.25] * 4


def nearest_by_bisection(weights: np.ndarray, cap: float) -> np.ndarray:
    """The projection onto the capped simplex: Σ min(max(W - θ, 0), cap) = 1, θ bisected."""
    low, high = weights.min() - 1.0, weights.max()
    for _ in range(200):
        middle = (low + high) / 2
        if np.clip(weights - middle, 0, cap).sum() > 1:
            low = middle
        else:
            high = middle
    return np.clip(weights - (low + high) / 2, 0, cap)


cap_of = jax.jit(capped)
cap_slopes = jax.jit(jax.jacrev(capped, (0, 1)))
cap_slopes_forward = jax.jit(jax.jacfwd(capped, (0, 1)))
masses = hnp.arrays(float, 5, elements=st.floats(0, 1) | st.sampled_from([0.0, 1.0])).filter(
    lambda mass: mass.sum() > 0.01
)


@given(mass=masses, slack=st.floats(0, 1))
def test_capped_weights_are_the_nearest_point_under_the_cap(mass, slack):
    weights, cap = mass / mass.sum(), 0.2 + 0.8 * slack
    found = cap_of(jnp.asarray(weights), jnp.asarray(cap))
    np.testing.assert_allclose(found, nearest_by_bisection(weights, cap), rtol=0, atol=1e-12)
    assert abs(found.sum() - 1) <= 1e-12
    assert (found <= cap).all()


@given(mass=masses, slack=st.floats(0, 1), closed=st.sets(st.integers(0, 4), max_size=4))
def test_under_a_cap_closed_deposits_keep_nothing(mass, slack, closed):
    is_open = np.array([i not in closed for i in range(5)], float)
    mass = (mass + 1e-3) * is_open
    weights, cap = mass / mass.sum(), 0.2 + 0.8 * slack
    found = cap_of(jnp.asarray(weights), jnp.asarray(cap), jnp.asarray(is_open))
    reachable = max(cap, 1 / is_open.sum())
    expected = nearest_by_bisection(weights[is_open > 0], reachable)
    np.testing.assert_allclose(found[is_open > 0], expected, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(found[is_open == 0], 0)


@pytest.mark.parametrize("size", [2, 3, 40])
def test_a_cap_of_an_equal_share_leaves_no_choice(size):
    weights = np.random.default_rng(size).dirichlet(np.ones(size))
    found = capped(jnp.asarray(weights), jnp.asarray(1 / size))
    np.testing.assert_allclose(found, 1 / size, rtol=1e-14)


@pytest.mark.parametrize("cap", [0.3, 0.45, 0.9])
def test_capped_weights_are_differentiated_by_weights_and_by_the_cap(cap):
    weights = jnp.asarray([0.5, 0.37, 0.05, 0.08])
    slopes = cap_slopes_forward(weights, jnp.asarray(cap))
    backwards = cap_slopes(weights, jnp.asarray(cap))
    for forward, backward in zip(slopes, backwards, strict=True):
        np.testing.assert_allclose(forward, backward, rtol=0, atol=1e-14)
    reach = 1e-6
    for direction, by_cap in [(jnp.eye(4)[0] - jnp.eye(4)[2], 0.0), (jnp.zeros(4), 1.0)]:
        ends = [
            cap_of(weights + sign * reach * direction, jnp.asarray(cap + sign * reach * by_cap))
            for sign in (1, -1)
        ]
        quotient = (ends[0] - ends[1]) / (2 * reach)
        derivative = slopes[0] @ direction + slopes[1] * by_cap
        np.testing.assert_allclose(derivative, quotient, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "weights", [EQUAL, [1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0], [0.4, 0.4, 0.1, 0.1]]
)
def test_a_cap_has_finite_derivatives_where_weights_tie(weights):
    for cap in (0.25, 0.4, 1.0):
        slopes = cap_slopes(jnp.asarray(weights), jnp.asarray(cap))
        assert all(jnp.isfinite(slope).all() for slope in slopes)


def decide(at: Any, key=None, **options: Any):
    target = Weights(rule=PrescribedRule(), **options).target((), at, key)
    return np.asarray(target.weights.stack())


def test_an_excluded_deposit_has_exactly_no_weight():
    weights = Weights(rule=PrescribedRule(), excluded=(False, False, False, True))
    for available, expected in [
        (None, [0.5, 0.25, 0.25, 0.0]),
        ([1.0, 0.0, 1.0, 1.0], [2 / 3, 0.0, 1 / 3, 0.0]),
    ]:
        is_open = weights.open(None if available is None else vector(available), vector(EQUAL))
        at = view(EQUAL, target=[0.4, 0.2, 0.2, 0.2], open=is_open.stack())
        found = weights.target((), at, None).weights.stack()
        np.testing.assert_allclose(found, expected, rtol=1e-15)
        assert found[3] == 0


def test_nothing_is_closed_unless_something_is_excluded_or_not_available():
    weights = Weights(rule=PrescribedRule())
    assert weights.open(None, vector(EQUAL)) is None
    available = vector([1.0, 0.0, 1.0, 1.0])
    assert weights.open(available, vector(EQUAL)) is available


def test_a_cap_holds_for_what_is_left_open():
    at = view(EQUAL, target=[0.7, 0.1, 0.2, 0.0], open=[1.0, 0.0, 1.0, 1.0])
    found = decide(at, cap=jnp.asarray(0.4))
    np.testing.assert_allclose(found, [0.4, 0.0, 0.4, 0.2], rtol=1e-14)


def test_uncertainty_without_a_key_is_refused():
    with pytest.raises(CamjaxError, match="a random key, for weights.dirichlet_precision"):
        decide(view(EQUAL, target=EQUAL), dirichlet_precision=jnp.asarray(10.0))


def test_uncertain_holders_close_what_is_closed():
    at = view(EQUAL, target=[0.4, 0.2, 0.2, 0.2], open=[1.0, 0.0, 1.0, 1.0])
    found = decide(at, KEY, dirichlet_precision=jnp.asarray(3.0))
    assert found[1] == 0
    assert abs(found.sum() - 1) <= 1e-12


COUNT = 20_000


@jax.jit
def draws(concentration):
    return jax.vmap(dirichlet, (0, None))(jax.random.split(KEY, COUNT), concentration)


@pytest.mark.parametrize("precision", [0.5, 20.0])
def test_draws_have_the_moments_of_the_distribution(precision):
    mean = np.array([0.5, 0.3, 0.2, 0.0])
    drawn = np.asarray(draws(jnp.asarray(precision * mean)))
    np.testing.assert_allclose(drawn.sum(1), 1, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(drawn[:, 3], 0)
    variance = mean * (1 - mean) / (precision + 1)
    np.testing.assert_allclose(drawn.mean(0), mean, rtol=0, atol=5 * np.sqrt(variance[0] / COUNT))
    # The variance of a variance is at most the variance of (x - m)², itself below 1/4.
    np.testing.assert_allclose(drawn.var(0), variance, rtol=0.04)
    covariance = np.cov(drawn[:, 0], drawn[:, 1])[0, 1]
    assert covariance == pytest.approx(-0.15 / (precision + 1), rel=0.06)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_tiny_concentrations_choose_one_deposit_in_proportion(dtype):
    shares = np.array([0.6, 0.3, 0.1, 0.0])
    drawn = np.asarray(draws(jnp.asarray(1e-17 * shares, dtype)))
    assert drawn.dtype == dtype
    np.testing.assert_array_equal(drawn.max(1), 1)
    np.testing.assert_array_equal(drawn.sum(1), 1)
    np.testing.assert_allclose(drawn.mean(0), shares, rtol=0, atol=5 * np.sqrt(0.25 / COUNT))


draw_slopes = jax.jit(jax.jacrev(lambda concentration: dirichlet(KEY, concentration)))


@pytest.mark.parametrize("concentration", [[0.5, 0.3, 0.2], [2.0, 0.0, 3.0], [1e-17, 5.0, 0.0]])
def test_draws_have_finite_derivatives(concentration):
    slopes = draw_slopes(jnp.asarray(concentration))
    assert jnp.isfinite(slopes).all()
    np.testing.assert_allclose(slopes.sum(0), 0, atol=1e-12)


def test_concentration_is_measured_from_equal_to_all_in_one():
    for size in (2, 7):
        equal, single = jnp.full(size, 1 / size), jnp.eye(size)[0]
        assert herfindahl_hirschman(equal) == pytest.approx(1 / size, rel=1e-14)
        assert entropy(equal) == pytest.approx(np.log(size), rel=1e-14)
        assert herfindahl_hirschman(single) == 1
        assert entropy(single) == 0


def test_concentration_of_some_weights():
    weights = jnp.asarray([[0.5, 0.25, 0.25, 0.0], [0.1, 0.2, 0.3, 0.4]])
    np.testing.assert_allclose(herfindahl_hirschman(weights), [0.375, 0.3], rtol=1e-14)
    bits = [1.5, -(weights[1] * jnp.log2(weights[1])).sum()]
    np.testing.assert_allclose(entropy(weights), np.log(2) * np.array(bits), rtol=1e-14)
    assert jnp.isfinite(jax.grad(lambda w: entropy(w).sum())(weights)).all()
