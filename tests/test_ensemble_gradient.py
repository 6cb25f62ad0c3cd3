"""Laws of gradients of means over many paths: exact, the same anywhere, as sure as they say."""

import dataclasses
import functools
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

import camjax
from camjax.ensemble import FinalMean, MeanGradient, mean_and_gradient, run_ensemble
from camjax.ensemble.gradient import GradientProgram
from camjax.ensemble.lanes import LANES, fold_paths
from camjax.ensemble.quantities import Quantity
from camjax.errors import CamjaxError

KEY = jax.random.key(11)
STEPS = 12
PATHS = 2 * LANES + 100
OF = "share[savings]"

Leaves = tuple[camjax.Model, camjax.DriverProcesses]


@functools.cache
def scenario() -> camjax.Scenario:
    """The default one, moved off the kinks where yields and their convenience are both zero."""
    names = camjax.load_scenario("fei").model.names
    convenience = {f"weights.convenience_yield.{name}": 0.01 for name in names}
    return camjax.load_scenario("fei", {"steps": STEPS, "noise": "float64", **convenience})


def final_mean() -> FinalMean:
    return FinalMean(Quantity.parse(OF))


@functools.cache
def program(num_devices: int = 1) -> GradientProgram:
    return GradientProgram(scenario(), OF, KEY, jax.devices()[:num_devices])


@functools.cache
def found() -> MeanGradient:
    return program().run(PATHS)


@functools.cache
def mean_of_leaves() -> Callable[[Leaves], Array]:
    """The mean over the same paths, all of them side by side, of any numbers of the scenario."""
    numbers = jnp.arange(PATHS, dtype=jnp.uint32)
    keys = jax.vmap(lambda i: jax.random.fold_in(KEY, i))(numbers)

    def mean(leaves: Leaves) -> Array:
        source = scenario().with_leaves(*leaves)
        (moments,) = fold_paths(source, [final_mean()], keys, jnp.ones(PATHS, bool))
        return moments["mean"]

    return jax.jit(mean)


def assert_close(gradients: tuple, others: tuple, rtol: float) -> None:
    pairs = zip(jax.tree.leaves(gradients), jax.tree.leaves(others), strict=True)
    for gradient, other in pairs:
        np.testing.assert_allclose(gradient, other, rtol=rtol, atol=1e-20)


@pytest.mark.slow
def test_the_gradient_is_that_of_the_mean_over_all_paths_in_one_go() -> None:
    expected = jax.jit(jax.grad(mean_of_leaves()))((scenario().model, scenario().processes))
    assert any(np.abs(leaf).max() > 1e-3 for leaf in jax.tree.leaves(expected))
    assert_close((found().model, found().processes), expected, rtol=1e-10)


@pytest.mark.slow
def test_gradients_through_normals_drawn_in_the_scan_are_those_of_given_drivers() -> None:
    """In float32 noise, as by default; the drivers, and the steps of them, one after the other."""
    source = dataclasses.replace(
        scenario(), processes=dataclasses.replace(scenario().processes, noise="float32")
    )
    keys = jax.vmap(partial(jax.random.fold_in, KEY))(jnp.arange(LANES, dtype=np.uint32))

    def mean(leaves: Leaves) -> Array:
        def end(key: Array) -> Array:
            drivers = source.with_leaves(*leaves).sample_drivers(key)
            balance = camjax.simulate(leaves[0], drivers, record=("balance",)).balance[-1]
            return balance[2] / balance.sum()

        return jax.vmap(end)(keys).mean()

    expected = jax.jit(jax.grad(mean))((source.model, source.processes))
    gradient = mean_and_gradient(source, OF, LANES, KEY)
    assert_close((gradient.model, gradient.processes), expected, rtol=1e-5)


def test_the_mean_is_that_of_the_ensemble() -> None:
    ensemble = run_ensemble(scenario(), PATHS, KEY, [final_mean()])
    expected = ensemble[final_mean().name]
    assert found().estimate.num_paths == PATHS
    assert found().estimate.value == pytest.approx(expected.value, rel=1e-12)
    assert found().estimate.half_width == pytest.approx(expected.half_width, rel=1e-9)


def test_the_gradient_is_that_of_finite_differences_on_the_same_draws() -> None:
    gradient = found()
    leaves, structure = jax.tree.flatten((scenario().model, scenario().processes))
    slopes = jax.tree.leaves((gradient.model, gradient.processes))
    effects = [abs(float(s * leaf)) for s, leaf in zip(slopes, leaves, strict=True)]
    largest = sorted(range(len(leaves)), key=effects.__getitem__)[-5:]
    for place in largest:
        step = 1e-5 * float(leaves[place])

        def mean(value: float, place: int = place) -> float:
            changed = [*leaves[:place], jnp.asarray(value), *leaves[place + 1 :]]
            return float(mean_of_leaves()(jax.tree.unflatten(structure, changed)))

        middle = float(leaves[place])
        difference = (mean(middle + step) - mean(middle - step)) / (2 * step)
        assert slopes[place] == pytest.approx(difference, rel=1e-5)


@pytest.mark.slow
def test_devices_do_not_change_the_gradient() -> None:
    if len(jax.devices()) < 2:
        pytest.skip("one device")
    alone, shared = found(), program(2).run(PATHS)
    assert_close((alone.model, alone.processes), (shared.model, shared.processes), rtol=0)
    assert_close(alone.standard_error, shared.standard_error, rtol=0)


def test_one_block_does_not_tell_the_standard_error() -> None:
    assert all(np.isnan(leaf).all() for leaf in jax.tree.leaves(program().run(100).standard_error))


@pytest.mark.slow
def test_standard_errors_are_those_of_independent_repetitions() -> None:
    """Over 40 keys, the spread of a gradient is the standard error that each run states."""
    runs = [program().with_key(jax.random.key(i)).run(8 * LANES) for i in range(40)]
    gradients = np.array([jax.tree.leaves((run.model, run.processes)) for run in runs])
    stated = np.array([jax.tree.leaves(run.standard_error) for run in runs])
    varies = gradients.std(0) > 1e-12 * np.abs(gradients.mean(0))
    ratio = gradients.std(0, ddof=1)[varies] / np.sqrt((stated**2).mean(0))[varies]
    # χ² with 39 and 280 degrees of freedom: 4 standard deviations of their quotient's root.
    assert np.all(np.abs(ratio - 1) < 4 * np.sqrt(1 / 78 + 1 / 560))


def test_an_unknown_quantity_is_refused() -> None:
    with pytest.raises(CamjaxError, match="savinsg"):
        mean_and_gradient(scenario(), "share[savinsg]", 10, KEY)


def test_the_gradient_has_the_structure_of_the_scenario() -> None:
    by_duration = found().model.rebalancing.duration_days
    assert by_duration.dtype == np.float64
    assert dataclasses.asdict(found().estimate)["of"] == OF
