"""What every process promises, checked over the registry."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.typing import ArrayLike

from camjax.errors import ScenarioError
from camjax.processes import (
    PROCESSES,
    BlockBootstrap,
    BrownianMotion,
    Constant,
    GaussianNoise,
    GeometricBrownianMotion,
    JumpDiffusion,
    OrnsteinUhlenbeck,
    Process,
    Schedule,
    UniformNoise,
    sample_path,
)
from camjax.processes.normals import standard_normals
from camjax.processes.ornstein_uhlenbeck import SERIES_BELOW, mean_decay
from camjax.processes.path import ALONE
from camjax.processes.stream import stream_of

STEPS, DT_DAYS = 3, 0.5
KEY = jax.random.key(7)


def example(name: str, dtype=jnp.float64) -> Process:
    """A process of each registered name with parameters in general position."""
    leaves: dict[str, dict[str, ArrayLike]] = {
        "constant": {"value": 0.015},
        "schedule": {"values": np.asarray([0.03, 0.01, 0.02])},
        "brownian_motion": {"initial": 2.0, "drift": -0.1, "volatility": 0.3},
        "geometric_brownian_motion": {"initial": 2.0, "drift": -0.1, "volatility": 0.3},
        "ornstein_uhlenbeck": {
            "initial": 2.0,
            "mean": 1.0,
            "reversion_rate": 0.4,
            "volatility": 0.3,
        },
        "jump_diffusion": {
            "initial": 2.0,
            "drift": -0.1,
            "volatility": 0.3,
            "jump_intensity": 1.5,
            "jump_mean": -0.2,
            "jump_std": 0.1,
        },
        "gaussian_noise": {"mean": 0.7, "std": 0.05},
        "uniform_noise": {"low": 0.2, "high": 0.9},
        "block_bootstrap": {"initial": 2.0, "history": np.asarray([1.0, 1.5, 1.2, 0.9, 1.1])},
    }
    structure: dict[str, dict[str, Any]] = {
        "schedule": {"days": (0.0, 0.5, 1.5)},
        "block_bootstrap": {"block_steps": 2, "kind": "log_return"},
    }
    parameters = {field: jnp.asarray(value, dtype) for field, value in leaves[name].items()}
    return PROCESSES[name](**parameters, **structure.get(name, {}))


def path(process: Process, key=KEY):
    return sample_path(process, key, STEPS, DT_DAYS)


def total(process: Process, key=KEY):
    """A scalar to which every row contributes differently."""
    rows = path(process, key)
    return rows @ jnp.linspace(0.5, 1.5, STEPS + 1, dtype=rows.dtype)


@pytest.mark.parametrize("name", PROCESSES)
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_a_path_has_a_row_for_each_step_and_the_dtype_of_the_parameters(name, dtype):
    rows = path(example(name, dtype))
    assert rows.shape == (STEPS + 1,)
    assert rows.dtype == dtype
    assert jnp.all(jnp.isfinite(rows))


@pytest.mark.parametrize("name", PROCESSES)
def test_a_path_depends_on_its_key_exactly_if_the_process_is_random(name):
    process = example(name)
    again, other = path(process), path(process, jax.random.key(8))
    np.testing.assert_array_equal(path(process), again)
    assert process.random == bool(jnp.any(again != other))


@pytest.mark.parametrize("name", PROCESSES)
def test_compiled_and_eager_paths_agree(name):
    process = example(name)
    # Of given normals: their own roundings, in float32, a compiler merges.
    normals = {ALONE: standard_normals(KEY, STEPS + 1, np.dtype(np.float64))}

    def rows():
        stream = stream_of({ALONE: process}, {ALONE: KEY}, STEPS + 1, DT_DAYS, normals=normals)
        return stream.collect(STEPS)[ALONE]

    with jax.disable_jit():
        eager = rows()
    np.testing.assert_allclose(jax.jit(rows)(), eager, rtol=1e-13)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_path_is_the_same_in_any_batch(name):
    process, keys = example(name), jax.random.split(KEY, 2)
    other = jax.tree.map(lambda leaf: 1.1 * leaf, process)
    both = jax.tree.map(lambda *leaves: jnp.stack(leaves), process, other)
    batch = jax.vmap(path)(both, keys)
    np.testing.assert_allclose(batch[0], path(process, keys[0]), rtol=1e-13)
    np.testing.assert_allclose(batch[1], path(other, keys[1]), rtol=1e-13)


# Compiled once for each kind of process, whatever its parameters.
value_and_gradient = jax.jit(jax.value_and_grad(total))


def slope(process: Process, direction: Process, reach: float = 1e-6):
    """Central difference of `total` along a direction, at fixed draws."""

    def value(sign: int):
        moved = jax.tree.map(lambda leaf, step: leaf + sign * reach * step, process, direction)
        return value_and_gradient(moved)[0]

    return (value(1) - value(-1)) / (2 * reach)


@pytest.mark.parametrize("name", PROCESSES)
def test_derivatives_with_respect_to_every_parameter_are_those_of_the_path(name):
    process = example(name)
    leaves, structure = jax.tree.flatten(process)
    _, gradient = value_and_gradient(process)
    for index, derivative in enumerate(jax.tree.leaves(gradient)):
        one_leaf = [np.full(leaf.shape, float(i == index)) for i, leaf in enumerate(leaves)]
        direction = jax.tree.unflatten(structure, one_leaf)
        expected = slope(process, direction)
        np.testing.assert_allclose(derivative.sum(), expected, rtol=1e-7, atol=1e-8)


def degenerate() -> dict[str, Process]:
    """Processes at the edge of their parameters."""
    zero, one = jnp.zeros(()), jnp.ones(())
    jumps = {"initial": one, "drift": 0.1 * one, "volatility": 0.2 * one, "jump_mean": -0.3 * one}
    return {
        "brownian_motion without volatility": BrownianMotion(
            initial=one, drift=one, volatility=zero
        ),
        "geometric_brownian_motion without volatility": GeometricBrownianMotion(
            initial=one, drift=one, volatility=zero
        ),
        "ornstein_uhlenbeck without reversion": OrnsteinUhlenbeck(
            initial=2 * one, mean=one, reversion_rate=zero, volatility=one
        ),
        "ornstein_uhlenbeck without volatility": OrnsteinUhlenbeck(
            initial=2 * one, mean=one, reversion_rate=one, volatility=zero
        ),
        "jump_diffusion with equal jumps": JumpDiffusion(
            **jumps, jump_intensity=2 * one, jump_std=zero
        ),
        "jump_diffusion without jumps": JumpDiffusion(
            **jumps, jump_intensity=zero, jump_std=0.1 * one
        ),
        "gaussian_noise without noise": GaussianNoise(mean=one, std=zero),
        "uniform_noise without noise": UniformNoise(low=one, high=one),
    }


@pytest.mark.parametrize("name", degenerate())
def test_gradient_survives_the_edge_of_the_parameters(name):
    process = degenerate()[name]
    value, gradient = value_and_gradient(process)
    assert all(np.isfinite(leaf) for leaf in (value, *jax.tree.leaves(gradient)))
    if name == "jump_diffusion without jumps":
        return  # There is no path at a negative intensity to compare with.
    everywhere = jax.tree.map(np.ones_like, process)
    expected = slope(process, everywhere)
    np.testing.assert_allclose(sum(jax.tree.leaves(gradient)), expected, rtol=1e-7)


@pytest.mark.parametrize("reversion_rate", [0.0, 1e-12, 1e-4])
def test_slow_reversion_is_nearly_brownian_motion(reversion_rate):
    one = jnp.ones(())
    slow = OrnsteinUhlenbeck(
        initial=2 * one, mean=one, reversion_rate=reversion_rate * one, volatility=one
    )
    brownian = BrownianMotion(initial=2 * one, drift=0 * one, volatility=one)
    np.testing.assert_allclose(path(slow), path(brownian), atol=1e-14 + 20 * reversion_rate)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_mean_decay_and_its_derivatives_are_smooth_where_the_series_takes_over(dtype):
    x = jnp.asarray(SERIES_BELOW, dtype) * jnp.asarray([-1.01, -0.99, 0.99, 1.01], dtype)
    exact = np.asarray(x, np.longdouble)
    # Integrals of exp(-u x) and -u exp(-u x) over u in [0, 1], by their own series.
    orders = range(20)
    value = sum((-exact) ** n / np.prod(np.arange(1.0, n + 2)) for n in orders)
    derivative = sum(-((-exact) ** n) * (n + 1) / np.prod(np.arange(1.0, n + 3)) for n in orders)
    decay, slope_of_decay = jax.jit(jax.vmap(jax.value_and_grad(mean_decay)))(x)
    tolerance = 10 * float(jnp.finfo(dtype).eps)
    np.testing.assert_allclose(decay, value, rtol=tolerance)
    np.testing.assert_allclose(slope_of_decay, derivative, rtol=tolerance / SERIES_BELOW)


def test_mean_decay_survives_what_would_overflow_its_series():
    far = jnp.asarray(1e30, jnp.float32)
    value, derivative = jax.jit(jax.value_and_grad(mean_decay))(far)
    assert value == jnp.float32(1e-30)
    assert jnp.isfinite(derivative)


@pytest.mark.parametrize(
    ("days", "dt_days", "expected"),
    [
        ((0.0, 2.0), 1.0, [1, 1, 2, 2]),  # holds from its day on
        ((0.0, 1.5), 1.0, [1, 1, 2, 2]),  # between two steps: from the next one on
        ((1.0, 2.0), 1.0, [1, 1, 2, 2]),  # before the first day the first value holds
        ((0.0, 1.0), 0.5, [1, 1, 2, 2]),  # days, not steps
        ((0.0, 0.3), 0.1, [1, 1, 1, 2]),  # 3 × 0.1 is 0.3 but for rounding
    ],
)
def test_a_schedule_holds_the_last_value_whose_day_has_come(days, dt_days, expected):
    schedule = Schedule(values=jnp.asarray([1.0, 2.0]), days=days)
    rows = sample_path(schedule, KEY, 3, dt_days)
    assert rows.tolist() == expected


def test_a_scheduled_day_is_reached_despite_rounding():
    steps = 49
    assert steps * (1 / steps) < 1
    schedule = Schedule(values=jnp.asarray([1.0, 2.0]), days=(0.0, 1.0))
    assert sample_path(schedule, KEY, steps, 1 / steps)[-2:].tolist() == [1, 2]


def test_a_path_of_no_steps_is_its_first_row():
    for name in ("brownian_motion", "schedule", "block_bootstrap"):
        assert sample_path(example(name), KEY, 0, DT_DAYS).shape == (1,)


def test_a_constant_keeps_its_value():
    assert path(Constant(value=jnp.asarray(0.3))).tolist() == [0.3] * (STEPS + 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "returns"}, "kind: expected one of level, difference, log_return, got returns"),
        ({"block_steps": 0}, "block_steps: expected between 1 and 2"),
        ({"block_steps": 3}, "block_steps: expected between 1 and 2"),
        ({"history": jnp.ones(1)}, "history: expected enough values for a difference, got 1"),
    ],
)
def test_a_bootstrap_that_cannot_be_cut_is_refused(changes, message):
    fields: dict[str, Any] = {
        "initial": jnp.ones(()),
        "history": jnp.ones(3),
        "block_steps": 1,
        "kind": "difference",
    }
    process = BlockBootstrap(**{**fields, **changes})
    with pytest.raises(ScenarioError, match=message):
        path(process)
