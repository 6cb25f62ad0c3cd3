"""The command `camjax calibrate`: answers, files that run, refusals."""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import tomli_w
from worlds_observed import SMALL, simulate_world

from calibration.fit.checkpoint import Checkpoint
from camjax.cli import main

FREE = "rebalancing.duration_days,weights.yield_half_life_days"
SLOWER = ("--set", "rebalancing.duration_days=50.0")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A current folder with a watched world of two deposits, and JAX's precision put back."""
    monkeypatch.chdir(tmp_path)
    scenario = SMALL | {"weights": {"yield_half_life_days": 3.0}}
    (tmp_path / "small.toml").write_text(tomli_w.dumps(scenario))
    simulate_world(tmp_path, {}, source=scenario)
    yield tmp_path
    jax.config.update("jax_enable_x64", True)


def calibrate(*arguments: object) -> int:
    base = ("calibrate", "observed.csv", "--scenario", "small.toml", "--drivers", "drivers.csv")
    return main([*base, *map(str, arguments)])


def test_a_fit_answers_in_json_and_writes_a_scenario_that_runs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--free", FREE, *SLOWER, "--starts", 4, "--fit-drivers", "--out", "out")
    assert calibrate(*arguments, "--json") == 0
    output = capsys.readouterr()
    answer: dict[str, Any] = json.loads(output.out)
    estimates = answer["estimates"]
    assert estimates["rebalancing.duration_days"]["value"] == pytest.approx(20.0, rel=1e-6)
    assert estimates["rebalancing.duration_days"]["scenario"] == 50.0
    assert estimates["weights.yield_half_life_days"]["value"] == pytest.approx(3.0, rel=1e-6)
    assert {start["status"] for start in answer["starts"]} == {"converged"}
    written = json.loads((folder / "out" / "fit.json").read_text())
    assert written["estimates"] == estimates
    assert {Path(file).name for file in answer["files"]} >= {"fitted.toml", "fit.json"}
    processes = tomllib.loads((folder / "out" / "drivers.toml").read_text())["drivers"]
    assert processes["yield_rate_outside"]["volatility"] == pytest.approx(0.01, rel=0.5)

    assert main(["run", "out/fitted.toml", "--set", "steps=5", "--json"]) == 0
    assert main(["backtest", "observed.csv", "--scenario", "out/fitted.toml", "--json"]) == 0
    *_, scored = capsys.readouterr().out.strip().splitlines()
    mae = [
        entry["value"]
        for entry in json.loads(scored)["metrics"]
        if (entry["model"], entry["metric"], entry["deposit"]) == ("camjax", "mae", "pooled")
    ]
    assert mae[0] < 1e-8


def test_the_summary_tells_speed_starts_and_scores(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--free", "rebalancing.duration_days", "--starts", 2, "--hold-out", 0.25)
    assert calibrate(*arguments, *SLOWER) == 0
    output = capsys.readouterr().out
    assert "18 rows fitted, 6 held out" in output
    assert "τ = 20 days is a rate of 4.9% a step; half of a gap is closed in 13.9 steps" in output
    assert "Starts: 2 (2 converged); 2 of the 2 that converged found the best minimum." in output
    assert "held-out rows, persistence" in output


@pytest.mark.slow
def test_the_best_of_several_yield_windows_is_taken(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = SMALL | {"weights": {"yield_window": 2}}
    (folder / "small.toml").write_text(tomli_w.dumps(truth))
    simulate_world(folder, {}, source=truth)
    arguments = ("--free", "rebalancing.duration_days", "--starts", 2, "--windows", 4)
    begun = SMALL | {"weights": {"yield_window": 3}}
    (folder / "small.toml").write_text(tomli_w.dumps(begun))
    assert calibrate(*arguments, "--out", "out") == 0
    assert "Yield window: 2 of 1 to 4 steps fits best" in capsys.readouterr().out
    fitted = tomllib.loads((folder / "out" / "fitted.toml").read_text())
    assert fitted["weights"]["yield_window"] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--free", "weights.yield_window"), "expected a number of the model"),
        (("--free", ""), "expected paths such as rebalancing.duration_days"),
        (("--free", FREE, "--bounds", "steps"), "--bounds: expected PATH=LOW:HIGH, got steps"),
        (("--free", FREE, "--bounds", "steps=1:2"), "a single free number"),
        (("--free", "rebalancing.duration_days,rebalancing.duration_days"), "each path once"),
        (("--free", FREE, "--hold-out", 0.9), "more rows that count"),
        (("--free", FREE, "--prior", "steps"), "--prior: expected PATH=MEDIAN:SIGMA, got steps"),
        (("--free", FREE, "--prior", "steps=1:2"), "prior of steps: expected a free number"),
        (("--free", FREE, "--resume"), "expected a fit that was interrupted, got no file"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(
    arguments: tuple[object, ...],
    message: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert calibrate(*arguments, "--out", "out") == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (folder / "out").exists()


def test_the_same_seed_gives_the_same_fit(capsys: pytest.CaptureFixture[str]) -> None:
    answers = []
    for seed in (0, 0, 1):
        assert calibrate("--free", FREE, "--starts", 3, "--seed", seed, "--json") == 0
        answers.append(json.loads(capsys.readouterr().out))
    starts = [np.array([start["start"] for start in answer["starts"]]) for answer in answers]
    assert answers[0] == answers[1]
    assert (starts[0] != starts[2]).any()


def test_a_prior_pulls_an_estimate_and_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = "rebalancing.duration_days"
    noisy = Path("observed.csv").read_text().splitlines()
    for row in range(1, len(noisy)):  # with errors, or data without any would outweigh all priors
        day, outside, *others = noisy[row].split(",")
        noisy[row] = ",".join([day, str(float(outside) * (1 + 0.02 * (-1) ** row)), *others])
    Path("observed.csv").write_text("\n".join([*noisy, ""]))
    base = ("--free", path, "--starts", 2)
    answers = []
    for prior in ((), ("--prior", f"{path}=5:0.1")):
        assert calibrate(*base, *prior, "--json") == 0
        answers.append(json.loads(capsys.readouterr().out)["estimates"][path])
    alone, told = answers
    assert alone["prior"] is None
    assert told["prior"] == {"median": 5.0, "sigma": 0.1}
    assert 5.0 < told["value"] < alone["value"] - 0.1
    assert told["standard_error"] < alone["standard_error"]
    assert calibrate(*base, "--prior", f"{path}=5:0.1") == 0
    assert f"Priors, medians: {path} 5 (sigma 0.1)." in capsys.readouterr().out


LONG = ("--free", FREE, *SLOWER, "--starts", "4", "--objective", "huber", "--out")


def test_a_fit_that_was_killed_ends_as_if_it_had_not_been(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrate(*LONG, "whole") == 0
    command = "import sys; from camjax.cli import main; sys.exit(main(sys.argv[1:]))"
    arguments = ("calibrate", "observed.csv", "--scenario", "small.toml", "--drivers")
    process = subprocess.Popen(
        [sys.executable, "-c", command, *arguments, "drivers.csv", *LONG, "out"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    saved = folder / "out" / "fit.npz"
    while process.poll() is None and not saved.exists():
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert saved.exists()
    assert not (folder / "out" / "fit.json").exists()
    capsys.readouterr()

    assert calibrate(*LONG, "out") == 2
    assert "expected no file yet, got a fit that was saved there" in capsys.readouterr().err
    assert calibrate(*LONG, "out", "--resume", "--seed", 1) == 2
    assert "a part of this fit, got one with another set of starts" in capsys.readouterr().err
    assert calibrate(*LONG, "out", "--resume") == 0
    assert not saved.exists()
    whole, out = ((folder / name / "fit.json").read_text() for name in ("whole", "out"))
    assert out == whole


def test_ctrl_c_says_how_to_go_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = Checkpoint.keep

    def interrupted(self: Checkpoint, stage: str, state: object) -> None:
        begun(self, stage, state)
        raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoint, "keep", interrupted)
    assert calibrate("--free", FREE, "--starts", 2, "--out", "out") == 130
    assert "with --resume goes on from there" in capsys.readouterr().err
    assert (folder / "out" / "fit.npz").exists()


def test_what_is_drawn_is_fitted_by_moments(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = "drivers.yield_rate_outside.volatility"
    process = {"process": "geometric_brownian_motion", "initial": 0.02, "volatility": 0.05}
    drawn = SMALL | {
        "steps": 80,
        "rebalancing": {"law": "exponential", "duration_days": 1e-3},
        "weights": {"yield_window": 1, "yield_risk_aversion": 0.0},
        "drivers": {"yield_rate_outside": process},
    }
    (folder / "drawn.toml").write_text(tomli_w.dumps(drawn))
    simulate_world(folder, {}, source=drawn, seed=3)
    base = ("calibrate", "observed.csv", "--scenario", "drawn.toml", "--free", path)
    assert main([*base, "--starts", "1"]) == 2
    assert "--objective moments" in capsys.readouterr().err
    moments = (*base, "--objective", "moments", "--starts", "1")
    assert main([*moments, "--profile"]) == 2
    assert "beside --objective moments, got --profile" in capsys.readouterr().err
    assert main([*moments, "--out", "out"]) == 0
    output = capsys.readouterr().out
    assert "free-run, simulated moments: 80 rows, 64 paths" in output
    assert "J test that the model has these moments" in output
    answer = json.loads((folder / "out" / "fit.json").read_text())
    entry = answer["estimates"][path]
    fitted = tomllib.loads((folder / "out" / "fitted.toml").read_text())
    assert fitted["drivers"]["yield_rate_outside"]["volatility"] == entry["value"]
    assert entry["lower_95"] < 0.05 < entry["upper_95"]
