"""A long window of yields: the numbers of a short one, at a cost that does not grow with it."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.core import jaxprs_in_params
from views import preferences, vector, view

import camjax
from camjax.vector import Vector
from camjax.weights import AnyWindowMemory, EndogenousRule, WindowMemory, memory
from camjax.weights.blocks import Blocks
from camjax.weights.memory import LONGEST_UNROLLED, Statistics

NONE = Vector.split(jnp.zeros(3))


def quotes(steps: int, size: int = 3) -> np.ndarray:
    """Yields of any size, signs and standstills among them, [T, N]."""
    generator = np.random.default_rng(steps)
    found = generator.normal(0.03, 0.05, (steps, size))
    found[steps // 3 : 2 * steps // 3, 0] = 0.02
    return found


def remembered(holder: Any, history: np.ndarray, dtype: Any = jnp.float64) -> Statistics:
    """Statistics at steps 1…T+1 after quotes [T, N], stacked."""
    none = vector(np.zeros(history.shape[1]), dtype)

    def advance(held: Any, row: tuple[jax.Array, Vector]) -> tuple[Any, Statistics]:
        step, quoted = row
        at = view([1.0], dtype, step=step)
        return holder.remember(held, quoted, 1.0), holder.statistics(held, none, at)

    steps = jnp.arange(1, len(history) + 2, dtype=jnp.int32)
    rows = np.vstack([history, np.zeros_like(history[:1])])
    return jax.lax.scan(advance, holder.init(none), (steps, vector(rows, dtype)))[1]


def expected_moments(history: np.ndarray, window: int) -> tuple[np.ndarray, ...]:
    """Specification, 3.5, of the entries at hand at steps 1…T+1, of which step 0's are zero."""
    entries = np.vstack([np.zeros_like(history[:1]), history])
    at_hand = [entries[max(0, t - window) : t] for t in range(1, len(entries) + 1)]
    moments = [(part.sum(0) / window, part.mean(0), part.std(0)) for part in at_hand]
    return tuple(np.array(part) for part in zip(*moments, strict=True))


def assert_moments(found: Statistics, history: np.ndarray, window: int, tolerance: float) -> None:
    numbers = (found.average, found.mean, found.deviation)
    for each, expected in zip(numbers, expected_moments(history, window), strict=True):
        np.testing.assert_allclose(each.stack(), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("size", [3, 10])
@pytest.mark.parametrize("window", [2, 3, 4, 5, LONGEST_UNROLLED, LONGEST_UNROLLED + 1, 30])
@pytest.mark.parametrize("longest_unrolled", [0, 10**6], ids=["blocks", "unrolled"])
def test_both_forms_have_the_moments_of_the_window_at_every_step(
    monkeypatch: pytest.MonkeyPatch, longest_unrolled: int, window: int, size: int
) -> None:
    if longest_unrolled and size == 10 and window == 30:
        pytest.skip("slow to compile, as all long windows were")
    monkeypatch.setattr(memory, "LONGEST_UNROLLED", longest_unrolled)
    history = quotes(75, size)
    found = remembered(WindowMemory(window=window), history)
    assert_moments(found, history, window, 1e-14)


def test_only_windows_beyond_the_border_are_held_in_blocks() -> None:
    assert not isinstance(WindowMemory(window=LONGEST_UNROLLED).init(NONE), Blocks)
    assert isinstance(WindowMemory(window=LONGEST_UNROLLED + 1).init(NONE), Blocks)
    assert LONGEST_UNROLLED >= 3


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
@pytest.mark.parametrize("window", [LONGEST_UNROLLED + 1, LONGEST_UNROLLED + 2])
def test_yields_that_no_longer_move_deviate_by_exactly_zero(window: int, dtype: Any) -> None:
    before = np.random.default_rng(1).lognormal(0, 10, (40, 3))
    still = np.tile([0.1, 3e-17, 0.0], (3 * window, 1))
    found = remembered(WindowMemory(window=window), np.vstack([before, still]), dtype)
    settled = slice(len(before) + window, None)
    np.testing.assert_array_equal(found.deviation.stack()[settled], 0)
    expected = np.tile(still[:1].astype(dtype), (2 * window + 1, 1))
    np.testing.assert_array_equal(found.mean.stack()[settled], expected)


def test_a_long_path_in_float32_does_not_drift() -> None:
    history = quotes(20_000).astype(np.float32).astype(float)
    found = remembered(WindowMemory(window=180), history, jnp.float32)
    late = slice(-500, None)
    _, mean, deviation = expected_moments(history[-700:], 180)
    np.testing.assert_allclose(found.mean.stack()[late], mean[late], rtol=0, atol=1e-7)
    np.testing.assert_allclose(found.deviation.stack()[late], deviation[late], rtol=2e-6)


@pytest.mark.parametrize("window", [1, 5, 20])
def test_a_window_of_the_batch_is_the_window_of_the_program(window: int) -> None:
    history = quotes(50)
    among = AnyWindowMemory(window=jnp.asarray(float(window)), longest=20)
    assert_moments(remembered(among, history), history, window, 1e-14)


def scenario(window: int, steps: int = 40) -> camjax.Scenario:
    return camjax.load_scenario("fei", {"weights.yield_window": window, "steps": steps})


def equations(jaxpr: Any) -> int:
    """Of a program and of all within it."""
    inner = (sub for equation in jaxpr.eqns for sub in jaxprs_in_params(equation.params))
    return len(jaxpr.eqns) + sum(map(equations, inner))


def last_share(model: camjax.Model, drivers: camjax.Drivers) -> jax.Array:
    last = camjax.simulate(model, drivers, record=("balance",)).balance[-1]
    return last[2] / last.sum()


@functools.cache
def program_of_gradient(window: int) -> Any:
    world = scenario(window)
    drivers = world.sample_drivers(jax.random.key(0))
    return jax.make_jaxpr(jax.grad(last_share))(world.model, drivers)


def test_the_program_does_not_grow_with_a_long_window() -> None:
    among = equations(program_of_gradient(400).jaxpr)
    assert among == equations(program_of_gradient(LONGEST_UNROLLED + 1).jaxpr)


def test_a_gradient_does_not_keep_the_window_of_every_step() -> None:
    assert "f64[400]" in str(program_of_gradient(400))
    assert "f64[40,400]" not in str(program_of_gradient(400))


def test_derivatives_through_a_long_window_are_those_of_differences() -> None:
    world = scenario(LONGEST_UNROLLED + 1)
    drivers = world.sample_drivers(jax.random.key(1))
    share = jax.jit(lambda model: last_share(model, drivers))
    leaves, structure = jax.tree.flatten(world.model)
    direction = [leaf * np.cos(i + 1.0) for i, leaf in enumerate(leaves)]
    forward = jax.jvp(share, (world.model,), (jax.tree.unflatten(structure, direction),))[1]
    slopes = jax.tree.leaves(jax.jit(jax.grad(share))(world.model))
    backward = sum((a * b).sum() for a, b in zip(slopes, direction, strict=True))

    def moved(by: float) -> float:
        changed = [leaf + by * way for leaf, way in zip(leaves, direction, strict=True)]
        return float(share(jax.tree.unflatten(structure, changed)))

    reach = 1e-6
    quotient = (moved(reach) - moved(-reach)) / (2 * reach)
    assert abs(quotient) > 1e-3
    assert float(forward) == pytest.approx(quotient, rel=1e-6)
    assert float(backward) == pytest.approx(float(forward), rel=1e-10)


def test_paths_batch_over_a_long_window() -> None:
    world = scenario(LONGEST_UNROLLED + 1)
    keys = jax.random.split(jax.random.key(2), 3)
    drivers = jax.vmap(world.sample_drivers)(keys)
    together = jax.vmap(last_share, (None, 0))(world.model, drivers)
    for path, share in enumerate(together):
        alone = last_share(world.model, jax.tree.map(lambda leaf, i=path: leaf[i], drivers))
        assert float(share) == pytest.approx(float(alone), rel=1e-12)


def test_targets_of_both_forms_agree_at_the_border(monkeypatch: pytest.MonkeyPatch) -> None:
    history, at = quotes(60, 4), view([0.25] * 4, step=61)
    rule = EndogenousRule(
        preferences=preferences(4), memory=WindowMemory(window=LONGEST_UNROLLED + 1)
    )

    def target() -> np.ndarray:
        held = rule.init(vector(np.zeros(4)))
        for row in history:
            held = rule.remember(held, vector(row), 1.0)
        return np.asarray(rule.target(held, at).weights.stack())

    blocks = target()
    monkeypatch.setattr(memory, "LONGEST_UNROLLED", LONGEST_UNROLLED + 1)
    np.testing.assert_allclose(blocks, target(), rtol=1e-13)
