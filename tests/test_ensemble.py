"""Laws of ensembles: paths that are the same anywhere, statistics equal to those of all paths."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

import camjax
from camjax.ensemble import Bins, Ensemble, Event, FirstTime, Moments, Quantiles, run_ensemble
from camjax.ensemble.lanes import LANES, fold_paths
from camjax.ensemble.quantities import Quantity
from camjax.errors import CamjaxError
from camjax.intervals import probability_interval

KEY = jax.random.key(3)
PATHS = 2 * LANES + 100
STEPS = 12
SHARE_BINS = Bins(0.0, 1.0, 256)
BALANCE_BINS = Bins(1.0, 1e9, 512, logarithmic=True)
EVENT = Event.parse("share[savings] > 0.3")


@functools.cache
def scenario() -> camjax.Scenario:
    return camjax.load_scenario("fei", {"steps": STEPS})


def reducers() -> list:
    return [
        Moments("share"),
        Quantiles("share", SHARE_BINS),
        Quantiles("balance", BALANCE_BINS),
        FirstTime(EVENT),
    ]


@functools.cache
def ensemble(num_paths: int = PATHS, num_devices: int = 1) -> Ensemble:
    return run_ensemble(scenario(), num_paths, KEY, reducers(), devices=jax.devices()[:num_devices])


class Whole:
    """Keeps trajectories as they are."""

    name = "whole"
    scope = "path"
    variables = ("balance", "share")

    def fold(self, variables: dict[str, Array], counted: Array) -> dict[str, Array]:
        return variables


@functools.cache
def all_paths() -> dict[str, np.ndarray]:
    """Every path, simulated in one go: by name [T, deposits, P]."""
    keys = jax.vmap(lambda i: jax.random.fold_in(KEY, i))(jnp.arange(PATHS, dtype=jnp.uint32))

    def run(model, processes, keys: Array) -> tuple[dict[str, Array], ...]:
        source = scenario().with_leaves(model, processes)
        return fold_paths(source, [Whole()], keys, jnp.ones(len(keys), bool))

    (found,) = jax.device_get(jax.jit(run)(scenario().model, scenario().processes, keys))
    return found


def test_moments_are_those_of_all_paths() -> None:
    shares, found = all_paths()["share"], ensemble()["moments(share)"]
    assert found.num_paths == PATHS
    np.testing.assert_allclose(found.mean, shares.mean(-1), rtol=1e-12)
    np.testing.assert_allclose(found.std, shares.std(-1, ddof=1), rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(found.minimum, shares.min(-1), rtol=1e-12)
    np.testing.assert_allclose(found.maximum, shares.max(-1), rtol=1e-12)


def test_quantiles_are_within_a_bin_of_those_of_all_paths() -> None:
    found = ensemble()["quantiles(share)"]
    exact = np.quantile(all_paths()["share"], found.levels, axis=-1, method="inverted_cdf")
    assert np.abs(found.values - exact).max() <= 1 / SHARE_BINS.number
    found = ensemble()["quantiles(balance)"]
    exact = np.quantile(all_paths()["balance"], found.levels, axis=-1, method="inverted_cdf")
    inside = exact > BALANCE_BINS.low
    factor = (BALANCE_BINS.high / BALANCE_BINS.low) ** (1 / BALANCE_BINS.number)
    assert np.abs(np.log(found.values[inside] / exact[inside])).max() <= np.log(factor) * 1.001


def test_probabilities_and_first_times_are_those_of_all_paths() -> None:
    happens = all_paths()["share"][:, 2] > 0.3
    found = ensemble()[f"P({EVENT})"]
    np.testing.assert_array_equal(found.count, happens.sum(-1))
    first = np.where(happens.any(0), happens.argmax(0), STEPS)
    np.testing.assert_array_equal(found.first, np.bincount(first, minlength=STEPS + 1))
    assert found.never == pytest.approx(1 - happens.any(0).mean())
    assert found.by()[-1] == pytest.approx(happens.any(0).mean())


def test_devices_change_nothing() -> None:
    if len(jax.devices()) < 2:
        pytest.skip("one device")
    alone, shared = ensemble(), ensemble(num_devices=2)
    np.testing.assert_array_equal(alone["moments(share)"].mean, shared["moments(share)"].mean)
    np.testing.assert_array_equal(
        alone["quantiles(balance)"].values, shared["quantiles(balance)"].values
    )


def test_more_paths_extend_fewer() -> None:
    fewer, event = ensemble(num_paths=700), f"P({EVENT})"
    happens = all_paths()["share"][:, 2, :700] > 0.3
    np.testing.assert_array_equal(fewer[event].count, happens.sum(-1))


def test_an_unbatched_path_agrees_with_its_lane() -> None:
    path = PATHS - 1
    drivers = scenario().sample_drivers(jax.random.fold_in(KEY, path))
    alone = camjax.simulate(scenario().model, drivers, record=("balance",)).balance
    np.testing.assert_allclose(all_paths()["balance"][..., path], alone, rtol=1e-12, atol=1e-6)


def test_a_reducer_of_ones_own_is_folded_too() -> None:
    class Largest:
        name = "largest balance"
        scope = "path"
        variables = ("balance",)

        def fold(self, variables: dict[str, Array], counted: Array) -> Array:
            return jnp.where(counted, variables["balance"], 0).max()

        def merge(self, earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
            return np.maximum(earlier, later)

        def finish(self, partial: np.ndarray) -> float:
            return float(partial)

    found = run_ensemble(scenario(), PATHS, KEY, [Largest()])
    assert found["largest balance"] == pytest.approx(all_paths()["balance"].max(), rel=1e-12)


def test_progress_ends_at_all_paths() -> None:
    told: list[tuple[int, int]] = []
    run_ensemble(
        scenario(),
        PATHS,
        KEY,
        reducers(),
        devices=jax.devices()[:1],
        progress=lambda done, of: told.append((done, of)),
    )
    assert told == [(LANES, PATHS), (2 * LANES, PATHS), (PATHS, PATHS)]


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # Clopper & Pearson's table for 95 %: 1 - 0.025^(1/100) where nothing happened.
    [(0, 100, 0.0, 0.0362167), (50, 100, 0.3983211, 0.6016789), (100, 100, 0.9637833, 1.0)],
)
def test_probability_interval(successes: int, trials: int, low: float, high: float) -> None:
    found = probability_interval(np.array(successes), trials)
    np.testing.assert_allclose(found, (low, high), atol=1e-6)


def test_what_cannot_be_asked_is_refused_in_words() -> None:
    for text in ("share[", "a b", ""):
        with pytest.raises(CamjaxError, match="expected"):
            Quantity.parse(text)
    for text in ("share[savings]", "share[savings] > much", "share[savings] == 1"):
        with pytest.raises(CamjaxError, match="expected"):
            Event.parse(text)
    unknown = [FirstTime(Event.parse("share[attic] > 0.5"))]
    with pytest.raises(CamjaxError, match="savings"):
        run_ensemble(scenario(), 10, KEY, unknown)
    with pytest.raises(CamjaxError, match="num_paths"):
        run_ensemble(scenario(), 0, KEY, reducers())
    with pytest.raises(CamjaxError, match="reducers"):
        run_ensemble(scenario(), 10, KEY, [])
