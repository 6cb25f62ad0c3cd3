"""Folders that commands write: no earlier answer is left beside a new one; answers for machines."""

import json

import pytest
import typer
from typer.main import get_command

from camjax.cli import main
from camjax.cli.app import app
from camjax.cli.outputs import ANSWERS
from camjax.cli.plain import as_document

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
    assert {path.name for path in folder.iterdir()} == seen
    assert (folder / leaves).read_text() == "earlier"


def test_the_same_command_writes_its_folder_anew(tmp_path, capsys) -> None:
    arguments = ["sweep", "fei", "--set", "deposits.savings.rate=0.01,0.02", *SHORT]
    for _ in range(2):
        assert main([*arguments, "--out", str(tmp_path), "--report"]) == 0
    (tmp_path / "scenario.toml").write_text("a user's own")
    assert main([*arguments, "--out", str(tmp_path)]) == 2
    assert "or --report, which writes it anew" in capsys.readouterr().err
    assert "scenario.toml" not in ANSWERS and "weights.csv" not in ANSWERS
