"""The volatile asset's risk metric against least squares on the window itself."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camjax.market import MINIMUM_SLOPE, volatile_asset_risk

STEPS = 60
WINDOWS = [1, 2, 3, 4, 30, STEPS, 10_000]

risk_of = jax.jit(volatile_asset_risk, static_argnums=1)


def expected_risk(prices: np.ndarray, window: int) -> np.ndarray:
    """Specification, 3.1, step by step."""
    lowest = highest = 0.0
    risk = []
    for t in range(1, len(prices)):
        count = min(t, window) - 1
        mean = prices[1 : t + 1].mean()
        slope = 0.0
        if count >= 2:
            slope = np.polyfit(np.arange(count), prices[t - 1 - count : t - 1], 1)[0]
        raw = 0.0 if abs(slope) < MINIMUM_SLOPE * mean else -slope / mean
        lowest, highest = min(lowest, raw), max(highest, raw)
        risk.append((raw - lowest) / (highest - lowest) if highest > lowest else raw)
    return np.array(risk)


def random_walk(seed: int, volatility: float = 0.03) -> np.ndarray:
    steps = np.random.default_rng(seed).normal(0, volatility, STEPS + 1)
    return 2000 * np.exp(steps.cumsum())


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("seed", range(3))
def test_risk_is_the_falling_slope_of_the_window_relative_to_its_extremes(window, seed):
    prices = random_walk(seed)
    risk = risk_of(jnp.asarray(prices), window)
    np.testing.assert_allclose(risk, expected_risk(prices, window), rtol=0, atol=1e-12)
    assert bool(risk.any()) == (window > 2)


@settings(max_examples=50)
@given(
    prices=st.lists(st.floats(1e-3, 1e5), min_size=STEPS + 1, max_size=STEPS + 1),
    window=st.sampled_from([3, 30]),
)
def test_risk_stays_between_zero_and_one_whatever_prices_do(prices, window):
    risk = risk_of(jnp.asarray(prices), window)
    assert jnp.all((risk >= 0) & (risk <= 1))


@pytest.mark.parametrize("window", [1, 2, 30])
@pytest.mark.parametrize("price", [2000.0, 0.1, 1e-5])
def test_a_price_that_never_moves_is_no_risk_at_all(window, price):
    prices = jnp.full(STEPS + 1, price)
    assert not risk_of(prices, window).any()
    assert jnp.isfinite(risk_slopes(prices, window)).all()


def test_a_straight_fall_is_full_risk_once_two_prices_are_seen():
    risk = risk_of(jnp.linspace(100.0, 40.0, STEPS + 1), 30)
    np.testing.assert_array_equal(risk[:2], 0)
    np.testing.assert_array_equal(risk[2:], 1)


def test_a_straight_rise_is_none_at_its_steepest():
    prices = np.linspace(40.0, 100.0, STEPS + 1)
    risk = risk_of(jnp.asarray(prices), 30)
    # The slope is constant and the running mean grows, so the rise counts for less and less.
    means = prices[1:].cumsum() / np.arange(1, STEPS + 1)
    np.testing.assert_allclose(risk[2:], 1 - means[2] / means[2:], rtol=0, atol=1e-12)


@functools.partial(jax.jit, static_argnums=1)
def risk_slopes(prices, window):
    """Derivative of the summed risk by every price."""
    return jax.grad(lambda prices: volatile_asset_risk(prices, window).sum())(prices)


@pytest.mark.parametrize("window", [3, 30])
def test_risk_is_differentiated_through_prices(window):
    prices = jnp.asarray(random_walk(7))
    direction = prices * jnp.asarray(np.random.default_rng(0).normal(size=STEPS + 1))
    reach = 1e-6

    def total(offset):
        return risk_of(prices + offset * direction, window).sum()

    quotient = (total(reach) - total(-reach)) / (2 * reach)
    slope = risk_slopes(prices, window) @ direction
    assert slope == pytest.approx(float(quotient), rel=1e-6)


@pytest.mark.parametrize("window", [3, 30, 10_000])
def test_single_precision_follows_double(window):
    prices = random_walk(1)
    single = risk_of(jnp.asarray(prices, jnp.float32), window)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, risk_of(jnp.asarray(prices), window), rtol=0, atol=2e-5)


def test_a_long_path_loses_no_accuracy_to_its_running_sums():
    steps = np.random.default_rng(3).normal(0, 0.02, 3001)
    prices = 2000 * np.exp(steps.cumsum())
    risk = risk_of(jnp.asarray(prices), 30)
    np.testing.assert_allclose(risk, expected_risk(prices, 30), rtol=0, atol=1e-11)


@pytest.mark.parametrize("window", [1, 2, 3, 30, 365])
@pytest.mark.parametrize("volatility", [20.0, 200.0])
def test_risk_in_float32_does_not_drift(window: int, volatility: float) -> None:
    steps = 100_000
    moves = np.random.default_rng(0).normal(0.0, volatility, steps + 1)
    prices = jnp.asarray(np.abs(1e5 + moves.cumsum()) + 1, jnp.float32)
    expected = volatile_asset_risk(prices.astype(jnp.float64), window)
    np.testing.assert_allclose(volatile_asset_risk(prices, window), expected, rtol=0, atol=1e-5)
