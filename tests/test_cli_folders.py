"""Folders that commands write: no earlier answer is left beside a new one; answers for machines."""

import json

import pytest
import typer
from typer.main import get_command

from camjax.cli import main
from camjax.cli.app import app
from camjax.cli.leftovers import ANSWERS, check_leftovers
from camjax.runs.plain import as_document

SHORT = ("--set", "steps=2", "--paths", "2")


def commands(command: typer.models.TyperInfo, name: str = "") -> dict[str, object]:
    """Every command and subcommand by its name."""
    below = getattr(command, "commands", None)
    if below is None:
        return {name: command}
    return {
        k: v for part, each in below.items() for k, v in commands(each, f"{name} {part}").items()
    }


@pytest.mark.parametrize("name", commands(get_command(app)))
def test_every_command_answers_machines(name: str) -> None:
    command = commands(get_command(app))[name]
    assert any("--json" in option.opts for option in command.params), name


def test_answers_hold_no_number_that_json_does_not_know() -> None:
    assert as_document({"a": [float("nan"), float("inf"), 1.5]}) == '{"a": [null, null, 1.5]}'


def test_an_export_answers_machines(tmp_path, capsys) -> None:
    assert main(["run", "fei", *SHORT, "--out", str(tmp_path)]) == 0
    capsys.readouterr()
    table = tmp_path / "table.csv"
    assert main(["export", str(tmp_path), str(table), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"files": [str(table)]}


@pytest.mark.parametrize(
    ("arguments", "leaves"),
    [
        (["run", "fei", *SHORT], "design.csv"),
        (["run", "fei", *SHORT], "report.html"),
        (["run", "fei", "--set", "steps=2"], "metrics.csv"),
        (["sweep", "savings-rate", *SHORT], "sensitivity.json"),
        (["sensitivity", "fei", *SHORT], "results.nc"),
        (["sensitivity", "fei", *SHORT], "second.csv"),
        (["weights", "missing.csv"], "report.html"),
    ],
)
def test_an_earlier_answer_is_not_left_beside_a_new_one(
    arguments, leaves, tmp_path, capsys
) -> None:
    if arguments[0] == "weights":
        table = tmp_path / "observed.csv"
        table.write_text("time,savings,idle\n0,1,2\n1,2,1\n")
        arguments = ["weights", str(table)]
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / leaves).write_text("earlier")
    (folder / "notes.txt").write_text("a user's own")
    seen = {path.name for path in folder.iterdir()}
    assert main([*arguments, "--out", str(folder)]) == 2
    refusal = capsys.readouterr().err
    assert leaves in refusal and "Choose another folder, or remove" in refusal
    assert "--report" not in refusal or arguments[0] != "weights", "which has none"
    assert {path.name for path in folder.iterdir()} == seen
    assert (folder / leaves).read_text() == "earlier"


FIT = ["calibrate", "observed.csv", "--scenario", "fei", "--free", "weights.elasticity"]
FORECAST = ["forecast", "observed.csv", "--horizon", "2", "--method", "window_mean"]
SOBOL = ["sensitivity", "fei", "--method", "sobol", "--parameters", "deposits.savings.rate=0:0.1"]
METHODS = (
    "scenario_drift.toml",
    "drivers_drift.csv",
    "forecast_drift.svg",
    "past_forecasts_drift.png",
)
BESIDE = [
    (FIT, "fit.json", ("drivers.toml", "profiles.svg"), ("fitted.toml", "correlations.png")),
    ([*FIT, "--profile", "--fit-drivers"], "fit.json", (), ("drivers.toml", "profiles.svg")),
    ([*FIT, "--objective", "mae"], "fit.json", ("correlations.png",), ("fit.svg", "starts.png")),
    ([*FIT, "--objective", "moments"], "fit.json", ("results.nc", "fit.svg"), ("fitted.toml",)),
    (FORECAST, "forecasts.csv", METHODS, ("scenario_window_mean.toml", "errors.svg")),
    ([*FORECAST, "--no-evaluate"], "forecasts.csv", ("errors.svg", "metrics.csv"), ()),
    (FORECAST, "forecasts.csv", ("past_forecasts_camjax_ex_post.svg",), ()),
    ([*FORECAST, "--method", "drift"], "forecasts.csv", (), METHODS),
    (["weights", "observed.csv"], "metrics.csv", ("errors.svg",), ("weights.png",)),
    (SOBOL, "sensitivity.json", ("over-time.svg",), ("tornado.png",)),
]
"""A command, an answer that it writes, what of an earlier one it would leave, and what not."""


@pytest.mark.parametrize(("arguments", "answer", "left", "anew"), BESIDE)
def test_files_of_an_earlier_answer_are_not_left_beside_a_new_one(
    arguments, answer, left, anew, folder, capsys
) -> None:
    (folder / "observed.csv").write_text("time,savings,idle\n0,1,2\n1,2,1\n")
    out = folder / "out"
    out.mkdir()
    for name in {*left, *anew} - {*ANSWERS}:
        (out / name).write_text("a user's own, where there is no answer")
    check_leftovers(out, [])
    for name in (answer, *left, *anew):
        (out / name).write_text("earlier")
    status, said = main([*arguments, "--out", str(out)]), capsys.readouterr().err
    if left:
        told = said.partition("got ")[2].partition(". Choose another folder")[0]
        assert (status, {*told.split(", ")}) == (2, {*left})
        assert all((out / name).read_text() == "earlier" for name in (answer, *left, *anew))
    else:
        assert "Choose another folder" not in said


def test_the_same_command_writes_its_folder_anew(tmp_path, capsys) -> None:
    arguments = ["sweep", "fei", "--set", "deposits.savings.rate=0.01,0.02", *SHORT]
    for _ in range(2):
        assert main([*arguments, "--out", str(tmp_path), "--report"]) == 0
    (tmp_path / "scenario.toml").write_text("a user's own")
    assert main([*arguments, "--out", str(tmp_path)]) == 2
    assert "or --report, which writes it anew" in capsys.readouterr().err
    assert "scenario.toml" not in ANSWERS and "weights.csv" not in ANSWERS
