"""Probabilities and times to an event, "never" included."""

import numpy as np
import pytest
import xarray
from analysis_worlds import PATHS, STEPS, world, worlds

from camjax.analysis import probability, probability_over_time, time_to_event
from camjax.errors import CamjaxError
from camjax.intervals import probability_interval

ONE, SWEEP = world(), worlds()


def events(rows: list[list[int]]) -> xarray.DataArray:
    """Paths (rows) along steps (columns) on which something happens, or not."""
    happened = np.array(rows, float)
    steps = np.arange(1, happened.shape[1] + 1)
    return xarray.DataArray(happened, {"step": steps}, ("path", "step"))


def test_a_probability_is_a_share_of_paths_with_its_interval() -> None:
    found = probability(ONE, "share[savings] > 0.35", step=40)
    held = ONE.balance.values[:, 39, 1:]
    number = int((held[:, 1] / held.sum(-1) > 0.35).sum())
    assert 0 < number < PATHS
    low, high = probability_interval(np.array(number), PATHS)
    assert float(found.probability) == number / PATHS
    np.testing.assert_allclose([found.low, found.high], [low, high])


def test_the_last_step_is_meant_where_none_is_named() -> None:
    event = "balance[idle] <= 2e6"
    last = probability_over_time(ONE, event).isel(step=-1)
    assert float(probability(ONE, event).probability) == float(last.probability)


def test_an_event_of_every_deposit_has_a_probability_for_each() -> None:
    found = probability(SWEEP, "balance > 1.5e6")
    assert found.probability.dims == ("setting", "deposit")
    expected = (SWEEP.balance.values[:, :, -1] > 1.5e6).mean(axis=1)
    np.testing.assert_allclose(found.probability, expected)


def test_what_is_not_defined_has_no_probability() -> None:
    for found in (probability(ONE, "share[pool] > 0.1"), time_to_event(ONE, "share[pool] > 0.1")):
        assert np.isnan(found.probability) and np.isnan(found.low)


def test_an_event_that_never_happens_is_never_and_not_at_once() -> None:
    """The published study took argmax of an all-false series for the first step."""
    found = time_to_event(ONE, events([[0, 0, 0]] * 100))
    assert float(found.probability) == 0.0
    assert float(found.never) == 1.0
    assert (found.by == 0).all()
    assert float(found.high) == pytest.approx(0.0362, abs=1e-4)
    assert np.isnan(found.q05_step) and np.isnan(found.median_step) and np.isnan(found.q95_step)


def test_times_count_paths_on_which_it_never_happens() -> None:
    found = time_to_event(ONE, events([[0, 1, 0], [1, 0, 1], [0, 0, 0], [0, 1, 1]]))
    assert float(found.probability) == 0.75
    assert float(found.never) == 0.25
    assert found.by.values.tolist() == [0.25, 0.75, 0.75]
    assert float(found.q05_step) == 1
    assert float(found.median_step) == 2
    assert np.isnan(found.q95_step), "on a quarter of paths it never happens"


def test_never_and_ever_have_the_same_interval_seen_from_both_ends() -> None:
    found = time_to_event(SWEEP, "balance[idle] > 3e6")
    np.testing.assert_allclose(found.never, 1 - found.probability)
    np.testing.assert_allclose(found.never_low, 1 - found.high)
    np.testing.assert_allclose(found.by.isel(step=-1), found.probability)


def test_times_are_those_of_a_loop_over_paths() -> None:
    found = time_to_event(SWEEP, "balance[savings] > 2.5e6")
    for setting in range(3):
        values = SWEEP.balance.values[setting, :, :, 2]
        firsts = [next((t for t in range(STEPS) if row[t] > 2.5e6), None) for row in values]
        by = [sum(t is not None and t <= step for t in firsts) / PATHS for step in range(STEPS)]
        np.testing.assert_allclose(found.by.isel(setting=setting), by)


def test_an_event_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(
        CamjaxError, match="expected quantity, one of > >= < <=, and a finite number"
    ):
        probability(ONE, "share[savings] = 0.6")


def test_times_need_all_steps() -> None:
    with pytest.raises(CamjaxError, match="every step, got the last step alone"):
        time_to_event(ONE.isel(step=[-1]), "balance[idle] > 3e6")
