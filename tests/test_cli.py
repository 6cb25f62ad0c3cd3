"""The command: what it answers, what it writes, and how it refuses."""

import io
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import camjax
from camjax import progress
from camjax.cli import main
from camjax.cli.progress import progress as shown_progress
from camjax.results import load_results, statistics
from camjax.runs import kept, paths, requests

STEPS = 6
FEW_STEPS = ("--set", f"steps={STEPS}")
SHORT = (*FEW_STEPS, "--paths", "5")
"""A run of which most tests compile the same program."""

COMMAND = Path(sys.executable).with_name("camjax")

Answer = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("folder")


def test_run_says_where_the_capital_went(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert main(["run", *SHORT]) == 0
    output = capsys.readouterr().out
    for expected in ("5 paths", "5 %", "95 %", "money_market", "largest transfers", "Compiled in"):
        assert expected in output
    assert list(folder.iterdir()) == [], "without --out nothing is written"


def test_a_run_is_what_python_makes_of_the_same_seed(answer: Answer) -> None:
    result = answer("run", *SHORT, "--seed", "3", "--out", "out")
    dataset = load_results("out/results.nc")
    scenario = camjax.load_scenario("fei", {"steps": STEPS})
    for path in (0, 4):
        key = jax.random.fold_in(jax.random.key(3), path)
        trajectory = camjax.simulate(scenario.model, scenario.sample_drivers(key), key)
        for name, values in trajectory.variables.items():
            np.testing.assert_allclose(dataset[name][path], values, rtol=1e-12, err_msg=name)
    final = dataset.balance[:, -1]
    assert [deposit["name"] for deposit in result["deposits"]] == dataset.deposit.values.tolist()
    for deposit, balance in zip(result["deposits"], final.values.T, strict=True):
        assert deposit["balance"]["mean"] == pytest.approx(balance.mean(), rel=1e-12)
        assert deposit["balance"]["q95"] == pytest.approx(np.quantile(balance, 0.95), rel=1e-12)
    shares = [deposit["share"]["mean"] for deposit in result["deposits"]]
    assert sum(shares) == pytest.approx(1, abs=1e-12)


def test_the_largest_transfers_come_first(answer: Answer) -> None:
    transfers = answer("run", *SHORT, "--out", "out")["transfers"]
    mean = load_results("out/results.nc").transfer.mean(("path", "step"))
    amounts = [transfer["mean_per_step"] for transfer in transfers]
    assert amounts == sorted(amounts, reverse=True)
    assert amounts[0] == pytest.approx(float(mean.max()), rel=1e-12)
    first = mean.sel(source=transfers[0]["source"], destination=transfers[0]["destination"])
    assert float(first) == pytest.approx(amounts[0], rel=1e-12)


def test_a_path_is_the_same_among_any_number_of_paths(answer: Answer) -> None:
    few, many = 3, 2 * paths.BLOCK_PATHS + 1
    for number in (few, many):
        answer("run", *FEW_STEPS, "--paths", str(number), "--out", str(number))
    alone = load_results(f"{few}/results.nc")
    among_others = load_results(f"{many}/results.nc").isel(path=slice(few))
    for name, variable in alone.data_vars.items():
        np.testing.assert_array_equal(among_others[name], variable, err_msg=name)


def test_final_and_statistics_are_made_of_the_trajectories(answer: Answer) -> None:
    for keep in ("trajectories", "final", "statistics"):
        answer("run", *SHORT, "--keep", keep, "--out", keep)
    trajectories, final, reduced = (
        load_results(f"{keep}/results.nc") for keep in ("trajectories", "final", "statistics")
    )
    assert trajectories.sizes["step"] == STEPS
    assert final.step.values.tolist() == [STEPS]
    for name, variable in trajectories.isel(step=[-1]).data_vars.items():
        np.testing.assert_allclose(final[name], variable, rtol=1e-12, err_msg=name)
    for name, variable in statistics(trajectories).data_vars.items():
        np.testing.assert_allclose(reduced[name], variable, rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.slow
def test_trajectories_that_do_not_fit_become_statistics(
    answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "TRAJECTORIES_FIT_BYTES", 1000)
    answer("run", *SHORT, "--out", "out")
    assert "statistic" in load_results("out/results.nc").dims


def test_a_scenario_without_randomness_runs_once(answer: Answer) -> None:
    constant = {
        "drivers.volatile_asset_price": '{process = "constant", value = 2000.0}',
        "drivers.utilization": '{process = "constant", value = 0.7}',
    }
    changes = [item for key, value in constant.items() for item in ("--set", f"{key}={value}")]
    assert answer("run", *SHORT[:2], *changes)["num_paths"] == 1


def test_precision_on_the_command_line_wins(answer: Answer) -> None:
    assert answer("run", *SHORT, "--precision", "float32", "--out", "out")["precision"] == "float32"
    dataset = load_results("out/results.nc")
    assert dataset.balance.dtype == np.float32
    assert dataset.attrs["precision"] == "float32"


def test_overrides_reach_the_scenario_that_results_name(answer: Answer) -> None:
    answer("run", *SHORT, "--set", "deposits.savings.rate=0.03", "--out", "out")
    Path("again.toml").write_text(load_results("out/results.nc").attrs["scenario"])
    again = camjax.load_scenario("again.toml")
    assert again.steps == STEPS
    assert float(again.model.deposits[2].rate) == 0.03


def test_what_settlement_could_not_move_is_reported(
    answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = ("run", "fei-reference", *FEW_STEPS, "--paths", "1", "--out", "out")
    counted = answer(*reference)["remainder_steps"]["mean"]
    remainder = load_results("out/results.nc").remainder
    assert counted == int((abs(remainder) > 1e-3).any("deposit").sum()) > 0
    assert main([*reference]) == 0
    assert f"Steps with a remainder: {counted:.1f} of {STEPS}." in capsys.readouterr().out


def test_flagged_paths_are_named_with_the_step(
    answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    crash = ("--set", "drivers.volatile_asset_price.drift=-700")
    (flag,) = answer("run", *SHORT, *crash)["flags"]
    assert (flag["flag"], flag["num_paths"], flag["step"]) == ("price_held_at_floor", 5, 3)
    assert main(["run", *SHORT, *crash]) == 0
    assert "on 5 of 5 paths; first path" in capsys.readouterr().out


def test_trajectories_larger_than_the_memory_are_refused(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    many = ("--paths", str(10**9), "--keep", "trajectories")
    assert main(["run", *FEW_STEPS, *many, "--out", "out"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("camjax: --paths 1,000,000,000 with --keep trajectories: expected what")
    assert list(folder.iterdir()) == []


BAD = {
    "unknown option": ["run", "--pahts", "3"],
    "unknown command": ["rnu"],
    "option without value": ["run", "--seed"],
    "no paths": ["run", "--paths", "0"],
    "paths in words": ["run", "--paths", "many"],
    "negative seed": ["run", "--seed", "-1"],
    "unknown keep": ["run", "--keep", "everything", "--out", "out"],
    "unknown precision": ["run", "--precision", "float16"],
    "unknown scenario": ["run", "feu"],
    "unknown key": ["run", "--set", "stepz=3", "--out", "out"],
    "override without value": ["run", "--set", "steps"],
    "wrong type": ["run", "--set", "steps=true", "--out", "out"],
    "two scenarios": ["run", "fei", "fei-reference"],
    "folder under a file": ["run", *SHORT, "--out", "taken/out"],
    "scenarios without a command": ["scenarios"],
    "shown scenario unknown": ["scenarios", "show", "feu"],
    "validated scenario wrong": ["scenarios", "validate", "--set", "steps=0"],
}


@pytest.mark.parametrize("arguments", BAD.values(), ids=BAD)
def test_bad_input_is_refused_in_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    (folder / "taken").touch()
    assert main(arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("camjax: ")
    assert output.err.count("\n") == 1
    assert [path.name for path in folder.iterdir()] == ["taken"]


def test_an_interrupt_ends_with_the_usual_status(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(kept, "run_paths", interrupted)
    assert main(["run", "--out", "out"]) == 130
    assert capsys.readouterr().out == ""
    assert list(folder.iterdir()) == []


def test_an_interrupted_process_ends_without_waiting_for_what_still_compiles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    left: list[int] = []
    monkeypatch.setattr(kept, "run_paths", interrupted)
    monkeypatch.setattr(sys, "argv", ["camjax", "run"])
    monkeypatch.setattr(os, "_exit", left.append)
    main()
    assert left == [130]


def test_scenarios_are_listed_shown_and_validated(
    answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [entry["name"] for entry in answer("scenarios", "list")]
    assert {"fei", "fei-reference", "fei-no-savings", "savings-3pct-then-off"} <= set(names)
    assert main(["scenarios", "list"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in names)

    assert main(["scenarios", "show", "savings-3pct", *SHORT[:2]]) == 0
    shown = capsys.readouterr().out
    Path("shown.toml").write_text(shown)
    assert main(["scenarios", "show", "shown.toml"]) == 0
    assert capsys.readouterr().out == shown
    assert answer("scenarios", "show", "savings-3pct")["name"] == "savings-3pct"

    assert answer("scenarios", "validate", "shown.toml") == {"name": "savings-3pct", "valid": True}
    assert main(["scenarios", "validate"]) == 0
    assert capsys.readouterr().out == "fei is valid.\n"


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"camjax {camjax.__version__}\n"
    assert main([]) == 0
    alone = capsys.readouterr().out
    assert main(["--help"]) == 0
    assert capsys.readouterr().out == alone
    assert "scenarios" in alone


class Terminal(io.StringIO):
    """A standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


def show_progress(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a run of a moment writes to a standard error."""
    monkeypatch.setattr(sys, "stderr", stream)
    with shown_progress() as report:
        report("compiling", 0.5)
        time.sleep(0.2)
    return stream.getvalue()


def test_a_run_that_takes_long_shows_progress_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert show_progress(Terminal(), monkeypatch) == "", "a short run shows nothing"
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.0)
    assert show_progress(io.StringIO(), monkeypatch) == "", "a file gets no bar"
    assert "compiling" in show_progress(Terminal(), monkeypatch)


def test_the_installed_command_refuses_without_a_traceback() -> None:
    finished = subprocess.run([COMMAND, "run", "nope"], capture_output=True, text=True)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert finished.stderr.startswith("camjax: ")
    assert finished.stderr.count("\n") == 1


def test_the_installed_command_runs() -> None:
    command = [COMMAND, "run", *SHORT, "--out", "out", "--json"]
    environment = {**os.environ, "JAX_COMPILATION_CACHE_DIR": jax.config.jax_compilation_cache_dir}
    finished = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert json.loads(finished.stdout)["results"] == os.path.join("out", "results.nc")
    assert finished.stderr == ""
    assert load_results("out/results.nc").sizes["path"] == 5


def test_help_answers_at_once() -> None:
    def processor_seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([COMMAND, "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(processor_seconds() for _ in range(3)) < 0.3


def test_help_loads_no_library_but_typer() -> None:
    code = (
        "from camjax.cli import main; main(['--help']); import sys; "
        "print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    loaded = set(finished.stderr.split())
    assert "typer" in loaded
    assert not loaded & {"jax", "numpy", "xarray", "pydantic", "rich", "optax", "chex", "h5py"}
