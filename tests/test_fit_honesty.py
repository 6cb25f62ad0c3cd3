"""What a fit must not leave unsaid: no minimum, ties, bounds, numbers that look alike."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import tomli_w
from worlds_observed import write_csv

import camjax
from calibration.fit import Problem, fit, identifiability, pose, report, uncertainty
from calibration.fit.best import best_end
from calibration.fit.endings import endings
from calibration.fit.levenberg_marquardt import CONVERGED, STALLED, Options, Search
from calibration.observations import observe
from calibration.observed_file import read_observed
from camjax.cli import main

DURATION, ELASTICITY = "rebalancing.duration_days", "weights.elasticity"
RATES = (0.03, 0.05)


def even(rates: tuple[float, float] = RATES, **weights: Any) -> dict[str, Any]:
    """Two venues whose yields never change: nothing tells what weighs them."""
    deposits = [
        {"name": name, "type": "external", "user_balance": balance, "rate": rate}
        for name, balance, rate in zip("ab", (60.0, 40.0), rates, strict=True)
    ]
    return {"steps": 29, "deposits": deposits, "weights": {"elasticity": 1.0} | weights}


def watched(folder: Path, scenario: dict[str, Any]) -> Path:
    """Balances that drift from the one venue to the other, with an error that lasts no longer."""
    rows = np.arange(30)
    moved = 0.4 + 0.2 * (1 - np.exp(-rows / 10)) + 1e-3 * np.random.default_rng(0).normal(size=30)
    path = folder / "observed.csv"
    write_csv(path, {"time": rows, "a": 100 * (1 - moved), "b": 100 * moved})
    (folder / "even.toml").write_text(tomli_w.dumps(scenario))
    return path


def posed(folder: Path, document: dict[str, Any], paths: list[str], **how: Any) -> Problem:
    scenario = camjax.load_scenario(document)
    observations = observe(
        read_observed(watched(folder, document)),
        deposits=scenario.model.names,
        allocated=scenario.model.allocated,
        dt_days=1.0,
    )
    return pose(scenario, observations, paths, **how)


def ends_of(coordinates: list[list[float]], cost: list[float], status: list[int]) -> Any:
    filler = jnp.zeros(len(cost))
    return Search(
        *(jnp.asarray(coordinates), jnp.asarray(cost), filler, filler, filler, filler, filler),
        *(filler, jnp.asarray(status)),
    )


def test_a_factor_and_a_convenience_yield_that_stand_in_for_each_other_are_one_fault(
    tmp_path: Path,
) -> None:
    document = even(convenience_yield={"b": 0.01}, yield_window=1)
    problem = posed(tmp_path, document, ["weights.factor", "weights.convenience_yield.b"])
    counts = problem.data.counts.at[0].set(False)  # before it no yield is known
    problem = dataclasses.replace(problem, data=dataclasses.replace(problem.data, counts=counts))
    result = fit(problem, num_starts=2)
    warnings = identifiability(result, uncertainty(result))
    assert len(warnings) == 1, warnings
    assert "the factors and convenience yield of b are confounded" in warnings[0]


def test_convenience_yields_are_free_as_a_group(tmp_path: Path) -> None:
    problem = posed(
        tmp_path,
        even(convenience_yield={"b": 0.01}),
        [DURATION, "weights.convenience_yield"],
        bounds={"weights.convenience_yield": (-0.5, 0.5)},
    )
    assert problem.free.names[1:] == ("weights.convenience_yield.a", "weights.convenience_yield.b")
    assert all(block.bijector.upper == 0.5 for block in problem.free.blocks[1:])


def test_of_ends_at_one_loss_the_one_nearest_the_scenario_is_taken(tmp_path: Path) -> None:
    problem = posed(tmp_path, even(), [ELASTICITY])
    far, near, worse = [[np.log(1e12)], [0.5], [0.1]]
    ends = ends_of([far, near, worse], [1.0, 1.0 + 1e-8, 1.1], [CONVERGED] * 3)
    at_best, best = best_end(problem, ends, squares=True)
    assert at_best.tolist() == [True, True, False]
    assert best == 1
    ends = ends_of([far, near, worse], [1.0, 1.0 + 1e-8, np.nan], [CONVERGED, STALLED, CONVERGED])
    assert best_end(problem, ends, squares=True)[1] == 0


def test_a_best_search_that_found_no_minimum_is_told_first(tmp_path: Path) -> None:
    problem = posed(tmp_path, even(), [DURATION])
    result = fit(problem, num_starts=2, options=Options(max_iterations=1))
    assert result.lanes[result.best].status == "max_iter"
    warning = report(result, uncertainty(result))["warnings"][0]
    assert "the best of 2 searches had not come to an end" in warning
    assert "suppose a minimum" in warning


def test_an_estimate_outside_the_range_of_the_starts_is_told(tmp_path: Path) -> None:
    problem = posed(tmp_path, even(), [ELASTICITY])
    result = fit(problem, num_starts=1)
    beyond = dataclasses.replace(result, coordinates=np.log([1e12]))
    assert any("elasticity ended at 1e+12, outside the range" in text for text in endings(beyond))
    assert any("or hold it with --bounds" in text for text in endings(beyond))
    held = dataclasses.replace(problem, bounds={ELASTICITY: (0.1, 9.0)})
    assert any(
        "or give it other --bounds" in text
        for text in endings(dataclasses.replace(beyond, problem=held))
    )
    inside = dataclasses.replace(result, coordinates=np.log([2.0]))
    assert not any("outside" in text for text in endings(inside))


def test_of_a_number_at_its_bound_it_is_not_said_that_nothing_depends_on_it(
    tmp_path: Path,
) -> None:
    document = even(rates=(0.05, 0.03), elasticity=0.5)  # capital leaves the better yield
    problem = posed(tmp_path, document, [ELASTICITY], bounds={ELASTICITY: (0.1, 5.0)})
    result = fit(problem, num_starts=2)
    assert result.values[0] == pytest.approx(0.1, rel=1e-3)
    warnings = identifiability(result, uncertainty(result))
    assert "elasticity is at its lower bound." in warnings
    assert not any("nothing depends" in warning for warning in warnings)


def test_what_nothing_depends_on_is_not_identified_and_no_warning_of_numpy_comes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Yields alike: no weight depends on elasticity; the data have rows in a straight line."""
    monkeypatch.chdir(tmp_path)
    watched(tmp_path, even(rates=(0.03, 0.03), elasticity=1.0))
    rows = np.arange(30)
    write_csv(Path("line.csv"), {"time": rows, "a": 60 - 0.3 * rows, "b": 40 + 0.5 * rows})
    free = ("--free", f"{DURATION},{ELASTICITY},weights.factor", "--starts", "2")
    how = ("--scenario", "even.toml", *free, "--out", "out")
    assert main(["calibrate", "line.csv", *how]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert "Warning: elasticity not identified: nothing depends on it." in output.out
    assert "found no minimum" in output.out
    assert output.out.index("Warning: the best of 2 searches") < output.out.index("estimate")
    assert "fitted rows (in-sample), camjax" in output.out
    assert "there p is no evidence for it" in output.out


def test_bounds_above_zero_hold_a_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    watched(tmp_path, even())
    bounds = ("--bounds", f"{DURATION}=5:400")
    how = ("--scenario", "even.toml", "--free", DURATION, "--starts", "1", *bounds, "--json")
    assert main(["calibrate", "observed.csv", *how]) == 0
    found = json.loads(capsys.readouterr().out)["estimates"][DURATION]
    assert 5 <= found["lower_95"] < found["value"] < found["upper_95"] <= 400
