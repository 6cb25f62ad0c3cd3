"""Weight rules against their formulas, written out in NumPy."""

import dataclasses
import functools
from decimal import Decimal

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from views import preferences, vector, view

from camjax.network import Network
from camjax.weights import (
    EndogenousRule,
    ExogenousRule,
    HalfLifeMemory,
    PairwiseRule,
    PrescribedRule,
    WindowMemory,
)
from camjax.weights.preferences import relative_advantage

EQUAL = [0.25] * 4
EXPOSED = np.array([1.0, 1.0, 0.0, 0.0])
RISK = 0.3


def quotes(seed: int, steps: int) -> np.ndarray:
    """[T, 4] 1/year; idle's are zero."""
    drawn = np.random.default_rng(seed).uniform(0, 0.1, (steps, 4))
    drawn[:, 3] = 0.0
    return drawn


def target(rule, history, dtype=jnp.float64, **changes) -> jax.Array:
    """Target weights at the step after the quotes [T, N]."""
    memory = rule.init(vector(np.zeros(history.shape[1]), dtype))
    for row in history:
        memory = rule.remember(memory, vector(row, dtype), 1.0)
    weights = [1 / history.shape[1]] * history.shape[1]
    at = view(weights, dtype, step=len(history) + 1, volatile_asset_risk=RISK, **changes)
    return rule.target(memory, at).weights.stack()


def window_moments(history: np.ndarray, window: int):
    """Specification, 3.5: ȳ, m and sd of the entries at hand, of which step 0's are zero."""
    at_hand = np.vstack([np.zeros((1, history.shape[1])), history])[-window:]
    return at_hand.sum(0) / window, at_hand.mean(0), at_hand.std(0)


def reference_weights(history: np.ndarray, window: int) -> np.ndarray:
    average, mean, deviation = window_moments(history, window)
    scores = np.maximum(average, 1e-18) / (1 + RISK * EXPOSED + deviation / (mean + 1e-18))
    return scores / scores.sum()


@pytest.mark.parametrize("window", [1, 3, 6])
@pytest.mark.parametrize("steps", [0, 1, 2, 3, 8])
def test_neutral_preferences_are_the_reference(window, steps):
    rule = EndogenousRule(preferences=preferences(4), memory=WindowMemory(window=window))
    history = quotes(steps, steps)
    expected = reference_weights(history, window)
    np.testing.assert_allclose(target(rule, history), expected, rtol=1e-13, atol=1e-30)


def test_preferences_enter_the_score_as_written():
    tastes = {
        "factor": np.array([1.0, 2.0, 0.5, 3.0]),
        "exposure": np.array([0.5, 2.0, 0.0, 1.0]),
        "convenience_yield": np.array([0.0, 0.01, -0.02, 0.03]),
        "asset_risk_aversion": 1.5,
        "yield_risk_aversion": 0.4,
        "elasticity": 2.5,
    }
    rule = EndogenousRule(preferences=preferences(4, **tastes), memory=WindowMemory(window=3))
    history, outside = quotes(1, 6), np.array([0.0, 0.7, 0.1, 0.0])
    average, mean, deviation = window_moments(history, 3)
    average, mean = average + tastes["convenience_yield"], mean + tastes["convenience_yield"]
    fear = 1 + 1.5 * tastes["exposure"] * RISK + outside + 0.4 * deviation / mean
    scores = tastes["factor"] * average**2.5 / fear
    expected = scores / scores.sum()
    np.testing.assert_allclose(target(rule, history, risk=outside), expected, rtol=1e-12)


@pytest.mark.parametrize("steps", [0, 1, 2, 20])
@pytest.mark.parametrize("half_life_days", [0.1, 2.0, 50.0])
def test_a_half_life_weighs_every_quote_by_its_age(steps, half_life_days):
    memory = HalfLifeMemory(half_life_days=jnp.asarray(half_life_days))
    rule = EndogenousRule(preferences=preferences(4), memory=memory)
    history = quotes(steps, steps)
    expected = np.full(4, 0.25)
    if steps:
        weights = 2.0 ** (-np.arange(steps)[::-1] / half_life_days)
        mean = np.average(history, axis=0, weights=weights)
        deviation = np.sqrt(np.average((history - mean) ** 2, axis=0, weights=weights))
        scores = np.maximum(mean, 1e-18) / (1 + RISK * EXPOSED + deviation / (mean + 1e-18))
        expected = scores / scores.sum()
    np.testing.assert_allclose(target(rule, history), expected, rtol=1e-12, atol=1e-30)


def test_a_half_life_counts_days_not_steps():
    memory = HalfLifeMemory(half_life_days=jnp.asarray(2.0))
    state = memory.init(vector(np.zeros(1)))
    for quote in (0.02, 0.08):
        state = memory.remember(state, vector([quote]), 0.5)
    share = 2**-0.25
    expected = (0.02 * share + 0.08) / (share + 1)
    np.testing.assert_allclose(state.mean.stack(), [expected], rtol=1e-14)


@pytest.mark.parametrize("memory", [WindowMemory(window=5), HalfLifeMemory(half_life_days=1.0)])
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_yields_that_never_move_are_no_risk(memory, dtype):
    memory = jax.tree.map(lambda leaf: jnp.asarray(leaf, dtype), memory)
    averse = preferences(4, dtype, yield_risk_aversion=1e6)
    rule = EndogenousRule(preferences=averse, memory=memory)
    constant = np.tile([0.1, 0.03, 0.07, 0.0], (9, 1))
    fear = 1 + RISK * EXPOSED
    expected = constant[0] / fear / (constant[0] / fear).sum()
    weights = target(rule, constant, dtype)
    np.testing.assert_allclose(weights, expected, rtol=20 * jnp.finfo(dtype).eps, atol=1e-15)


@pytest.mark.parametrize("elasticity", [1.0, 4.0, 40.0])
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_no_elasticity_loses_the_order_of_tiny_yields(elasticity, dtype):
    tastes = preferences(4, dtype, elasticity=elasticity, exposure=[0.0] * 4)
    rule = EndogenousRule(preferences=tastes, memory=WindowMemory(window=1))
    tiny = np.array([[2e-12, 1.9e-12, 1e-18, 0.0]])
    expected = np.maximum(tiny[0] / 2e-12, 1e-18 / 2e-12) ** elasticity
    expected = expected / expected.sum()
    tolerance = 100 * elasticity * jnp.finfo(dtype).eps
    np.testing.assert_allclose(target(rule, tiny, dtype), expected, rtol=tolerance, atol=1e-37)
    np.testing.assert_allclose(target(rule, 0 * tiny, dtype), EQUAL, rtol=tolerance)


@pytest.mark.parametrize("elasticity", [None, 2.0, 40.0])
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_a_closed_deposit_does_not_outshine_open_ones_that_earn_nothing(elasticity, dtype):
    tastes = {} if elasticity is None else {"elasticity": elasticity}
    averse = preferences(4, dtype, exposure=[0.0] * 4, **tastes)
    rule = EndogenousRule(preferences=averse, memory=WindowMemory(window=1))
    quoted, is_open = np.array([[0.1, 0.0, 0.0, 0.0]]), [0.0, 1.0, 1.0, 1.0]
    weights = target(rule, quoted, dtype, open=is_open)
    np.testing.assert_allclose(weights, np.array(is_open) / 3, rtol=1e-6)


def test_an_elasticity_of_one_is_none_at_all():
    plain, elastic = (
        EndogenousRule(preferences=preferences(4, **taste), memory=WindowMemory(window=3))
        for taste in ({}, {"elasticity": 1.0})
    )
    history = quotes(3, 5)
    np.testing.assert_allclose(target(plain, history), target(elastic, history), rtol=1e-13)


def test_a_draw_pulls_current_weights():
    rule = ExogenousRule(concentration=jnp.ones(3))
    at = view([0.5, 0.3, 0.2], dirichlet=[0.1, 0.1, 0.8])
    expected = (0.2 * np.array([0.1, 0.1, 0.8]) + [0.5, 0.3, 0.2]) / 1.2
    np.testing.assert_allclose(rule.target((), at).weights.stack(), expected, rtol=1e-15)


@pytest.mark.parametrize("allocation", [False, True])
def test_prescribed_weights_are_taken_as_they_are(allocation):
    prescribed = PrescribedRule(allocation=allocation)
    found = prescribed.target((), view([0.5, 0.3, 0.2], target=[0.1, 0.1, 0.8]))
    np.testing.assert_array_equal(found.weights.stack(), [0.1, 0.1, 0.8])
    assert found.at_once == allocation
    assert found.flows is None


def pairwise(gain=None, **tastes) -> PairwiseRule:
    network = Network(4)
    conductance = network.split(jnp.asarray([1.0, 0.5, 0.0, 1.0, 0.8, 0.3]))
    return PairwiseRule(
        preferences=preferences(4, exposure=[0.0] * 4, **tastes),
        memory=WindowMemory(window=1),
        conductance=conductance,
        gain=None if gain is None else jnp.asarray(gain),
        network=network,
    )


def exchange(rule: PairwiseRule, quoted, weights) -> tuple[np.ndarray, np.ndarray]:
    """Flow into i from j [N, N], antisymmetric, and the target weights."""
    memory = rule.remember(rule.init(vector(np.zeros(4))), vector(quoted), 1.0)
    found = rule.target(memory, view(weights))
    upper = np.asarray(rule.network.transfer_matrix(found.flows.stack()))
    return upper - upper.T, np.asarray(found.weights.stack())


@pytest.mark.parametrize("gain", [None, 0.5, 3.0])
def test_pairs_exchange_by_the_hyperbolic_tangent_of_their_relative_score(gain):
    quoted, weights = np.array([0.01, 0.04, 0.02, 0.08]), np.array([0.4, 0.3, 0.2, 0.1])
    flow, found = exchange(pairwise(gain), quoted, weights)
    expected = np.zeros((4, 4))
    conductances = zip(Network(4).edges, [1.0, 0.5, 0.0, 1.0, 0.8, 0.3], strict=True)
    # The second quote of a window of one is alone, so scores are the quotes themselves.
    for (i, j), conductance in conductances:
        advantage = np.tanh(0.5 * (gain or 1) * np.log(quoted[i] / quoted[j]))
        sender = weights[j] if advantage > 0 else weights[i]
        expected[i, j] = 0.2 * conductance * advantage * sender / 3
        expected[j, i] = -expected[i, j]
    np.testing.assert_allclose(flow, expected, rtol=1e-13, atol=1e-18)
    np.testing.assert_allclose(found, weights + expected.sum(1), rtol=1e-13)


@functools.partial(jax.jit, static_argnames="gain")
def pairwise_decision(quoted, weights, gain):
    rule = dataclasses.replace(pairwise(gain), conductance=Network(4).split(jnp.ones(6)))
    memory = rule.remember(rule.init(vector(np.zeros(4))), vector(quoted), 1.0)
    found = rule.target(memory, view(weights))
    return found.flows.stack(), found.weights.stack()


@given(
    quoted=hnp.arrays(float, 4, elements=st.floats(0, 1e3)),
    shares=hnp.arrays(float, 4, elements=st.floats(0, 1)),
    gain=st.sampled_from([None, 2.0]),
)
def test_no_deposit_sends_more_than_the_rate_allows(quoted, shares, gain):
    weights = (shares + 1e-6) / (shares + 1e-6).sum()
    flows, found = pairwise_decision(jnp.asarray(quoted), jnp.asarray(weights), gain)
    sent = np.zeros(4)
    for (i, j), flow in zip(Network(4).edges, np.asarray(flows), strict=True):
        sent[j if flow > 0 else i] += abs(flow)
    assert (sent <= 0.2 * weights * (1 + 1e-12)).all()
    assert abs(found.sum() - 1) <= 1e-12
    assert (found >= 0).all()


scores = st.floats(0, 1e30, allow_subnormal=False) | st.sampled_from([0.0, 1e-300])
"""Without subnormal numbers, which processors that JAX runs on may take for 0."""


@given(one=scores, other=scores, gain=st.none() | st.floats(0.1, 5))
def test_relative_advantage_is_antisymmetric_and_saturates(one, other, gain):
    gain = None if gain is None else jnp.asarray(gain)
    ahead = relative_advantage(jnp.asarray(one), jnp.asarray(other), gain)
    behind = relative_advantage(jnp.asarray(other), jnp.asarray(one), gain)
    assert ahead == -behind
    assert -1 <= ahead <= 1
    exact = float(exact_advantage(Decimal(one), Decimal(other), Decimal(float(gain or 1))))
    assert ahead == pytest.approx(exact, rel=0, abs=1e-15)  # a ratio and its power, rounded


def exact_advantage(one: Decimal, other: Decimal, gain: Decimal) -> Decimal:
    """(s^γ - o^γ) / (s^γ + o^γ) to 28 digits, 0 where both are 0."""
    if one == other:
        return Decimal(0)
    ratio = (min(one, other) / max(one, other)) ** gain
    return (1 - ratio) / (1 + ratio) * (1 if one > other else -1)


@pytest.mark.parametrize("gain", [None, 0.5, 3.0])
@pytest.mark.parametrize("pair", [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (2.0, 2.0), (1e-300, 1.0)])
def test_relative_advantage_has_finite_derivatives_everywhere(pair, gain):
    def advantage(one, other, gain):
        return relative_advantage(one, other, gain)

    arguments = [jnp.asarray(value) for value in pair]
    slopes = jax.grad(advantage, (0, 1))(*arguments, None if gain is None else jnp.asarray(gain))
    assert jnp.isfinite(jnp.stack(slopes)).all()


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_a_quote_that_is_not_a_number_stays_visible(dtype):
    rule = EndogenousRule(preferences=preferences(4, dtype), memory=WindowMemory(window=1))
    assert np.isnan(target(rule, np.array([[np.nan, 0.02, 0.03, 0.0]]), dtype)).all()


@pytest.mark.parametrize("elasticity", [None, 50.0])
def test_no_power_of_yields_is_out_of_the_range_of_pairs(elasticity):
    """Scores of 1e-85 of the best are 0 in float32, and yet one is ahead of the other."""
    tastes = {} if elasticity is None else {"elasticity": elasticity}
    network = Network(3)
    for dtype in (jnp.float32, jnp.float64):
        rule = PairwiseRule(
            preferences=preferences(3, dtype, exposure=[0.0] * 3, **tastes),
            memory=WindowMemory(window=1),
            conductance=network.split(jnp.ones(3, dtype)),
            network=network,
        )
        memory = rule.remember(
            rule.init(vector(np.zeros(3), dtype)), vector([1.0, 0.02, 0.0199], dtype), 1.0
        )
        found = rule.target(memory, view([0.2, 0.3, 0.5], dtype)).flows.stack()
        ratio = (0.0199 / 0.02) ** (elasticity or 1)
        expected = 0.2 * (1 - ratio) / (1 + ratio) * 0.5 / 2
        np.testing.assert_allclose(found[2], expected, rtol=1e-4 if dtype == jnp.float32 else 1e-11)
