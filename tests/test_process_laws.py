"""Sampled moments against closed forms, within five standard errors at fixed seeds."""

import math
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from camjax.processes import (
    BlockBootstrap,
    BrownianMotion,
    GaussianNoise,
    GeometricBrownianMotion,
    JumpDiffusion,
    OrnsteinUhlenbeck,
    Process,
    UniformNoise,
    sample_path,
)
from camjax.processes.jump_diffusion import poisson_counts

NUM_PATHS = 8000
HORIZON_DAYS = 4.0
INITIAL, DRIFT, VOLATILITY = 3.0, -0.05, 0.2
REVERSION, MEAN = 0.3, 1.0
INTENSITY, JUMP_MEAN, JUMP_STD = 0.4, -0.15, 0.25


def parameters(**values: float):
    return {name: jnp.asarray(value) for name, value in values.items()}


def sample_paths(processes: dict[str, Process], steps: int, dt_days: float):
    """Rows [P, T+1] of each process, all from the same keys, which spares compiling them apart."""

    @jax.jit
    @jax.vmap
    def sample(key):
        return {name: sample_path(law, key, steps, dt_days) for name, law in processes.items()}

    paths = sample(jax.random.split(jax.random.key(42), NUM_PATHS))
    return {name: np.asarray(rows) for name, rows in paths.items()}


def assert_mean(samples: np.ndarray, expected: float) -> None:
    """The mean of independent samples is the expected one, give or take five standard errors."""
    error = abs(samples.mean() - expected)
    assert error < 5 * samples.std() / np.sqrt(samples.size), (samples.mean(), expected)


def assert_covariance(samples: np.ndarray, others: np.ndarray, expected: float) -> None:
    """So is the covariance of two samples, whose mean is the mean of products."""
    assert_mean((samples - samples.mean()) * (others - others.mean()), expected)


def assert_variance(samples: np.ndarray, expected: float) -> None:
    assert_covariance(samples, samples, expected)


BROWNIAN = BrownianMotion(**parameters(initial=INITIAL, drift=DRIFT, volatility=VOLATILITY))
GEOMETRIC = GeometricBrownianMotion(
    **parameters(initial=INITIAL, drift=DRIFT, volatility=VOLATILITY)
)
REVERTING = OrnsteinUhlenbeck(
    **parameters(initial=INITIAL, mean=MEAN, reversion_rate=REVERSION, volatility=VOLATILITY)
)
JUMPING = JumpDiffusion(
    **parameters(
        initial=INITIAL,
        drift=DRIFT,
        volatility=VOLATILITY,
        jump_intensity=INTENSITY,
        jump_mean=JUMP_MEAN,
        jump_std=JUMP_STD,
    )
)


@cache
def paths_to_horizon(steps: int) -> dict[str, np.ndarray]:
    laws: dict[str, Process] = {
        "brownian": BROWNIAN,
        "geometric": GEOMETRIC,
        "reverting": REVERTING,
        "jumping": JUMPING,
    }
    return sample_paths(laws, steps, HORIZON_DAYS / steps)


def reverting_covariance(days: float, later_days: float) -> float:
    variance = VOLATILITY**2 * (1 - np.exp(-2 * REVERSION * days)) / (2 * REVERSION)
    return variance * np.exp(-REVERSION * (later_days - days))


# The same horizon in one step and in five: exact transitions have one law whatever the step.
@pytest.mark.parametrize("steps", [1, 5])
def test_brownian_motion_has_its_moments_at_any_step_length(steps):
    rows = paths_to_horizon(steps)["brownian"]
    days = HORIZON_DAYS / steps * np.arange(steps + 1)
    assert np.all(rows[:, 0] == INITIAL)
    for row in range(1, steps + 1):
        assert_mean(rows[:, row], INITIAL + DRIFT * days[row])
        assert_covariance(rows[:, row], rows[:, -1], VOLATILITY**2 * days[row])


@pytest.mark.parametrize("steps", [1, 5])
def test_geometric_brownian_motion_has_its_moments_at_any_step_length(steps):
    rows = paths_to_horizon(steps)["geometric"]
    days = HORIZON_DAYS / steps * np.arange(steps + 1)
    for row in range(1, steps + 1):
        growth = np.exp(DRIFT * days[row])
        assert_mean(rows[:, row], INITIAL * growth)
        variance = (INITIAL * growth) ** 2 * np.expm1(VOLATILITY**2 * days[row])
        assert_variance(rows[:, row], variance)
        assert_mean(np.log(rows[:, row] / INITIAL), (DRIFT - VOLATILITY**2 / 2) * days[row])


@pytest.mark.parametrize("steps", [1, 5])
def test_ornstein_uhlenbeck_has_its_moments_at_any_step_length(steps):
    rows = paths_to_horizon(steps)["reverting"]
    days = HORIZON_DAYS / steps * np.arange(steps + 1)
    for row in range(1, steps + 1):
        assert_mean(rows[:, row], MEAN + (INITIAL - MEAN) * np.exp(-REVERSION * days[row]))
        assert_variance(rows[:, row], reverting_covariance(days[row], days[row]))
        covariance = reverting_covariance(days[row], HORIZON_DAYS)
        assert_covariance(rows[:, row], rows[:, -1], covariance)


@pytest.mark.parametrize("steps", [1, 5])
def test_jump_diffusion_has_its_cumulants_at_any_step_length(steps):
    rows = paths_to_horizon(steps)["jumping"]
    assert_mean(rows[:, -1], INITIAL * np.exp(DRIFT * HORIZON_DAYS))
    logs = np.log(rows[:, -1] / INITIAL)
    compensator = INTENSITY * np.expm1(JUMP_MEAN + JUMP_STD**2 / 2)
    drift = DRIFT - VOLATILITY**2 / 2 - compensator + INTENSITY * JUMP_MEAN
    assert_mean(logs, drift * HORIZON_DAYS)
    centred = logs - logs.mean()
    second = (VOLATILITY**2 + INTENSITY * (JUMP_MEAN**2 + JUMP_STD**2)) * HORIZON_DAYS
    third = INTENSITY * (JUMP_MEAN**3 + 3 * JUMP_MEAN * JUMP_STD**2) * HORIZON_DAYS
    fourth = JUMP_MEAN**4 + 6 * JUMP_MEAN**2 * JUMP_STD**2 + 3 * JUMP_STD**4
    assert_variance(logs, second)
    assert_mean(centred**3 - 3 * second * centred, third)  # its own mean costs the third moment
    assert_mean(centred**4, INTENSITY * fourth * HORIZON_DAYS + 3 * second**2)


def test_noises_have_their_law_and_no_memory():
    gaussian = GaussianNoise(**parameters(mean=0.7, std=0.05))
    uniform = UniformNoise(**parameters(low=0.2, high=0.8))
    paths = sample_paths({"gaussian": gaussian, "uniform": uniform}, 2, 0.25)
    assert paths["uniform"].min() >= 0.2 and paths["uniform"].max() < 0.8
    # Law, mean, variance, and the share of values below one standard deviation under the mean.
    for law, mean, variance, share in (
        ("gaussian", 0.7, 0.05**2, math.erfc(1 / math.sqrt(2)) / 2),
        ("uniform", 0.5, 0.6**2 / 12, 0.5 - 1 / np.sqrt(12)),
    ):
        rows = paths[law]
        for row in range(3):
            assert_mean(rows[:, row], mean)
            assert_variance(rows[:, row], variance)
            assert_mean(rows[:, row] < mean - np.sqrt(variance), share)
        assert_covariance(rows[:, 0], rows[:, 1], 0.0)
        assert_covariance(rows[:, 1], rows[:, 2], 0.0)


def draw_counts(key, mean, num_rows: int) -> np.ndarray:
    return np.asarray(jax.jit(poisson_counts, static_argnums=2)(key, mean, num_rows))


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
@pytest.mark.parametrize("mean", [0.05, 3.0, 150.0])
def test_counts_follow_the_poisson_law(mean, dtype):
    num_rows = 20_000
    counts = draw_counts(jax.random.key(1), jnp.asarray(mean, dtype), num_rows)
    assert counts.dtype == dtype
    frequency = np.bincount(counts.astype(int)) / num_rows
    logs = [k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(frequency.size)]
    mass = np.exp(logs)
    error = np.sqrt(mass * (1 - mass) / num_rows)
    assert np.all(abs(frequency - mass) < 5 * error + 1 / num_rows)
    assert_mean(counts, mean)
    assert_variance(counts, mean)


def test_counts_are_zero_without_jumps_and_take_keys_of_any_kind():
    assert np.all(draw_counts(jax.random.key(1), jnp.asarray(0.0), 100) == 0)
    assert_mean(draw_counts(jax.random.key(1, impl="rbg"), jnp.asarray(2.0), 4000), 2.0)


HISTORY = jnp.asarray([1.0, 1.3, 1.1, 1.6, 1.2, 1.25, 0.9, 1.05])
BLOCK_STEPS = 3


@cache
def bootstrapped() -> dict[str, np.ndarray]:
    start, levels = jnp.asarray(2.0), jnp.arange(11.0)
    laws: dict[str, Process] = {
        "level": BlockBootstrap(
            initial=start, history=levels, block_steps=BLOCK_STEPS, kind="level"
        ),
        "difference": BlockBootstrap(
            initial=start, history=HISTORY, block_steps=BLOCK_STEPS, kind="difference"
        ),
        "log_return": BlockBootstrap(
            initial=start, history=HISTORY, block_steps=BLOCK_STEPS, kind="log_return"
        ),
    }
    return sample_paths(laws, 8, 1.0)


def test_bootstrapped_levels_come_in_blocks_of_history_that_wrap_around():
    rows = bootstrapped()["level"]
    assert np.all(rows[:, 0] == 2.0)
    follows = (rows[:, 2:] - rows[:, 1:-1]) % 11 == 1
    within = np.arange(1, 8) % BLOCK_STEPS != 0
    assert np.all(follows[:, within])
    for boundary in follows[:, ~within].T:
        assert_mean(boundary, 1 / 11)


def test_every_value_of_history_is_equally_likely_on_every_row():
    rows = bootstrapped()["level"]
    for row in range(1, 9):
        for value in range(11):
            assert_mean(rows[:, row] == value, 1 / 11)


@pytest.mark.parametrize(("kind", "scale"), [("difference", np.asarray), ("log_return", np.log)])
def test_bootstrapped_increments_have_the_moments_of_history(kind, scale):
    rows = scale(bootstrapped()[kind])
    assert np.all(rows[:, 0] == scale(2.0))
    entries, increments = np.diff(scale(HISTORY)), np.diff(rows, axis=1)
    assert np.all(abs(increments[..., None] - entries).min(axis=-1) < 1e-12)
    for row in range(8):
        assert_mean(increments[:, row], entries.mean())
        assert_variance(increments[:, row], entries.var())
    circular = np.mean((entries - entries.mean()) * (np.roll(entries, -1) - entries.mean()))
    assert_covariance(increments[:, 0], increments[:, 1], circular)  # within a block
    assert_covariance(increments[:, 2], increments[:, 3], 0.0)  # across two
    assert_mean(rows[:, -1], rows[0, 0] + 8 * entries.mean())


def test_pathwise_derivatives_average_to_those_of_closed_forms():
    def square(process, key):
        return sample_path(process, key, 4, HORIZON_DAYS / 4)[-1] ** 2

    def mean_square(process):
        # E X² = X_0² exp((2 μ + σ² + λ E (exp J − 1)²) s)
        jump = jnp.exp(process.jump_mean + process.jump_std**2 / 2)
        squared_jump = jnp.exp(2 * process.jump_mean + 2 * process.jump_std**2)
        spread = process.jump_intensity * (squared_jump - 2 * jump + 1)
        growth = 2 * process.drift + process.volatility**2 + spread
        return process.initial**2 * jnp.exp(growth * HORIZON_DAYS)

    keys = jax.random.split(jax.random.key(3), NUM_PATHS)
    gradients = jax.jit(jax.vmap(jax.grad(square), (None, 0)))(JUMPING, keys)
    expected = jax.grad(mean_square)(JUMPING)
    for name in ("initial", "drift", "volatility", "jump_mean", "jump_std"):
        assert_mean(np.asarray(getattr(gradients, name)), float(getattr(expected, name)))
