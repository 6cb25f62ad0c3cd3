"""Backtest: nothing to err where the model is true, nothing seen before its time."""

import dataclasses
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from worlds_observed import SMALL, World, observations_of, simulate_world

import camjax
from calibration.backtest import Backtest, backtest, replay
from calibration.backtest.history import balances_of_all
from calibration.backtest.scores import score
from calibration.diebold_mariano import diebold_mariano
from calibration.observations import Observations, implied_weights
from calibration.score_table import find
from camjax.errors import CamjaxError

STEPS = 24

WORLDS: dict[str, dict[str, Any]] = {
    "the default": {},
    "reference settings": {
        "rebalancing.settlement": "sequential",
        "rebalancing.accounting": "reference",
    },
    "fading memory": {"weights.yield_half_life_days": 3.0},
    "pairwise, other users in the pool": {
        "weights.rule": "pairwise",
        "deposits.liquidity_pool.user_balance": 40e6,
        "dt_days": 0.5,
    },
    "redemption, savings left alone": {
        "drivers.mint_redeem": {"process": "constant", "value": -1e6},
        "deposits.savings.allocated": False,
    },
}


def given(world: World, overrides: dict[str, Any] | None = None) -> camjax.Scenario:
    """The world's scenario, perhaps with changes, with the world's drivers given."""
    changes = {"drivers.file": str(world.drivers), **(overrides or {})}
    return camjax.load_scenario(world.scenario.toml, changes)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The default scenario, watched."""
    return simulate_world(tmp_path_factory.mktemp("world"), {"steps": STEPS})


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world of two deposits, watched."""
    return simulate_world(tmp_path_factory.mktemp("small"), {}, source=SMALL)


@pytest.mark.parametrize("overrides", WORLDS.values(), ids=WORLDS)
def test_true_parameters_leave_no_error(overrides: dict[str, Any], tmp_path: Path) -> None:
    world = simulate_world(tmp_path, {"steps": STEPS, **overrides})
    scenario = given(world)
    result = backtest(scenario, observations_of(world, scenario))
    assert result.counts.all() and len(result.counts) == STEPS
    assert np.abs(result.errors["camjax"]).max() < 1e-9
    assert np.abs(result.errors["persistence"]).max() > 1e-3


def test_observed_yields_take_the_place_of_the_mechanism_s_own(tmp_path: Path) -> None:
    world = simulate_world(tmp_path, {"steps": STEPS}, yields=("money_market",))
    wrong = given(world, {"deposits.money_market.reserve_factor": 0.9})
    seen = observations_of(world, wrong)
    assert np.abs(backtest(wrong, seen).errors["camjax"]).max() < 1e-9
    unseen = dataclasses.replace(seen, yield_rates=np.full_like(seen.yield_rates, np.nan))
    assert np.abs(backtest(wrong, unseen).errors["camjax"]).max() > 1e-3


def test_quotes_before_the_first_observation_are_remembered(world: World) -> None:
    scenario = given(world)
    seen = observations_of(world, scenario)
    late = _rows(seen, slice(10, None))
    assert np.abs(backtest(scenario, late).errors["camjax"]).max() < 1e-9


def test_a_step_sees_nothing_of_its_own_row_or_later_ones(world: World) -> None:
    scenario = given(world)
    seen = observations_of(world, scenario)
    row = 12
    noise = np.random.default_rng(0).uniform(0.5, 2.0, seen.balances[row:].shape)
    corrupted = dataclasses.replace(
        seen, balances=np.vstack([seen.balances[:row], seen.balances[row:] * noise])
    )
    honest, other = (backtest(scenario, each).predictions for each in (seen, corrupted))
    for model, predicted in honest.items():
        np.testing.assert_array_equal(predicted[:row], other[model][:row], err_msg=model)
    assert np.abs(honest["camjax"][row:] - other["camjax"][row:]).max() > 1e-3


def test_each_step_goes_from_the_observed_weights_towards_the_target(small: World) -> None:
    scenario = given(small, {"rebalancing.duration_days": 7.0})
    weights = np.random.default_rng(5).dirichlet((4.0, 2.0), STEPS + 1)
    seen = dataclasses.replace(observations_of(small, scenario), balances=1e7 * weights)
    # Given rates do not depend on balances, so a free run has the same targets.
    free = camjax.simulate(scenario.model, scenario.sample_drivers())
    rate = 1 - np.exp(-1 / 7)
    expected = weights[:-1] + rate * (np.asarray(free.target_weight) - weights[:-1])
    found = backtest(scenario, seen)
    np.testing.assert_allclose(found.predictions["camjax"], expected, rtol=1e-12)
    np.testing.assert_allclose(found.predictions["persistence"], weights[:-1], rtol=1e-12)


def test_a_free_run_sees_the_start_alone(world: World) -> None:
    scenario = given(world, {"rebalancing.duration_days": 10.0})
    seen = observations_of(world, scenario)
    held = dataclasses.replace(seen, balances=np.tile(seen.balances[0], (len(seen.balances), 1)))
    honest, other = (backtest(scenario, each, mode="free-run").predictions for each in (seen, held))
    for model, predicted in honest.items():
        np.testing.assert_array_equal(predicted, other[model], err_msg=model)
    np.testing.assert_allclose(
        honest["persistence"], np.tile(honest["ilr_drift"][0], (STEPS, 1)), atol=2e-6
    )


def test_removing_a_deposit_leaves_the_ratios_of_other_targets(tmp_path: Path) -> None:
    world = simulate_world(
        tmp_path,
        {"steps": STEPS, "deposits.savings.allocated": False},
        deposits=("liquidity_pool", "money_market", "idle"),
    )
    off = given(world)
    on = given(world, {"deposits.savings.allocated": True})
    backtest_setting, what_if = (backtest(each, observations_of(world, each)) for each in (off, on))
    assert what_if.names == ("liquidity_pool", "money_market", "savings", "idle")
    assert what_if.scored == (True, True, False, True)
    kept = what_if.target_weight[..., np.array(what_if.scored)]
    assert (what_if.target_weight[..., 2] > 0.1).any()
    np.testing.assert_allclose(
        kept / kept.sum(axis=-1, keepdims=True), backtest_setting.target_weight, rtol=1e-12
    )
    assert np.abs(backtest_setting.errors["camjax"]).max() < 1e-9
    assert what_if.predictions["camjax"].shape == (STEPS, 3)
    assert (what_if.simulated[0, 1:, 2] > 0).all(), "the what-if has savings"


def test_paths_differ_and_are_the_same_among_any_number(small: World) -> None:
    scenario = small.scenario
    seen = observations_of(small, scenario)
    few, many = (backtest(scenario, seen, num_paths=paths, seed=3) for paths in (2, 40))
    np.testing.assert_array_equal(few.simulated, many.simulated[:2])
    assert np.ptp(many.simulated, axis=0).max() > 1e-3
    np.testing.assert_allclose(many.predictions["camjax"], many.simulated.mean(axis=0), rtol=1e-12)
    scores = score(many)
    assert 0 <= find(scores, "camjax", "coverage_95") <= 1
    assert find(scores, "camjax", "crps") > 0 and find(scores, "camjax", "energy_score") > 0


def test_pictures_show_what_was_observed_and_simulated(small: World) -> None:
    pytest.importorskip("matplotlib")
    from calibration.figures import errors_figure, weights_figure

    result = backtest(small.scenario, observations_of(small, small.scenario), num_paths=40, seed=3)
    panels = weights_figure(result).axes
    assert [axes.get_ylabel() for axes in panels] == ["weight of outside", "weight of savings"]
    for column, axes in enumerate(panels):
        drawn = {line.get_label(): np.asarray(line.get_ydata()) for line in axes.lines}
        np.testing.assert_array_equal(drawn["observed"], result.observed[:, column])
        np.testing.assert_array_equal(drawn["camjax"], result.predictions["camjax"][:, column])
        assert len(axes.collections) == 2, "bands of 80 and 95 %"
    *_, gain = errors_figure(result).axes
    losses = {model: np.abs(errors).mean(axis=1) for model, errors in result.errors.items()}
    total = (losses["persistence"] - losses["camjax"]).sum()
    assert np.asarray(gain.lines[0].get_ydata())[-1] == pytest.approx(total)


def _rows(observations: Observations, rows: slice) -> Observations:
    """Some rows of observations, at their own times."""
    arrays = ("times_days", "balances", "yield_rates", "weights", "mask")
    return dataclasses.replace(
        observations, **{name: getattr(observations, name)[rows] for name in arrays}
    )


@pytest.fixture(scope="module")
def scored(world: World) -> Backtest:
    """A model that is wrong, some of whose rows were filled in."""
    scenario = given(world, {"rebalancing.duration_days": 40.0})
    seen = observations_of(world, scenario)
    mask = seen.mask.copy()
    mask[[3, 7], 1] = False
    return backtest(scenario, dataclasses.replace(seen, mask=mask))


def test_scores_are_those_of_the_observed_rows(scored: Backtest) -> None:
    scores = score(scored)
    rows = np.setdiff1d(np.arange(1, STEPS + 1), [3, 7])
    assert (np.flatnonzero(scored.counts) + 1).tolist() == rows.tolist()
    weights = implied_weights(scored.observations.balances)
    change = np.abs(weights[rows] - weights[rows - 1])
    assert find(scores, "persistence", "mae") == pytest.approx(change.mean(), rel=1e-12)
    assert find(scores, "persistence", "rmse") == pytest.approx(np.sqrt((change**2).mean()))
    own = np.abs(scored.predictions["camjax"][rows - 1] - weights[rows])
    assert find(scores, "camjax", "mae", "idle") == pytest.approx(own[:, 3].mean(), rel=1e-12)
    assert find(scores, "camjax", "skill_mae") == pytest.approx(1 - own.mean() / change.mean())
    assert find(scores, "camjax", "skill_rmse") == pytest.approx(
        1 - np.sqrt((own**2).mean() / (change**2).mean())
    )
    tested = diebold_mariano(own.mean(axis=1), change.mean(axis=1))
    assert find(scores, "camjax", "dm_mae") == pytest.approx(tested.statistic, rel=1e-9)
    assert find(scores, "camjax", "dm_mae_p_single") == pytest.approx(tested.p_value, rel=1e-9)
    assert tested.statistic < 0 and tested.p_value <= find(scores, "camjax", "dm_mae_p_value") <= 1
    assert {s.horizon for s in scores} == {1} and {s.mode for s in scores} == {"one-step"}


def test_a_free_run_has_skill_but_no_test(world: World) -> None:
    scenario = given(world)
    result = backtest(scenario, observations_of(world, scenario), mode="free-run")
    assert np.abs(result.errors["camjax"]).max() < 1e-9
    scores = score(result)
    assert find(scores, "camjax", "skill_mae") == pytest.approx(1)
    assert not any(each.metric.startswith("dm_") for each in scores)
    assert {each.horizon for each in scores} == {"all"}


def test_a_replay_can_be_differentiated(small: World) -> None:
    scenario = given(small)
    seen = jnp.asarray(balances_of_all(scenario.model.names, observations_of(small, scenario)))
    drivers = scenario.sample_drivers()

    def loss(days: jax.Array) -> jax.Array:
        rebalancing = dataclasses.replace(scenario.model.rebalancing, duration_days=days)
        model = dataclasses.replace(scenario.model, rebalancing=rebalancing)
        errors = replay(model, drivers, seen).balance - seen[1:]
        return (errors**2).mean() / 1e12

    days = jnp.asarray(25.0)
    slope = jax.grad(loss)(days)
    assert slope == pytest.approx(float(loss(days + 1e-3) - loss(days - 1e-3)) / 2e-3, rel=1e-5)
    assert abs(slope) > 1e-6


def test_observations_that_do_not_fit_the_scenario_are_refused(world: World) -> None:
    scenario = given(world)
    seen = observations_of(world, scenario)
    with pytest.raises(CamjaxError, match="at least two rows"):
        backtest(scenario, _rows(seen, slice(0, 1)))
    with pytest.raises(CamjaxError, match="a row every 1 days"):
        backtest(scenario, _rows(seen, slice(0, None, 2)))
    with pytest.raises(CamjaxError, match='"steps": 24'):
        backtest(given(world, {"steps": STEPS - 1}), seen)
    names = {"deposits.liquidity_pool.allocated": False, "deposits.idle.allocated": False}
    only_market = dataclasses.replace(
        seen,
        names=("money_market",),
        balances=seen.balances[:, 1:2],
        yield_rates=seen.yield_rates[:, 1:2],
    )
    with pytest.raises(CamjaxError, match="at least two observed deposits"):
        backtest(given(world, names), only_market)
