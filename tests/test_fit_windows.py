"""Every yield window at once: what one alone computes, and the true one found."""

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from worlds_observed import SMALL, observations_of, simulate_world

import camjax
from calibration.backtest.history import with_series
from calibration.fit import Problem, fit, pose
from calibration.fit.windows import profile_windows
from camjax import CamjaxError

DURATION = "rebalancing.duration_days"
NUMBERS = {"steps": 60, "weights.yield_risk_aversion": 3.0}


def watched(folder: Path, memory: dict[str, Any], window: int = 4) -> Problem:
    """A world whose holders remember a window, held against other memories."""
    truth = NUMBERS | {"weights.yield_window": window}
    world = simulate_world(folder, truth, source=SMALL)
    scenario = camjax.load_scenario(SMALL, NUMBERS | memory | {DURATION: 35.0})
    scenario = with_series(scenario, {n: jnp.asarray(c) for n, c in world.columns.items()})
    return pose(scenario, observations_of(world, scenario), [DURATION], mode="free-run")


@pytest.mark.slow
def test_each_window_fits_as_it_does_alone_and_the_true_one_best(tmp_path: Path) -> None:
    losses = profile_windows(watched(tmp_path, {}), longest=6)
    assert losses.argmin() + 1 == 4
    assert losses[3] < 1e-20 < np.delete(losses, 3).min()
    for window in (1, 6):
        alone = fit(watched(tmp_path, {"weights.yield_window": window}), num_starts=2)
        assert alone.cost == pytest.approx(losses[window - 1], rel=1e-8)


def test_holders_without_a_window_and_losses_without_squares_are_refused(tmp_path: Path) -> None:
    fading = watched(tmp_path, {"weights.yield_half_life_days": 2.0})
    with pytest.raises(CamjaxError, match="a scenario with weights.yield_window"):
        profile_windows(fading, 3)
    with pytest.raises(CamjaxError, match="objective: expected ilr or"):
        profile_windows(watched(tmp_path, {}), 3, objective="huber")
