"""Forecasts of small, still, uneven and short tables: each has its answer, or its one sentence."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import camjax
from calibration.forecast import Drift, History, Persistence, RollingOrigin, rolling_origin, study
from calibration.forecast.history import HistoryTooShort
from calibration.forecast.spacing import common_step, require_even
from calibration.observations import observe
from calibration.observed_file import read_observed
from camjax.cli import main
from camjax.errors import CamjaxError
from camjax.results import load_results

Run = Callable[..., tuple[int, str, str]]

TWO = """
schema = 1
name = "two"
start_date = 2024-01-01
steps = 39

[[deposits]]
name = "a"
type = "external"
user_balance = 60.0
rate = 0.03

[[deposits]]
name = "b"
type = "external"
user_balance = 40.0
rate = 0.05
"""
BUSINESS = [day for day in range(60) if day % 7 < 5]
MONTHS = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28, 31, 30, 31, 30])


def walk(count: int, deposits: int = 2) -> np.ndarray:
    steps = np.random.default_rng(5).normal(0, 0.02, (count, deposits))
    return 1e6 * np.exp(steps.cumsum(axis=0))


def write(path: Path, balances: np.ndarray, times: object = None) -> str:
    rows = range(len(balances)) if times is None else times
    names = "abc"[: balances.shape[1]]
    lines = [
        f"{time},{','.join(map(repr, row))}"
        for time, row in zip(rows, balances.tolist(), strict=True)
    ]
    path.write_text("\n".join([f"time,{','.join(names)}", *lines, ""]))
    return str(path)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def forecast(*arguments: object) -> tuple[int, str, str]:
        status = main(["forecast", *map(str, arguments)])
        return status, *capsys.readouterr()

    return forecast


def test_camjax_forecasts_a_scenario_without_any_series(run: Run) -> None:
    Path("two.toml").write_text(TWO)
    days = [f"2024-{1 + i // 31:02}-{1 + i % 31:02}" for i in range(40)]
    balances = np.column_stack([60 - 0.3 * np.arange(40), 40 + 0.5 * np.arange(40)])
    table = write(Path("two.csv"), balances, days)
    options = ("--horizon", 2, "--method", "drift", "--method", "camjax", "--scenario", "two.toml")
    status, out, _ = run(table, *options, "--json")
    found = json.loads(out)
    assert status == 0
    assert {row["model"] for row in found["forecasts"]} == {"persistence", "drift", "camjax"}
    assert found["failures"] == []


def test_a_method_that_fails_loses_nothing_of_the_others(run: Run) -> None:
    table = write(Path("o.csv"), walk(30, 3))
    options = ("--horizon", 2, "--method", "drift", "--method", "machine_learning")
    status, out, _ = run(table, *options, "--out", "out")
    assert status == 0
    reason = "machine_learning: not scored, since history: expected at least 23 rows"
    assert reason in out and "Start later: --initial 23." in out
    assert any(line.split()[:2] == ["machine_learning", "failed"] for line in out.splitlines())
    dataset = load_results("out/results.nc")
    assert reason in dataset.attrs["failures"]
    assert np.isnan(dataset.weight.sel(model="machine_learning")[:-1]).all()
    assert np.isfinite(dataset.weight.sel(model="machine_learning")[-1]).all()
    assert np.isfinite(dataset.weight.sel(model="drift")).all()
    rows = Path("out/forecasts.csv").read_text().splitlines()
    assert sum(",machine_learning," in row for row in rows) == 2 * 3

    status, out, _ = run(table, *options, "--initial", 23, "--json")
    assert (status, json.loads(out)["failures"]) == (0, []), "the remedy helps"


def test_a_forecast_that_only_lacks_errors_has_no_interval(run: Run) -> None:
    table = write(Path("o.csv"), walk(40, 3))
    status, out, _ = run(
        table, "--horizon", 3, "--initial", 28, "--method", "machine_learning", "--json"
    )
    found = json.loads(out)
    assert (status, found["failures"]) == (0, [])
    last = [row for row in found["forecasts"] if row["model"] == "machine_learning"]
    assert [row["lower_95"] for row in last] == [None] * 9
    assert all(row["lower_80"] is not None for row in last)


def test_where_no_method_asked_for_works_the_reasons_are_the_refusal(run: Run) -> None:
    table = write(Path("o.csv"), walk(12, 3))
    status, out, err = run(table, "--horizon", 1, "--method", "boosted_trees")
    assert (status, out) == (2, "")
    assert "boosted_trees: no forecast, since history: expected at least 22 rows" in err


@pytest.mark.parametrize("method", ["drift", "var", "exponential_smoothing", "machine_learning"])
def test_one_deposit_alone_has_nothing_to_forecast(run: Run, method: str) -> None:
    status, _, err = run(write(Path("o.csv"), walk(40, 1)), "--horizon", 3, "--method", method)
    assert status == 2
    assert "expected two or more deposits under allocation, got a" in err


@pytest.mark.parametrize("balances", [np.tile([1.0, 2.0, 3.0], (40, 1)), walk(40, 1) * [1, 2, 3]])
@pytest.mark.parametrize("method", ["var", "drift", "exponential_smoothing"])
def test_still_shares_are_forecast_to_stay(run: Run, balances: np.ndarray, method: str) -> None:
    table = write(Path("o.csv"), balances)
    status, out, _ = run(table, "--horizon", 3, "--method", method, "--step", 8, "--json")
    found = json.loads(out)
    assert (status, found["failures"]) == (0, [])
    last = [row["weight"] for row in found["forecasts"] if row["model"] == method]
    np.testing.assert_allclose(last, np.tile([1 / 6, 1 / 3, 1 / 2], 3), rtol=1e-9)


def test_two_deposits_that_keep_their_ratio_do_so_in_a_vector_autoregression(run: Run) -> None:
    moving = walk(60, 2)
    table = write(Path("o.csv"), np.column_stack([moving, 2 * moving[:, 1]]))
    status, out, _ = run(table, "--horizon", 3, "--method", "var", "--step", 8, "--json")
    assert status == 0
    rows = [row for row in json.loads(out)["forecasts"] if row["model"] == "var"]
    weights = np.reshape([row["weight"] for row in rows], (3, 3))
    np.testing.assert_allclose(weights[:, 2], 2 * weights[:, 1], rtol=1e-6)
    assert np.ptp(weights[:, 0]) > 0


def test_uneven_rows_are_refused_when_read_and_the_remedy_helps(run: Run) -> None:
    table = write(Path("o.csv"), walk(len(BUSINESS)), BUSINESS)
    for options in ((), ("--out", "out")):
        status, _, err = run(table, "--horizon", 1, *options)
        assert status == 2
        assert "expected evenly spaced rows, got gaps of 1 to 3 days. --missing carry:2" in err
    assert not Path("out").exists()
    status, out, _ = run(table, "--horizon", 1, "--missing", "carry:2", "--out", "out", "--json")
    assert status == 0
    assert json.loads(out)["rows"] == BUSINESS[-1] + 1
    assert run(table, "--horizon", 1, "--missing", "interpolate", "--no-evaluate")[0] == 0


def test_a_missing_day_is_seen(run: Run) -> None:
    days = [day for day in range(30) if day != 12]
    status, _, err = run(write(Path("o.csv"), walk(29), days), "--horizon", 1)
    assert status == 2
    assert "--missing carry:1" in err


def test_months_are_forecast_as_if_even_and_that_is_said(run: Run) -> None:
    table = write(Path("o.csv"), walk(len(MONTHS)), MONTHS)
    options = ("--horizon", 1, "--method", "drift", "--method", "camjax", "--ex-post", "--step", 4)
    status, out, _ = run(table, *options, "--out", "out")
    assert status == 0
    assert "Rows are 28 to 31 days apart, and forecast as if 31." in out
    assert "failed" not in out
    assert camjax.load_scenario("out/scenario_camjax.toml").dt_days == 31


def test_rows_of_more_than_a_month_can_be_written(run: Run) -> None:
    table = write(Path("o.csv"), walk(40), range(0, 1240, 31))
    assert run(table, "--horizon", 1, "--method", "camjax", "--step", 9, "--out", "out")[0] == 0
    written = camjax.load_scenario("out/scenario_camjax.toml")
    assert (written.dt_days, written.steps) == (31, 1)


def test_python_is_refused_in_the_same_words(tmp_path: Path) -> None:
    path = write(tmp_path / "o.csv", walk(len(BUSINESS)), BUSINESS)
    with pytest.raises(CamjaxError, match="expected evenly spaced rows"):
        History.of(observe(read_observed(path)))
    plan = RollingOrigin(horizon=1, initial=10, window=2)
    with pytest.raises(HistoryTooShort, match="--window 3"):
        rolling_origin(History.of_weights(walk(20)), Drift(), plan)


def test_the_failure_of_all_methods_is_an_error() -> None:
    with pytest.raises(CamjaxError, match="at least 3 rows"):
        study(History.of_weights(walk(2)), [Drift()], 1)
    made = study(History.of_weights(walk(2)), [Persistence(), Drift()], 1)
    assert [failure.method for failure in made.failures] == ["drift"]


def test_common_steps() -> None:
    assert common_step(np.array(BUSINESS, float)) == 1
    assert common_step(MONTHS.astype(float)) is None
    require_even(np.array([0.0, 1.0, 2.0]))
    require_even(np.array([4.0]))
