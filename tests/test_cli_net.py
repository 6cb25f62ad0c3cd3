"""However a command fails, its user reads one line and a status says whose fault it is."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from camjax.cli import main
from camjax.cli.app import app
from camjax.cli.signals import stop_if_asked, stoppable
from camjax.cli.streams import mend_streams

ROOT = Path(__file__).parents[1]

LOADS_A_SCENARIO = "camjax.scenario.load_scenario"
READS_RESULTS = "camjax.results.load_results"
READS_A_TABLE = "camjax.cli.observed.ObservedOptions.read"
AGAINST = ("--scenario", "fei-no-savings")
SOLVE = ("fei", "--vary", "deposits.savings.rate", "--maximise", "E(share[savings])")

BROKEN = {
    "run": (("fei",), LOADS_A_SCENARIO),
    "sweep": (("fei",), "camjax.scenario.load_sweep"),
    "report": (("x",), "camjax.cli.report_source.read_report"),
    "analyse": (("x",), READS_RESULTS),
    "describe": (("x",), READS_RESULTS),
    "export": (("x", "x.csv"), READS_RESULTS),
    "merge": (("x",), "camjax.results.store_places.is_store"),
    "weights": (("x.csv", *AGAINST), READS_A_TABLE),
    "observe": (("x.csv",), "calibration.sources.observed.read_observed"),
    "backtest": (("x.csv", *AGAINST), READS_A_TABLE),
    "forecast": (("x.csv", "--horizon", "1"), READS_A_TABLE),
    "calibrate": (("x.csv", *AGAINST, "--free", "weights.factor"), READS_A_TABLE),
    "ask": (("fei", "E(share[savings])"), LOADS_A_SCENARIO),
    "solve": (SOLVE, LOADS_A_SCENARIO),
    "sensitivity": (("fei",), LOADS_A_SCENARIO),
}
"""By command: arguments, and what of it fails."""


def fail(error: Exception) -> object:
    def raise_it(*arguments: object, **named: object) -> None:
        raise error

    return raise_it


def test_every_command_is_broken_once() -> None:
    assert {command.callback.__name__ for command in app.registered_commands} == set(BROKEN)


@pytest.mark.parametrize("command", BROKEN)
def test_an_error_nobody_foresaw_is_one_line_that_asks_to_be_reported(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, broken = BROKEN[command]
    monkeypatch.setattr(broken, fail(ZeroDivisionError("by\nnothing")))
    assert main([command, *arguments]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("camjax: ZeroDivisionError")
    assert "by nothing. This is a fault of camjax" in said.err
    assert "report it with this line and the command" in said.err
    assert str(ROOT) not in said.err
    assert said.err.count("\n") == 1


def test_debug_shows_where_an_error_arose(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(LOADS_A_SCENARIO, fail(ZeroDivisionError()))
    assert main(["--debug", "run"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Traceback")
    assert "camjax: ZeroDivisionError in camjax/cli/load.py, line" in said


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("RESOURCE_EXHAUSTED: Out of memory")], ids=["ours", "XLA"]
)
def test_memory_that_runs_out_is_told_as_such(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(LOADS_A_SCENARIO, fail(error))
    assert main(["run"]) == 2
    assert capsys.readouterr().err.startswith("camjax: memory: expected room for what was asked")


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a shell says of a command line in which `camjax` stands for the command."""
    python = f"'{sys.executable}' -c 'from camjax.cli import main; raise SystemExit(main())'"
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command.replace('camjax', python)}"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )


FULL = "camjax: standard output: expected a place that can be written, got no space left on device."


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
def test_an_answer_that_cannot_be_written_is_refused() -> None:
    ended = shell("camjax scenarios list > /dev/full")
    assert (ended.returncode, ended.stderr) == (2, f"{FULL}\n")


def test_a_reader_that_leaves_is_no_fault() -> None:
    ended = shell("camjax scenarios list | true")
    assert ended.returncode in (0, 141)
    assert ended.stderr == ""


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "2>/dev/full"])
def test_refusals_without_standard_error_go_nowhere_else(closed: str) -> None:
    ended = shell(f"camjax scenarios show none {closed}")
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", "")


def test_a_platform_that_is_not_there_is_named_with_its_variable() -> None:
    ended = shell("camjax run --paths 1 --set steps=1", JAX_PLATFORMS="nonsense")
    assert ended.returncode == 2
    assert ended.stderr.startswith("camjax: JAX_PLATFORMS: expected platforms that this machine")
    assert ended.stderr.count("\n") == 1


def test_an_answer_is_told_in_any_encoding() -> None:
    ended = shell("camjax run --set step=1 ''", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_streams_that_are_open_stay_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    mend_streams()
    assert (sys.stdout, sys.stderr) == before


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
def test_a_signal_stops_a_command(
    number: int, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LOADS_A_SCENARIO, lambda *given: os.kill(os.getpid(), number))
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    assert main(["run"]) == status
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_signal_that_is_lost_in_a_callback_stops_the_command_a_little_later() -> None:
    with stoppable():
        stop_if_asked()
        with contextlib.suppress(KeyboardInterrupt):  # as Python does in callbacks
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            stop_if_asked()
    with stoppable():
        stop_if_asked()
