"""Fits of worlds whose truth is known: found, never worse than the start, and honestly unsure."""

import dataclasses
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from worlds_fit import FREE, TRUTH, fit_world, posed, varied_drivers, with_noise
from worlds_observed import World

from calibration.fit import Fit, fit, free_parameters, identifiability, report, uncertainty
from calibration.fit.flatness import Flatness
from calibration.fit.identifiability import _wide
from calibration.fit.speed import speed_of
from calibration.fit.starts import sobol_starts
from calibration.fit.uncertainty import Uncertainty
from camjax import CamjaxError, load_scenario

MODES = ["one-step", "free-run"]
DAYS = 365
TRUE_VALUES = [30.0, 4.0, 1.5, 0.5, *TRUTH["weights.factor"].values()]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return fit_world(tmp_path_factory.mktemp("world"), varied_drivers(DAYS))


@pytest.fixture(scope="module")
def fits(world: World) -> dict[str, Fit]:
    """From 16 wide starts each."""
    found = {}
    for mode in MODES:
        problem = posed(world, mode)
        found[mode] = fit(problem, starts=sobol_starts(problem.free, 16, seed=0))
    return found


@pytest.mark.parametrize("mode", MODES)
def test_a_year_without_noise_gives_seven_numbers_back_from_wide_starts(
    fits: dict[str, Fit], mode: str
) -> None:
    result = fits[mode]
    assert len(result.coordinates) == 7
    np.testing.assert_allclose(result.values, TRUE_VALUES, rtol=1e-6)
    ends = np.array([lane.values for lane in result.lanes])
    recovered = (np.abs(ends / TRUE_VALUES - 1) < 1e-6).all(axis=1)
    assert recovered.sum() >= 15
    starts = np.array([lane.start for lane in result.lanes])
    assert np.ptp(np.log(starts[:, 0])) > np.log(100)  # wide indeed


@pytest.mark.parametrize("mode", MODES)
def test_no_search_is_dropped_or_ends_worse_than_it_began(fits: dict[str, Fit], mode: str) -> None:
    result = fits[mode]
    assert len(result.lanes) == 16
    for lane in result.lanes:
        assert lane.status in ("converged", "stalled", "max_iter", "nonfinite")
        at_start = result.problem.free.unconstrain(jnp.asarray(lane.start))
        residuals = result.problem.residuals(at_start, result.problem.data)
        assert lane.cost <= 0.5 * float(residuals @ residuals)
    least = min(lane.cost for lane in result.lanes)
    nothing = 0.5 * result.num_residuals * 1e-9**2  # of residuals that are rounding
    assert result.lanes[result.best].at_best
    assert least <= result.cost <= least * (1 + 1e-6) + nothing


@pytest.mark.parametrize("mode", MODES)
def test_a_year_in_which_everything_varies_raises_no_warning(
    fits: dict[str, Fit], mode: str
) -> None:
    assert identifiability(fits[mode], uncertainty(fits[mode])) == []


def test_a_search_that_begins_where_nothing_is_finite_says_so(fits: dict[str, Fit]) -> None:
    problem = fits["one-step"].problem
    own = np.asarray(problem.free.start)
    result = fit(problem, starts=np.stack([own, np.full_like(own, np.nan)]))
    assert [lane.status for lane in result.lanes] == ["converged", "nonfinite"]
    assert result.best == 0


@pytest.mark.parametrize("mode", MODES)
def test_gradients_of_a_fit_are_those_of_central_differences(
    fits: dict[str, Fit], mode: str
) -> None:
    problem = fits[mode].problem
    loss = jax.jit(lambda z: jnp.square(problem.residuals(z, problem.data)).sum())
    point = problem.free.start
    gradient = np.asarray(jax.jit(jax.grad(loss))(point))
    for i in range(len(point)):
        shift = np.zeros(len(point))
        shift[i] = 1e-4
        # Richardson's combination of two central differences has an error of h⁴.
        near, far = (
            (loss(point + k * shift) - loss(point - k * shift)) / (2e-4 * k) for k in (1, 2)
        )
        np.testing.assert_allclose(gradient[i], (4 * near - far) / 3, rtol=1e-6)


def test_with_noise_the_truth_lies_within_a_few_standard_errors(fits: dict[str, Fit]) -> None:
    problem = with_noise(fits["free-run"].problem, 0.02)
    result = fit(problem, num_starts=1)
    found = uncertainty(result)
    assert found.noise == pytest.approx(0.02, rel=0.1)
    line = np.asarray(problem.free.line(jnp.asarray(result.values)))
    truth = np.asarray(problem.free.line(jnp.asarray(TRUE_VALUES)))
    assert (np.abs(line - truth) < 4 * found.line_errors).all()
    assert (found.intervals[:, 0] < result.values).all()
    assert (result.values < found.intervals[:, 1]).all()


def test_rows_held_out_are_scored_and_not_fitted(world: World) -> None:
    problem = posed(world, "one-step")
    counts = np.arange(DAYS) < 200
    part = dataclasses.replace(
        problem,
        data=dataclasses.replace(problem.data, counts=jnp.asarray(counts)),
        held_out=~counts,
    )
    answer = report(result := fit(part, num_starts=1), uncertainty(result))
    assert (answer["rows_fitted"], answer["rows_held_out"]) == (200, 165)
    held = {
        (s["model"], s["metric"], s["deposit"]): s["value"] for s in answer["scores"]["held-out"]
    }
    assert held["camjax", "mae", "pooled"] < 1e-6 < held["persistence", "mae", "pooled"]


def test_a_deposit_that_was_not_always_seen_does_not_cost_the_rows_of_the_others(
    fits: dict[str, Fit],
) -> None:
    problem = fits["free-run"].problem
    seen = np.ones((DAYS, 4), bool)
    seen[:, 3] = np.arange(DAYS) % 5 > 1
    filled = problem.data.observed * np.where(seen, 1.0, 3.0)  # filled in, and wrongly
    filled = filled / filled.sum(axis=1, keepdims=True)
    data = dataclasses.replace(problem.data, seen=jnp.asarray(seen), observed=filled)
    result = fit(dataclasses.replace(problem, data=data), num_starts=1)
    # Observed shares are raised by 1e-6 of a total that what was filled in changes.
    np.testing.assert_allclose(result.values, TRUE_VALUES, rtol=1e-3)
    assert result.num_residuals == DAYS * 3 - (~seen).sum()
    answer = report(result, None)
    assert answer["rows_fitted"] == DAYS
    assert answer["rows_fitted_in_part"] == (~seen).any(axis=1).sum()


def test_a_market_at_rest_does_not_tell_how_fast_capital_moves(tmp_path: Path) -> None:
    still = {
        "volatile_asset_price": np.full(361, 2000.0),
        "utilization": np.full(361, 0.7),
        "savings_rate": np.full(361, 0.02),
    }
    world = fit_world(tmp_path, still)
    settled = world._replace(observed=_last_rows(world, tmp_path, first=240))
    result = fit(posed(settled, "one-step", FREE[:1]), num_starts=4)
    warnings = identifiability(result, uncertainty(result))
    assert any("rebalance duration not identified" in warning for warning in warnings), warnings


@pytest.mark.slow
def test_constant_asset_risk_confounds_the_aversion_to_it_with_the_factors(
    tmp_path: Path,
) -> None:
    columns = varied_drivers(300)
    columns["volatile_asset_price"] = np.linspace(2000.0, 1800.0, 301)
    columns["savings_rate"] = np.full(301, 0.02)
    rewards = {"weights.convenience_yield.liquidity_pool": 0.03}
    world = fit_world(tmp_path, columns, **rewards)
    late = world._replace(observed=_last_rows(world, tmp_path, first=60))
    result = fit(posed(late, "one-step", **rewards), num_starts=4)
    warnings = identifiability(result, uncertainty(result))
    named = [w for w in warnings if "asset risk aversion" in w and "factors" in w]
    assert named, warnings
    assert "confounded" in named[0]


def test_the_speed_of_rebalancing_is_told_in_three_ways() -> None:
    found = speed_of(30.0, 1.0, "sqrt")
    assert found.rate == pytest.approx(np.sqrt(1 / 30))
    assert (1 - found.rate) ** found.half_life_steps == pytest.approx(0.5)
    assert "half of it in 3.44 steps" in str(found)
    assert speed_of(10.0, 1.0, "exponential").half_life_steps == pytest.approx(10 * np.log(2))


def test_too_few_rows_and_unknown_objectives_are_refused(fits: dict[str, Fit]) -> None:
    problem = fits["one-step"].problem
    few = dataclasses.replace(
        problem, data=dataclasses.replace(problem.data, counts=jnp.arange(DAYS) < 5)
    )
    with pytest.raises(CamjaxError, match="more rows that count than the 7 free numbers"):
        fit(few)
    with pytest.raises(CamjaxError, match="objective: expected ilr or"):
        fit(problem, objective="likelihood")


def _last_rows(world: World, folder: Path, first: int) -> Path:
    """The world's observations from a day on."""
    header, *rows = world.observed.read_text().splitlines()
    path = folder / "late.csv"
    path.write_text("\n".join([header, *rows[first:]]) + "\n")
    return path


@pytest.mark.parametrize(("low", "high", "warned"), [(0.01, 0.99, True), (0.1, 0.9, False)])
def test_a_share_is_not_pinned_down_when_its_interval_is_all_it_can_be(
    low: float, high: float, warned: bool
) -> None:
    free = free_parameters(load_scenario("fei"), ["deposits.money_market.kink"])
    nothing = np.zeros((1, 1))
    found = Uncertainty(
        jacobian=nothing,
        noise=1.0,
        covariance=nothing,
        line_errors=np.zeros(1),
        degrees=np.full(1, np.inf),
        standard_errors=np.zeros(1),
        intervals=np.array([[low, high]]),
        whiteness=None,
        lasting=False,
        inflation=np.ones(1),
    )
    assert ["covers 98% of" in warning for warning in _wide(free, found, Flatness((), (), ()))] == [
        True
    ] * warned
