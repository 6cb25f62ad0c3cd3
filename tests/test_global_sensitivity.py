"""Global measures against functions whose parts of variance are known."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.sensitivity.box import Box
from calibration.sensitivity.dgsm import DgsmResult, contradictions, dgsm
from calibration.sensitivity.morris import morris
from calibration.sensitivity.sobol import SobolResult, sobol
from camjax.errors import CamjaxError

ISHIGAMI = Box(("x1", "x2", "x3"), np.full(3, -np.pi), np.full(3, np.pi))
FIRST = np.array((0.313905, 0.442411, 0.0))
TOTAL = np.array((0.557589, 0.442411, 0.243684))
MEASURE = np.array((7.719588, 24.5, 10.987305))

SOBOL_G = Box(tuple("abcdef"), np.zeros(6), np.ones(6))
COEFFICIENTS = np.array((78.0, 12.0, 0.5, 2.0, 97.0, 33.0))
G_TOTAL = np.array((3.2946e-4, 0.0121432, 0.795970, 0.220313, 2.1410e-4, 0.0017783))


def ishigami(points: NDArray) -> NDArray:
    x1, x2, x3 = points.T
    return (np.sin(x1) + 7 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1))[:, None]


@jax.jit
@jax.vmap
@jax.grad
def slopes_of_ishigami(x: jax.Array) -> jax.Array:
    return jnp.sin(x[0]) + 7 * jnp.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * jnp.sin(x[0])


def ishigami_with_slopes(points: NDArray) -> tuple[NDArray, NDArray]:
    return ishigami(points), np.asarray(slopes_of_ishigami(jnp.asarray(points)))[:, None]


def sobol_g(points: NDArray) -> NDArray:
    factors = (np.abs(4 * points - 2) + COEFFICIENTS) / (1 + COEFFICIENTS)
    return factors.prod(1)[:, None]


def test_ishigami_has_its_known_indices() -> None:
    (found,) = sobol(ISHIGAMI, ishigami, 4096).outputs
    np.testing.assert_allclose(found.first.value, FIRST, atol=0.01)
    np.testing.assert_allclose(found.total.value, TOTAL, atol=0.01)
    # Of pairs only x1, x3 do more together than alone.
    np.testing.assert_allclose(found.second.value, (0, TOTAL[0] - FIRST[0], 0), atol=0.02)
    assert found.variance == pytest.approx(13.8446, rel=0.01)


def test_sobol_g_has_its_known_total_indices() -> None:
    (found,) = sobol(SOBOL_G, sobol_g, 4096).outputs
    np.testing.assert_allclose(found.total.value, G_TOTAL, atol=0.01)


def test_ishigami_has_its_known_derivative_measures() -> None:
    found = dgsm(ISHIGAMI, ishigami_with_slopes, 2**14)
    np.testing.assert_allclose(found.measure[0].value, MEASURE, rtol=0.01)
    assert (found.bound[0].value > TOTAL).all()


def test_effects_of_a_linear_function_are_its_coefficients() -> None:
    box = Box(("a", "b"), np.array((0.0, -1.0)), np.array((1.0, 3.0)))
    found = morris(box, lambda points: points @ np.array([[3.0], [-0.5]]), 10)
    np.testing.assert_allclose(found.mean[0], (3.0, -2.0), rtol=1e-12)
    np.testing.assert_allclose(found.mean_absolute[0], (3.0, 2.0), rtol=1e-12)
    np.testing.assert_allclose(found.std[0], 0, atol=1e-12)
    assert found.evaluations == 30


def test_an_output_that_does_not_vary_has_no_indices() -> None:
    (found,) = sobol(ISHIGAMI, lambda points: np.full((len(points), 1), 3.0), 64).outputs
    assert np.isnan(found.first.value).all()
    assert found.variance == 0


def test_derivatives_that_miss_a_jump_contradict_the_indices() -> None:
    """A step has no derivative but for one point, though it makes all of the variance."""

    def step(points: NDArray) -> NDArray:
        return (points[:, :1] > 0.3).astype(float)

    box = Box(("a", "b"), np.zeros(2), np.ones(2))
    indices = sobol(box, step, 256)
    measures = dgsm(box, lambda points: (step(points), np.zeros((len(points), 1, 2))), 256)
    (found,) = contradictions(measures, indices)
    assert (found.output, found.parameter) == (0, "a")
    sound = dgsm(ISHIGAMI, ishigami_with_slopes, 256)
    assert not contradictions(sound, sobol(ISHIGAMI, ishigami, 256))


@pytest.mark.parametrize("samples", [1000, 1, 0])
def test_sample_sizes_that_are_no_power_of_two_are_refused(samples: int) -> None:
    with pytest.raises(CamjaxError, match=r"power of two, got .* Points are balanced .* or "):
        sobol(ISHIGAMI, ishigami, samples)
    with pytest.raises(CamjaxError, match="power of two"):
        dgsm(ISHIGAMI, ishigami_with_slopes, samples)


REPEATS = 200


def share_covered(covers: Callable[[int], NDArray]) -> NDArray:
    return np.mean([covers(seed) for seed in range(REPEATS)], axis=0)


@pytest.mark.slow
def test_intervals_cover_the_known_indices() -> None:
    """As they are by default; 95 % are meant."""

    def covers(seed: int) -> NDArray:
        result: SobolResult = sobol(ISHIGAMI, ishigami, 4096, seed=seed)
        found, truth = result.outputs[0], np.concatenate([FIRST, TOTAL])
        low, high = (
            np.concatenate([getattr(found.first, end), getattr(found.total, end)])
            for end in ("low", "high")
        )
        return (low <= truth) & (truth <= high)

    covered = share_covered(covers)
    assert ((covered >= 0.9) & (covered <= 0.99)).all(), covered


@pytest.mark.slow
def test_intervals_cover_the_known_derivative_measures() -> None:
    def covers(seed: int) -> NDArray:
        result: DgsmResult = dgsm(ISHIGAMI, ishigami_with_slopes, 2048, seed=seed)
        found = result.measure[0]
        return (found.low <= MEASURE) & (found.high >= MEASURE)

    covered = share_covered(covers)
    assert ((covered >= 0.9) & (covered <= 0.99)).all(), covered


def test_intervals_of_effects_cover_those_of_the_whole_grid() -> None:
    """Of 20 trajectories, the default; the truth by every move on the grid of four levels."""
    levels = np.linspace(-np.pi, np.pi, 4)
    others = np.stack(np.meshgrid(levels, levels, indexing="ij"), axis=-1).reshape(-1, 2)
    truth = []
    for k in range(3):
        ends = [
            ishigami(np.insert(others, k, levels[[place + jump]], axis=1))
            for jump in (0, 2)
            for place in (0, 1)
        ]
        moved = np.abs(np.stack(ends[2:]) - np.stack(ends[:2]))
        truth.append(moved.mean() / (2 / 3))

    def covers(seed: int) -> NDArray:
        found = morris(ISHIGAMI, ishigami, 20, seed=seed)
        # Every move of x2 is 7.875, so it is known but for rounding.
        assert found.mean_absolute[0, 1] == pytest.approx(7.875, rel=1e-12)
        return (np.abs(found.mean_absolute[0] - truth) <= found.reach[0])[[0, 2]]

    covered = share_covered(covers)
    assert ((covered >= 0.9) & (covered <= 0.99)).all(), covered


@pytest.mark.slow
def test_intervals_of_one_scrambling_cover_at_least_as_much_as_they_claim() -> None:
    def covers(seed: int) -> NDArray:
        found = sobol(ISHIGAMI, ishigami, 1024, scramblings=1, seed=seed).outputs[0]
        return (found.total.low <= TOTAL) & (found.total.high >= TOTAL)

    assert (share_covered(covers) >= 0.95).all()
