"""Laws of antithetic pairs and Sobol points: the same means, honest intervals, narrower ones."""

import functools
import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import camjax
from camjax.ensemble import Moments, run_ensemble
from camjax.ensemble.lanes import LANES
from camjax.ensemble.quantities import Quantity
from camjax.ensemble.variance_reduction import SAMPLINGS, MeanEstimate, estimate_mean
from camjax.ensemble.variance_reduction.choice import choose_sampling
from camjax.ensemble.variance_reduction.components import increments_from_components
from camjax.ensemble.variance_reduction.estimate import mean_and_error
from camjax.ensemble.variance_reduction.layout import Layout
from camjax.ensemble.variance_reduction.samplings import Antithetic, Sobol
from camjax.ensemble.variance_reduction.scrambling import BITS, normal_of_integer, scramble
from camjax.ensemble.variance_reduction.units import (
    compile_program,
    unit_means,
)
from camjax.errors import CamjaxError

KEY = jax.random.key(11)
STEPS = 12
PATHS = {
    "plain": 128 * LANES,
    "antithetic": 7 * LANES + 100,
    "sobol": 8 * LANES,
    "mirrored_sobol": 8 * LANES,
}
SHARE = "share[savings]"
REDUCED = SAMPLINGS[1:]

JUMPS_AND_DRAWS = {
    "drivers.volatile_asset_price": {
        "process": "jump_diffusion",
        "initial": 2000.0,
        "drift": 0.0,
        "volatility": 0.02,
        "jump_intensity": 0.3,
        "jump_mean": -0.1,
        "jump_std": 0.1,
    },
    "drivers.savings_rate": {"process": "uniform_noise", "low": 0.01, "high": 0.02},
    "drivers.correlation": [["volatile_asset_price", "utilization", -0.5]],
    "deposits.savings.rate": None,
    "weights.rule": "exogenous",
    "weights.concentration": [1.0, 1.0, 1.0, 1.0],
}


@functools.cache
def scenario() -> camjax.Scenario:
    return camjax.load_scenario("fei", {"steps": STEPS})


@functools.cache
def estimate(sampling: str, num_devices: int = 1) -> MeanEstimate:
    devices = jax.devices()[:num_devices]
    return estimate_mean(
        scenario(), SHARE, PATHS[sampling], KEY, sampling=sampling, devices=devices
    )


def test_components_reproduce_the_covariance_of_brownian_motion() -> None:
    steps = 365
    times = np.arange(1.0, steps + 1)
    path = np.cumsum(increments_from_components(steps), axis=0)
    np.testing.assert_allclose(path @ path.T, np.minimum.outer(times, times), rtol=1e-12)
    gram = path.T @ path  # diagonal: the columns are eigenvectors, in order of their eigenvalues
    eigenvalues = np.linalg.eigvalsh(np.minimum.outer(times, times))[::-1]
    np.testing.assert_allclose(gram, np.diag(eigenvalues), atol=1e-12 * eigenvalues[0])


def test_each_dimension_drives_one_direction_of_the_normals() -> None:
    noise = camjax.GaussianNoise(mean=0.7, std=0.05)
    price = camjax.BrownianMotion(initial=2000.0, drift=0.0, volatility=20.0)
    processes = camjax.DriverProcesses(
        processes={"utilization": noise, "volatile_asset_price": price, "fei_price": price},
        steps=STEPS,
        dt_days=1.0,
    )
    layout = Layout.of(processes)
    assert layout.noises == ("utilization",)
    assert layout.paths == ("volatile_asset_price", "fei_price")
    normals = layout.normals(jnp.eye(layout.num_dimensions))
    whole = np.concatenate([normals[column] for column in processes.gaussian_columns])
    np.testing.assert_allclose(whole @ whole.T, np.eye(layout.num_dimensions), atol=1e-12)
    assert np.abs(normals["volatile_asset_price"].sum(0)).argmax() == 0
    assert np.abs(normals["fei_price"].sum(0)).argmax() == 1


def test_the_default_scenario_puts_its_price_first() -> None:
    layout = Layout.of(camjax.load_scenario("fei").processes)
    assert (layout.paths, layout.noises) == (("volatile_asset_price",), ("utilization",))
    assert layout.num_dimensions == 732


def test_antithetic_normals_are_exact_negatives_of_a_plain_paths() -> None:
    processes = scenario().processes
    paths = jnp.arange(LANES, LANES + 10, dtype=jnp.uint32)
    found = Antithetic().normals(processes, KEY, paths, jnp.zeros(0))
    for column, rows in found.items():
        np.testing.assert_array_equal(rows[:, 1::2], -rows[:, ::2])
        plain = processes.normals(jax.random.fold_in(KEY, LANES + 4))[column]
        np.testing.assert_array_equal(rows[:, 4], plain)


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("unit", [64, 2 * LANES])
def test_sobol_coordinates_fill_every_cell_once_in_each_replicate(unit: int, mirror: bool) -> None:
    sampling = Sobol(Layout.of(scenario().processes), unit, mirror)
    number = unit // (1 + mirror)
    paths = jnp.arange(LANES, dtype=jnp.uint32)
    blocks = enumerate(sampling.points(2 * unit))
    scrambled = [
        sampling.scrambled(KEY, paths + np.uint32(i * LANES), points) for i, points in blocks
    ]
    replicates = np.concatenate(scrambled)[: 2 * number].reshape(2, number, -1)
    cells = replicates // (2**BITS // number)
    every = np.broadcast_to(np.arange(number)[:, None], cells.shape[1:])
    np.testing.assert_array_equal(np.sort(cells, axis=1), [every, every])
    assert (cells[0] != cells[1]).mean() > 0.9


def test_a_scrambled_point_is_uniform() -> None:
    keys = jax.random.split(KEY, 4000)
    point = jnp.asarray([[0, 5, 2**31, 2**32 - 1]], jnp.uint32)
    found = np.asarray(jax.vmap(lambda key: scramble(point, key)[0])(keys)) / 2.0**BITS
    for coordinate in found.T:
        assert stats.kstest(coordinate, "uniform").pvalue > 1e-3
    assert np.abs(np.corrcoef(found.T) - np.eye(4)).max() < 4 / np.sqrt(4000)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_normals_of_integers_are_finite_and_symmetric(dtype: type) -> None:
    integers = np.array([0, 1, 12345, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1], np.uint32)
    normals = np.asarray(normal_of_integer(jnp.asarray(integers), dtype))
    assert normals.dtype == dtype
    np.testing.assert_array_equal(
        normals, -np.asarray(normal_of_integer(~jnp.asarray(integers), dtype))
    )
    exact = stats.norm.ppf((integers.astype(float) + 0.5) / 2**BITS)
    np.testing.assert_allclose(normals, exact, rtol=50 * np.finfo(dtype).eps, atol=1e-7)


@pytest.mark.parametrize("changes", [{}, JUMPS_AND_DRAWS], ids=["default", "jumps and draws"])
def test_a_path_given_the_normals_of_its_key_is_the_plain_path(changes: dict[str, Any]) -> None:
    source = camjax.load_scenario("fei", {"steps": STEPS, **changes})
    key = jax.random.fold_in(KEY, 5)
    normals = source.processes.normals(key)
    found = source.sample_drivers(key, normals)
    # Drawn inside one program or given to it, they are rounded differently.
    same = functools.partial(np.testing.assert_allclose, rtol=1e-14)
    jax.tree.map(same, found, source.sample_drivers(key))


def test_plain_is_the_ensemble() -> None:
    moments = run_ensemble(scenario(), PATHS["plain"], KEY, [Moments("share")])["moments(share)"]
    np.testing.assert_array_equal(estimate("plain").mean, moments.mean[:, 2])
    low, high = moments.interval()
    np.testing.assert_allclose(estimate("plain").interval(), (low[:, 2], high[:, 2]), rtol=1e-5)


@pytest.mark.parametrize("sampling", REDUCED)
def test_means_are_those_of_a_long_plain_run(sampling: str) -> None:
    found, plain = estimate(sampling), estimate("plain")
    error = np.hypot(found.standard_error, plain.standard_error)
    moves = plain.standard_error > 1e-9
    assert moves.sum() >= STEPS - 2
    np.testing.assert_allclose(found.mean[~moves], plain.mean[~moves], atol=1e-7)
    # 4.5 errors: with 16 replicates Student's t is there once in 2,000, and steps go together.
    assert (np.abs(found.mean - plain.mean)[moves] < 4.5 * error[moves]).all()


@pytest.mark.parametrize("sampling", REDUCED)
def test_intervals_are_narrower_than_those_of_as_many_plain_paths(sampling: str) -> None:
    low, high = estimate(sampling).interval()
    plain_low, plain_high = estimate("plain").interval()
    as_many = np.sqrt(PATHS["plain"] / PATHS[sampling])
    assert (high - low)[-1] < 0.8 * as_many * (plain_high - plain_low)[-1]


@pytest.mark.slow
@pytest.mark.parametrize("sampling", REDUCED)
def test_devices_change_nothing(sampling: str) -> None:
    if len(jax.devices()) < 2:
        pytest.skip("one device")
    alone, shared = estimate(sampling), estimate(sampling, 2)
    np.testing.assert_array_equal(alone.mean, shared.mean)
    np.testing.assert_array_equal(alone.standard_error, shared.standard_error)


@pytest.mark.parametrize("sampling", ["antithetic", "mirrored_sobol"])
def test_intervals_cover_the_mean_as_often_as_they_say(sampling: str) -> None:
    trials, units, paths = 120, 8, 2 if sampling == "antithetic" else 16
    # Units of many runs come from one: they are independent, whatever runs they belong to.
    replicates = None if sampling == "antithetic" else trials * units
    num_paths = trials * units * paths
    chosen = choose_sampling(scenario().processes, num_paths, sampling, replicates)
    key, devices = jax.random.key(29), jax.devices()[:1]
    program = compile_program(scenario(), Quantity.parse(SHARE), chosen, key, devices)
    final = np.concatenate([*unit_means(program, chosen, num_paths, 1)])[:, -1]
    many = 2**18  # more than all trials together, and Sobol points besides
    truth = estimate_mean(scenario(), SHARE, many, KEY, sampling="mirrored_sobol").mean[-1]
    covered = 0
    for sample in final.reshape(trials, units):
        mean, error = mean_and_error([sample[:3, None], sample[3:, None]])
        run = MeanEstimate(SHARE, sampling, num_paths // trials, units, mean, error, 0.0, 0.0)
        low, high = run.interval(0.9)
        covered += int(low[0] <= truth <= high[0])
    assert stats.binomtest(covered, trials, 0.9).pvalue > 0.01


def test_units_longer_than_a_block_are_put_together() -> None:
    sampling, key, devices = Antithetic(unit=2 * LANES), KEY, jax.devices()[:1]
    program = compile_program(scenario(), Quantity.parse(SHARE), sampling, key, devices)
    found = np.concatenate([*unit_means(program, sampling, 4 * LANES, 1)])
    blocks = np.concatenate([*unit_means(program, Antithetic(unit=LANES), 4 * LANES, 1)])
    np.testing.assert_allclose(found, blocks.reshape(2, 2, STEPS).mean(1), rtol=1e-14)


def test_mean_and_error_are_those_of_all_units() -> None:
    units = np.random.default_rng(1).normal(1e6, 1.0, (50, 3))
    for cuts in ([], [1], [10, 11, 40]):
        mean, error = mean_and_error(np.split(units, cuts))
        np.testing.assert_allclose(mean, units.mean(0), rtol=1e-14)
        np.testing.assert_allclose(error, units.std(0, ddof=1) / np.sqrt(50), rtol=1e-9)


def test_what_cannot_be_sampled_is_refused_in_words() -> None:
    def refused(words: str, num_paths: int = 1024, **options: Any) -> None:
        with pytest.raises(CamjaxError, match=words):
            estimate_mean(scenario(), SHARE, num_paths, KEY, **options)

    refused("mirrored_sobol", sampling="halton")
    refused("two pairs", 1023, sampling="antithetic")
    refused("power of two", 1000, sampling="sobol")
    refused("power of two", 16, sampling="mirrored_sobol")
    refused("2 or more", sampling="sobol", replicates=1)
    for sampling in ("plain", "antithetic"):
        refused("Only Sobol", sampling=sampling, replicates=8)
    many = camjax.load_scenario("fei", {"steps": 10_601})
    with pytest.raises(CamjaxError, match="21201 normals"):
        estimate_mean(many, SHARE, 1024, KEY, sampling="sobol")
    flat = {"process": "constant", "value": 0.7}
    price = {"process": "constant", "value": 2000.0}
    still = camjax.load_scenario(
        "fei", {"drivers.utilization": flat, "drivers.volatile_asset_price": price}
    )
    for sampling in REDUCED:
        with pytest.raises(CamjaxError, match="none to choose"):
            estimate_mean(still, SHARE, 1024, KEY, sampling=sampling)


def test_sobol_takes_as_many_dimensions_as_it_has() -> None:
    layout = Layout.of(camjax.load_scenario("fei", {"steps": 10_599}).processes)
    assert layout.num_dimensions == 21_200
    points = next(itertools.islice(Sobol(layout, 4, False).points(8), 1))
    assert points.shape == (LANES, 21_200)
    assert len(np.unique(points[:4] // 2 ** (BITS - 2), axis=0)) == 4
