"""What is too large to be built, run or read is refused at once, in one sentence."""

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import xarray

from calibration.forecast.drift import Drift
from calibration.forecast.size import check_forecasts_fit
from camjax import memory
from camjax.cli import main
from camjax.cli.analyse_options import read_options
from camjax.errors import CamjaxError
from camjax.numerals import read_number
from camjax.scenario import load_scenario, parse_overrides

Refuse = Callable[..., str]

DIGITS = "9" * 5000
RATE = "deposits.savings.rate"
CONDITION = ("--find", "min", "--such-that", "E(share[savings]) >= 0.5")


@pytest.fixture
def refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Refuse:
    """Runs a command that must refuse, quickly and in little memory, and gives its sentence."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> str:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.process_time()
        assert main(arguments) == 2
        assert time.process_time() - started < 5
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown * (1 if sys.platform == "darwin" else 1024) < 500e6
        output = capsys.readouterr()
        assert output.out == ""
        first, *pointer = output.err.splitlines()
        assert len(pointer) in (0, 2)
        return first

    return run


LARGE = {
    "run": ("run", "fei", "--set", "steps=1000000000"),
    "run kept": ("run", "fei", "--set", "steps=1000000000", "--out", "out", "--keep", "final"),
    "run streamed": ("run", "fei", "--set", "steps=1000000000", "--variable", "balance"),
    "ask": ("ask", "fei", "share[savings]", "--set", "steps=1000000000"),
    "sweep": ("sweep", "fei", "--set", f"{RATE}=0.01,0.02", "--set", "steps=1000000000"),
    "solve, steps": ("solve", "fei", "--vary", RATE, *CONDITION, "--set", "steps=1000000000"),
    "solve, paths": ("solve", "fei", "--vary", RATE, *CONDITION, "--paths", str(10**9)),
    "sensitivity": ("sensitivity", "fei", "--paths", str(10**9)),
}


@pytest.mark.parametrize("case", LARGE)
def test_more_than_the_memory_holds_is_refused_before_it_is_built(
    case: str, refused: Refuse
) -> None:
    said = refused(*LARGE[case])
    assert "expected what fits in" in said and "of memory, got" in said


DRIVEN = """
[[deposits]]
name = "outside"
type = "external"
user_balance = 6e6

[[deposits]]
name = "savings"
type = "savings"
user_balance = 4e6
rate = 0.02

[drivers.yield_rate_outside]
process = "ornstein_uhlenbeck"
mean = 0.04
reversion_rate = 0.1
volatility = 0.01
"""
BACKTEST = ("backtest", "observed.csv", "--scenario", "driven.toml")
CALIBRATE = ("calibrate", *BACKTEST[1:], "--free")
DURATION, VOLATILITY = "rebalancing.duration_days", "drivers.yield_rate_outside.volatility"
FORECAST = ("forecast", "observed.csv", "--no-evaluate", "--horizon")
OBSERVED = {
    "starts": (*CALIBRATE, DURATION, "--starts", str(10**11)),
    "starts of moments": (*CALIBRATE, VOLATILITY, "--objective", "moments", "--starts", "9" * 11),
    "resamples": (*CALIBRATE, DURATION, "--starts", "1", "--bootstrap", str(10**11)),
    "paths": (*BACKTEST, "--paths", str(10**9)),
    "more paths than are counted": (*BACKTEST, "--paths", str(10**12)),
    "rows": (*BACKTEST, "--set", "dt_days=1e-10", "--missing", "carry:3"),
    "rows ahead": (*FORECAST, str(10**11), "--method", "window_mean"),
    "rows ahead, with samples": (*FORECAST, str(10**8), "--method", "drift"),
    "rows ahead of the model": (
        *(*FORECAST, str(10**8), "--method", "camjax", "--scenario", "driven.toml"),
    ),
}


def write_observed() -> None:
    """A scenario that is random inside, and balances that it may have had."""
    Path("driven.toml").write_text(f"steps = 3\n{DRIVEN}", "utf-8")
    rows = [f"{day},{6 + 0.1 * (day % 3)}e6,4e6" for day in range(20)]
    Path("observed.csv").write_text("\n".join(["time,outside,savings", *rows]), "utf-8")


@pytest.mark.parametrize("case", OBSERVED)
def test_what_is_held_against_observations_is_refused_before_it_is_built(
    case: str, refused: Refuse
) -> None:
    write_observed()
    said = refused(*OBSERVED[case])
    assert "expected what fits in" in said and "of memory, got" in said


def test_windows_longer_than_what_was_observed_are_refused(refused: Refuse) -> None:
    write_observed()
    said = refused(*CALIBRATE, DURATION, "--windows", str(10**9))
    assert "windows: expected 1 to 19 steps" in said


def test_origins_count_as_well_as_rows_ahead() -> None:
    check_forecasts_fit([Drift()], 10, 10, 3)
    with pytest.raises(CamjaxError, match=r"from 1,000,000 origins: .* fewer origins: --step"):
        check_forecasts_fit([Drift()], 10**6, 10**4, 3)


NUMBERS = {
    "steps of 22 digits": ("run", "fei", "--set", f"steps={'9' * 22}"),
    "steps of 5,000 digits": ("run", "fei", "--set", f"steps={DIGITS}"),
    "hexadecimal steps": ("run", "fei", "--set", f"steps=0x{DIGITS}"),
    "a rate of 5,000 digits": ("run", "fei", "--set", f"{RATE}={DIGITS}"),
    "more steps than are counted": ("run", "fei", "--set", f"steps={2**31}"),
    "a window that is not counted": ("run", "fei", "--set", f"weights.yield_window={10**12}"),
    "paths of 13 digits": ("solve", "fei", "--vary", RATE, *CONDITION, "--paths", str(10**12)),
    "paths of 22 digits": ("run", "fei", "--paths", "9" * 22),
    "paths of 5,000 digits": ("run", "fei", "--paths", DIGITS),
    "paths of a sweep": ("sweep", "fei", "--set", "steps=3,4", "--paths", str(10**12)),
    "samples of a sweep": (
        "sweep",
        "fei",
        "--mode",
        "sample",
        "--samples",
        str(10**9),
        "--set",
        f"{RATE}=0.01,0.02",
    ),
    "a question's number": ("ask", "fei", f"E(share[savings]) * {DIGITS}"),
    "a question's step": ("ask", "fei", f"share[savings] at step {DIGITS}"),
    "an infinite threshold": ("ask", "fei", "share[savings] > 1e400"),
    "a threshold that is none": ("run", "fei", "--event", "share[savings] > nan"),
    "an infinite event": ("run", "fei", "--event", "share[savings] < 1e400"),
    "digits of another script": ("run", "fei", "--event", "share[savings] > ٣"),
    "a precision that is none": ("run", "fei", "--until-ci", "nan", "--of", "share[savings]"),
    "a range that is none": ("solve", "fei", "--vary", f"{RATE}=nan:0.1", *CONDITION),
    "an infinite range": ("solve", "fei", "--vary", f"{RATE}=0:1e400", *CONDITION),
    "brackets": ("ask", "fei", "(" * 141 + "share[savings]" + ")" * 141),
    "terms": ("ask", "fei", " + ".join(["E(share[savings])"] * 332)),
    "a long word": ("ask", "fei", "a" * 5000),
    "a long path": ("run", "fei", "--set", f"{'a.' * 2000}a=1"),
    "a long key": ("run", "fei", "--set", f"{'a' * 5000}=1"),
    "a deep value": ("run", "fei", "--set", f"steps={'[' * 2000}{']' * 2000}"),
    "a deep table": ("run", "fei", "--set", f"sweep={'{a=' * 40}1{'}' * 40}"),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_and_texts_beyond_all_use_are_refused(case: str, refused: Refuse) -> None:
    said = refused(*NUMBERS[case])
    assert "expected" in said or "Invalid value" in said
    assert len(said) < 1000


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e400"])
@pytest.mark.parametrize("option", ["--rate", "--level", "--probability"])
def test_an_option_that_is_no_finite_number_is_refused(
    option: str, number: str, refused: Refuse
) -> None:
    said = refused("analyse", "results.nc", f"{option}={number}")
    assert said.startswith(f"camjax: {option}: expected ")


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e400"])
def test_a_revenue_that_is_no_finite_number_is_refused(text: str) -> None:
    with pytest.raises(CamjaxError, match="--revenue: expected a finite number"):
        read_options(xarray.Dataset(), revenue=text)


DEEP = {
    "lists": f"steps = 3\nname = {'[' * 2000}{']' * 2000}\n",
    "tables": f"steps = 3\nsweep = {'{a = ' * 2000}1{'}' * 2000}\n",
    "a table's name": f"steps = 3\n[{'a.' * 2000}a]\nb = 1\n",
    "forty lists": f"steps = 3\nname = {'[' * 40}{']' * 40}\n",
    "digits": f"steps = {DIGITS}\n",
    "22 digits": f"steps = {'9' * 22}\n",
}


@pytest.mark.parametrize("case", DEEP)
def test_a_file_nested_or_written_beyond_all_use_is_refused(case: str, refused: Refuse) -> None:
    Path("scenario.toml").write_text(DEEP[case], "utf-8")
    assert refused("run", "scenario.toml").startswith("camjax: scenario.toml: ")


def test_a_deep_mapping_is_refused_from_python() -> None:
    deep: dict[str, object] = {}
    for _ in range(5000):
        deep = {"a": deep}
    for source in (deep, {"name": [deep]}):
        with pytest.raises(CamjaxError, match="at most 32 tables and lists inside each other"):
            load_scenario(source)
    with pytest.raises(CamjaxError, match="at most 32 tables"):
        parse_overrides([f"sweep={'[' * 40}{']' * 40}"])


@pytest.mark.parametrize(
    "text", ["", "nan", "inf", "1e400", "2_003", "٣", "0x10", "1,5", "1 2", "--1"]
)
def test_only_finite_decimal_numbers_are_read(text: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        read_number(text)


def test_a_size_below_the_memory_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "machine_bytes", lambda: 2**30)
    memory.check_fits(2**30, "paths", "Run fewer.")
    with pytest.raises(
        CamjaxError, match="paths: expected what fits in 1.0 GiB of memory, got 1.5 GiB. Run fewer."
    ):
        memory.check_fits(1.5 * 2**30, "paths", "Run fewer.")
