"""The commands sweep, analyse, describe and export."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from camjax import load_results
from camjax.cli import main
from camjax.cli.analyses import ANALYSES

SHORT = ("--set", "steps=40", "--paths", "6")


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Standard output of a command that succeeds."""
    assert main([str(argument) for argument in arguments]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line on standard error of a command that is refused."""
    assert main([str(argument) for argument in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    return captured.err


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The savings-rate study, short."""
    folder = tmp_path_factory.mktemp("study") / "out"
    assert main(["sweep", "savings-rate", *SHORT, "--out", str(folder)]) == 0
    return folder


def test_a_sweep_says_where_capital_ended_up_in_each_setting(
    capsys: pytest.CaptureFixture[str], study: Path
) -> None:
    text = run(capsys, "sweep", "savings-rate", *SHORT)
    assert text.startswith("savings-rate: 4 settings, 40 steps over 40 days, 6 paths each, seed 0")
    table = [line.split() for line in text.split("\n\n")[1].splitlines()]
    assert table[0][-4:] == ["liquidity_pool", "money_market", "savings", "idle"]
    assert [row[:2] for row in table[1:]] == [
        [name, "-"] for name in load_results(study).setting.values
    ]
    assert "Compiled 1 program in " in text


def test_a_sweep_writes_results_and_its_design(study: Path) -> None:
    assert sorted(path.name for path in study.iterdir()) == ["design.csv", "results.nc"]
    with (study / "design.csv").open() as file:
        design = list(csv.DictReader(file))
    assert [row["setting"] for row in design] == load_results(study).setting.values.tolist()
    assert design[2]["deposits.savings.rate"] == "[[0.0, 0.03], [182.5, 0.0]]"


def test_a_sweep_answers_machines(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--set", "deposits.savings.rate=0.01,0.03", *SHORT, "--json")
    answer = json.loads(run(capsys, "sweep", "fei", *options))
    assert [one["values"] for one in answer["settings"]] == [
        {"deposits.savings.rate": 0.01}, {"deposits.savings.rate": 0.03},
    ]  # fmt: skip
    for one in answer["settings"]:
        assert sum(share["mean"] for share in one["final_share"]) == pytest.approx(1)
        assert all(share["low"] <= share["mean"] <= share["high"] for share in one["final_share"])
    assert answer["num_paths"] == 6 and answer["num_programs"] == 1


def test_statistics_of_a_sweep_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    answers = [
        json.loads(run(capsys, "sweep", "savings-rate", *SHORT, "--json", *keep))["settings"]
        for keep in ((), ("--keep", "statistics"))
    ]
    for one, other in zip(*answers, strict=True):
        for exact, kept in zip(one["final_share"], other["final_share"], strict=True):
            for end in ("mean", "low", "high"):
                assert kept[end] == pytest.approx(exact[end], abs=1e-9)


def test_sampled_settings_lie_between_their_bounds(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--mode", "sample", "--samples", 5, "--set", "deposits.savings.rate=0.01,0.05")
    answer = json.loads(run(capsys, "sweep", "fei", *options, *SHORT, "--json"))
    rates = [one["values"]["deposits.savings.rate"] for one in answer["settings"]]
    assert len(set(rates)) == 5 and 0.01 <= min(rates) <= max(rates) <= 0.05


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fei"], "sweep: expected several settings, got none"),
        (["fei", "--set", "deposits.savings.rate=0.1,!"], "--set deposits.savings.rate"),
        (["fei", "--set", "steps=5,0"], "steps: expected a whole number ≥ 1, got 0"),
        (["fei", "--set", "steps=5,6", "--mode", "sample"], "samples: expected"),
        (["nothing"], "expected a TOML file or one of"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], message: str
) -> None:
    assert message in refused(capsys, "sweep", *arguments, "--out", tmp_path / "out")
    assert not list(tmp_path.iterdir())


OPTIONS: dict[str, tuple[object, ...]] = {
    "probability": ("--event", "share[savings] > 0.4"),
    "probability-over-time": ("--event", "share[savings] > 0.4"),
    "time-to-event": ("--event", "share[savings] > 0.4"),
    "correlation": ("--first", "money_market", "--second", "savings", "--window", 10),
    "profit": ("--revenue", 40000, "--rate", 0.1),
    "deficit": ("--revenue", "protocol", "--rate", 0.15),
}


@pytest.mark.parametrize("name", ANALYSES)
def test_every_analysis_is_on_the_command_line(
    capsys: pytest.CaptureFixture[str], study: Path, name: str, tmp_path: Path
) -> None:
    options = ("analyse", study, "--what", name, *OPTIONS.get(name, ()))
    assert run(capsys, *options).startswith(name)
    records = json.loads(run(capsys, *options, "--json"))[name]
    assert {record["setting"] for record in records} <= {*load_results(study).setting.values}
    assert "Wrote" in run(capsys, *options, "--out", tmp_path)
    with (tmp_path / f"{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(records)
    for row, record in zip(rows[-3:], records[-3:], strict=True):
        numbers = {key: value for key, value in record.items() if isinstance(value, float)}
        assert all(float(row[key]) == pytest.approx(value) for key, value in numbers.items())


def test_an_interval_is_as_wide_as_asked(capsys: pytest.CaptureFixture[str], study: Path) -> None:
    widths = []
    for level in (0.5, 0.99):
        options = ("--what", "final-split", "--level", level, "--json")
        records = json.loads(run(capsys, "analyse", study, *options))["final-split"]
        widths.append(records[1]["high"] - records[1]["low"])
    assert widths[0] < widths[1]


def test_a_revenue_is_read_from_a_file(
    capsys: pytest.CaptureFixture[str], study: Path, tmp_path: Path
) -> None:
    file = tmp_path / "revenue.csv"
    file.write_text("step,revenue\n" + "".join(f"{step},{1000 * step}\n" for step in range(1, 41)))
    options = ("analyse", study, "--what", "profit", "--rate", 0, "--revenue", file, "--json")
    last = json.loads(run(capsys, *options))["profit"][-1]
    assert last["mean"] == pytest.approx(1000 * 40 * 41 / 2)
    file.write_text("step,revenue\n1,many\n")
    assert "revenue, step 1: expected a number, got 'many'" in refused(capsys, *options)
    file.write_text("step,income\n1,2\n")
    assert "expected a column revenue, got step, income" in refused(capsys, *options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--what", "means"], "--what: expected one of weights, balances"),
        (["--what", "probability"], "--event: expected a value, for probability, got none"),
        (["--what", "weights", "--rate", 0.1], "--rate: expected no --rate with weights"),
        (["--what", "compare", "--first", "savings-off"], "--second: expected a setting"),
        (
            ["--what", "profit", "--revenue", "income.csv"],
            "a finite number, protocol, or a CSV file",
        ),
        (["--level", 1.5], r"--level: expected a number in (0, 1), got 1.5"),
        (["--what", "snapshot", "--step", 41], "step: expected a step from 1 to 40, got 41"),
    ],
)
def test_an_analysis_that_cannot_be_is_refused(
    capsys: pytest.CaptureFixture[str], study: Path, options: list[object], message: str
) -> None:
    assert message in refused(capsys, "analyse", study, *options)


def test_analyses_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, "analyse", "--list").splitlines()
    assert [line.split()[0] for line in lines] == list(ANALYSES)
    assert all(len(line.split()) > 3 for line in lines)


def test_a_file_is_described(capsys: pytest.CaptureFixture[str], study: Path) -> None:
    text = run(capsys, "describe", study / "results.nc")
    assert "setting 4, path 6, step 40, deposit 4" in text
    assert "deposit: liquidity_pool, money_market, savings, idle" in text
    answer = json.loads(run(capsys, "describe", study, "--json"))
    assert answer["scenario"] == "savings-rate" and answer["seed"] == 0
    assert answer["variables"]["balance"]["units"] == "FEI"
    assert answer["settings"][3]["deposits.savings.rate"] == "0.0"


def test_results_that_are_not_there_are_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "text.nc").write_text("no netCDF")
    for command in ("describe", "analyse"):
        assert "got no such file" in refused(capsys, command, tmp_path / "none.nc")
        assert "expected results of a run, got no netCDF" in refused(
            capsys, command, tmp_path / "text.nc"
        )


def test_results_are_exported_as_a_table(
    capsys: pytest.CaptureFixture[str], study: Path, tmp_path: Path
) -> None:
    file = tmp_path / "results.csv"
    assert run(capsys, "export", study, file) == f"Wrote {file}.\n"
    with file.open() as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 4 * 6 * 40
    assert np.isclose(
        float(rows[-1]["savings_balance"]), load_results(study).balance[-1, -1, -1, 2]
    )
    assert ".csv or .parquet" in refused(capsys, "export", study, tmp_path / "results.txt")
