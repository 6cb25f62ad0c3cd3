"""Laws of ensembles that run until an interval is as narrow as asked."""

import functools

import jax
import numpy as np
import pytest

import camjax
from camjax.ensemble import Event, FirstTime, Moments, PreciseEnsemble, run_ensemble, run_until
from camjax.ensemble.blocks import MOST_PATHS
from camjax.ensemble.engine import run_blocks
from camjax.ensemble.lanes import LANES
from camjax.ensemble.precision import run_program_until
from camjax.ensemble.program import BlockProgram
from camjax.ensemble.reducers.final import final_statistic
from camjax.errors import CamjaxError
from camjax.intervals import normal_reach

KEY = jax.random.key(5)
EVENT = "share[savings] > 0.3"


@functools.cache
def scenario() -> camjax.Scenario:
    return camjax.load_scenario("fei", {"steps": 12})


@functools.cache
def reducers() -> tuple:
    return (Moments("share"), FirstTime(Event.parse(EVENT)))


@functools.cache
def precise() -> PreciseEnsemble:
    return run_until(scenario(), 4e-4, "share[savings]", KEY, reducers())


def test_a_run_goes_on_until_the_interval_is_as_narrow_as_asked() -> None:
    found = precise()
    assert found.reached
    assert found.estimate.half_width <= 4e-4
    assert found.num_paths % LANES == 0
    assert found.estimate.num_paths == found.num_paths > 2 * LANES
    earlier = run_ensemble(scenario(), found.num_paths - LANES, KEY, [Moments("share")])
    moments = earlier["moments(share)"]
    standard_error = moments.std[-1, 2] / np.sqrt(moments.num_paths)
    assert normal_reach(0.95) * standard_error > 4e-4, "a block fewer would not do"


def test_a_precise_run_is_the_ensemble_of_as_many_paths() -> None:
    found = precise()
    again = run_ensemble(scenario(), found.num_paths, KEY, reducers())
    np.testing.assert_array_equal(found["moments(share)"].mean, again["moments(share)"].mean)
    np.testing.assert_array_equal(found[f"P({EVENT})"].first, again[f"P({EVENT})"].first)
    assert found.estimate.value == pytest.approx(found["moments(share)"].mean[-1, 2], rel=1e-12)


def test_the_number_of_devices_does_not_change_how_many_paths_it_takes() -> None:
    alone = run_until(scenario(), 4e-4, "share[savings]", KEY, devices=jax.devices()[:1])
    assert alone.num_paths == precise().num_paths
    assert alone.estimate == precise().estimate


def test_a_probability_can_be_made_precise_too() -> None:
    found = run_until(scenario(), 0.02, EVENT, KEY, reducers())
    happens = found[f"P({EVENT})"]
    assert found.estimate.value == happens.probability()[-1]
    low, high = happens.interval()
    assert (found.estimate.low, found.estimate.high) == (low[-1], high[-1])


def test_a_run_that_may_not_go_on_says_that_it_is_not_precise() -> None:
    found = run_until(scenario(), 1e-9, "share[savings]", KEY, max_paths=2 * LANES + 7)
    assert not found.reached
    assert found.num_paths == 2 * LANES + 7


def test_progress_tells_how_many_paths_it_will_take() -> None:
    told: list[tuple[int, int]] = []
    found = run_until(
        scenario(), 4e-4, "share[savings]", KEY, progress=lambda *paths: told.append(paths)
    )
    assert [done for done, _ in told] == [LANES * (i + 1) for i in range(len(told))]
    assert told[-1] == (found.num_paths, found.num_paths)
    assert all(0.7 < expected / found.num_paths < 1.4 for _, expected in told)


@pytest.mark.parametrize(
    ("half_width", "of", "complaint"),
    [
        (0.0, "share[savings]", "half_width"),
        (float("nan"), "share[savings]", "half_width"),
        (0.1, "share[attic]", "savings"),
        (0.1, "share", "one of"),
        (0.1, "wealth", "wealth"),
    ],
)
def test_what_cannot_be_made_precise_is_refused(half_width: float, of: str, complaint: str) -> None:
    with pytest.raises(CamjaxError, match=complaint):
        run_until(scenario(), half_width, of, KEY)


def test_a_share_of_what_is_not_allocated_cannot_be_made_precise() -> None:
    outside = camjax.load_scenario("fei", {"steps": 2, "deposits.savings.allocated": False})
    with pytest.raises(CamjaxError, match="allocation"):
        run_until(outside, 0.1, "share[savings] > 0.5", KEY)


@pytest.mark.slow
def test_the_interval_covers_the_mean_as_often_as_it_says() -> None:
    of, runs = "share[money_market]", 200
    short = camjax.load_scenario("fei", {"steps": 4})
    statistic = final_statistic(of)
    program = BlockProgram(short, [statistic], jax.random.key(10**6))
    mean = run_blocks(program, range(3000), 3000 * LANES)[statistic.name].value
    keys = [jax.random.key(seed) for seed in range(runs)]
    found = [run_program_until(program.with_key(key), 7e-4, MOST_PATHS).estimate for key in keys]
    covered = sum(estimate.low <= mean <= estimate.high for estimate in found)
    assert 180 <= covered < 200, "beyond three standard deviations of 190"
