"""The command `camjax forecast`: answers, files, refusals, and both real series."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from forecast_worlds import autoregressive, fei_histories, switching_scenario
from shared import SHARED

import camjax
from calibration.forecast import FORECASTERS, History
from calibration.forecast.tables import HEADER
from camjax.cli import main
from camjax.results import load_results

Answer = Callable[..., Any]

METRICS = ["mode", "model", "deposit", "horizon", "metric", "value"]

FEI = """
schema = 1
name = "fei-2022"
start_date = 2022-01-30
steps = 80
dt_days = 2.0

[[deposits]]
name = "liquidity_pool"
type = "liquidity_pool"
user_balance = 272.6e6
protocol_tvl_usd = 50e6

[[deposits]]
name = "other"
type = "external"
user_balance = 15.4e6

[weights]
convenience_yield = { liquidity_pool = 0.05 }

[rebalancing]
law = "exponential"
"""


@pytest.fixture
def observed(folder: Path) -> History:
    """Three deposits over 40 days, in observed.csv."""
    history = autoregressive(40, seed=4)
    write(folder / "observed.csv", history)
    return history


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str]) -> Answer:
    """Runs a command that must succeed and gives its JSON answer."""

    def run(*arguments: object) -> Any:
        status = main(["forecast", *map(str, arguments), "--json"])
        output = capsys.readouterr()
        assert (status, output.err) == (0, "")
        return json.loads(output.out)

    return run


def write(path: Path, history: History, columns: dict[str, np.ndarray] | None = None) -> None:
    """A wide table of balances by day."""
    named = columns or dict(zip(history.names, history.balances.T, strict=True))
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time", *named])
        writer.writerows(zip(history.times_days.tolist(), *named.values(), strict=True))


def read(path: str) -> tuple[list[str], list[dict[str, str]]]:
    with Path(path).open(newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        return list(reader.fieldnames or ()), rows


def test_forecasts_and_scores_are_those_of_the_library(answer: Answer, observed: History) -> None:
    found = answer("observed.csv", "--horizon", 3, "--method", "window_mean", "--out", "out")
    assert (found["rows"], found["horizon"], found["origins"]) == (40, 3, 18)
    mean = observed.weights[-7:].mean(axis=0)
    now = [row for row in found["forecasts"] if row["model"] == "window_mean"]
    np.testing.assert_allclose([row["weight"] for row in now], [*mean, *mean, *mean], rtol=1e-12)

    header, metrics = read("out/metrics.csv")
    assert header == METRICS
    value = {
        tuple(row[name] for name in METRICS[:-1]): float(row["value"] or "nan") for row in metrics
    }
    weights = observed.weights
    errors = [weights[o - 6 : o + 1].mean(axis=0) - weights[o + 2] for o in range(19, 37)]
    expected = np.abs(errors)
    assert value["ex-ante", "window_mean", "pooled", "2", "mae"] == pytest.approx(
        expected.mean(), rel=1e-12
    )
    assert value["ex-ante", "window_mean", "part_1", "2", "mae"] == pytest.approx(
        expected[:, 1].mean(), rel=1e-12
    )
    assert ("ex-ante", "persistence", "pooled", "2", "mae") in value, "always beside it"


def test_files_hold_every_origin_and_scenarios_that_run(answer: Answer, observed: History) -> None:
    answer("observed.csv", "--horizon", 2, "--method", "drift", "--step", 6, "--out", "out")
    header, rows = read("out/forecasts.csv")
    assert header == list(HEADER)
    origins = list(dict.fromkeys(row["origin_time"] for row in rows))
    assert origins == ["19", "25", "31", "37", "39"]
    assert all((row["observed"] == "") == (row["origin_time"] == "39") for row in rows)
    dataset = load_results("out/results.nc")
    assert dataset.weight.dims == ("model", "origin", "horizon", "deposit")
    last = [
        float(row["weight"])
        for row in rows
        if (row["model"], row["origin_time"]) == ("drift", "39")
    ]
    np.testing.assert_array_equal(dataset.weight.sel(model="drift")[-1].values.ravel(), last)
    assert main(["run", "out/scenario_drift.toml", "--out", "run"]) == 0
    run = load_results("run/results.nc").balance[0]
    np.testing.assert_allclose((run / run.sum("deposit")).values.ravel(), last, rtol=0, atol=1e-12)
    assert {"errors.png", "forecast_drift.svg", "past_forecasts_drift.png"} <= set(names("out"))


def names(folder: str) -> list[str]:
    return [path.name for path in Path(folder).iterdir()]


def test_a_method_that_fails_leaves_no_earlier_files(answer: Answer, folder: Path) -> None:
    write(folder / "observed.csv", autoregressive(24, seed=4))
    methods = ("--method", "window_mean", "--method", "var", "--no-evaluate", "--out", "out")
    assert not answer("observed.csv", "--horizon", 1, *methods)["failures"]
    before = set(names("out"))
    write(folder / "observed.csv", autoregressive(12, seed=4))
    (failure,) = answer("observed.csv", "--horizon", 1, *methods)["failures"]
    assert failure["method"] == "var"
    left = {name for name in before if "var" in name}
    assert left and set(names("out")) == before - left


def test_nothing_is_scored_or_written_unless_asked(
    answer: Answer, observed: History, folder: Path
) -> None:
    before = sorted(folder.iterdir())
    found = answer("observed.csv", "--horizon", 2, "--no-evaluate")
    assert (found["metrics"], found["origins"], found["files"]) == ([], 0, [])
    assert sorted(folder.iterdir()) == before


def test_the_model_of_a_scenario_forecasts_from_observed_drivers(
    answer: Answer, folder: Path
) -> None:
    scenario = switching_scenario(40)
    (history,) = fei_histories(scenario, seed=2, num_paths=1, noise=0.0)
    write(folder / "observed.csv", history.recent(25))
    write(folder / "drivers.csv", history, dict(history.drivers))
    (folder / "mine.toml").write_text(scenario.toml)
    options = ("--scenario", "mine.toml", "--drivers", "drivers.csv", "--horizon", 4)
    found = answer("observed.csv", *options, "--method", "camjax", "--ex-post", "--step", 5)
    value = {
        (row["mode"], row["model"], row["horizon"]): row["value"]
        for row in found["metrics"]
        if (row["deposit"], row["metric"]) == ("pooled", "mae")
    }
    assert value["ex-post", "camjax", 4] < 1e-12, "all that mattered was given"
    assert value["ex-ante", "camjax", 4] < value["ex-ante", "persistence", 4]


def test_people_get_a_table(capsys: pytest.CaptureFixture[str], observed: History) -> None:
    assert main(["forecast", "observed.csv", "--horizon", "9", "--method", "drift"]) == 0
    output = capsys.readouterr().out
    for expected in (
        "observed.csv: 40 rows",
        "+9",
        "skill",
        "DM p",
        "in 95 %",
        "12 earlier origins",
    ):
        assert expected in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--method", "drifd"), 'Did you mean "drift"?'),
        (("--initial", "39"), "more than 40 rows"),
        (("--missing", "interpolate"), "looks at nothing later"),
        (("--drivers", "observed.csv"), "--scenario"),
        (("--scenario", "fei"), "deposits"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    arguments: tuple[str, ...],
    message: str,
    capsys: pytest.CaptureFixture[str],
    observed: History,
    folder: Path,
) -> None:
    before = sorted(folder.iterdir())
    options = ["--horizon", "2", "--method", "drift", "--out", "out"]
    assert main(["forecast", "observed.csv", *options, *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert sorted(folder.iterdir()) == before, "no output"


REAL = {
    "fei": ("fei-2022.csv", ("--drivers", SHARED / "data" / "fei-2022-market.csv")),
    "dai": ("dai-compound-aave-2021.csv", ()),
}


@pytest.mark.slow
@pytest.mark.parametrize("series", REAL)
def test_every_method_runs_on_the_real_series(series: str, answer: Answer, folder: Path) -> None:
    """What they make of it is for the guide to tell; that it is no better is no failure."""
    for library in ("statsmodels", "sklearn"):
        pytest.importorskip(library)
    name, options = REAL[series]
    if not (SHARED / "data" / name).exists():
        pytest.skip("the real series are not here")
    if series == "fei":
        (folder / "fei.toml").write_text(FEI)
        options = ("--scenario", "fei.toml", *options)
    methods = [part for method in FORECASTERS for part in ("--method", method)]
    plan = ("--horizon", 7, "--step", 7, "--refit-every", 4)
    found = answer(SHARED / "data" / name, *plan, *methods, *options, "--ex-post", "--out", "out")
    value = {
        (row["mode"], row["model"]): row["value"]
        for row in found["metrics"]
        if (row["deposit"], row["metric"], row["horizon"]) == ("pooled", "mae", 7)
    }
    assert set(value) == {*(("ex-ante", method) for method in FORECASTERS), ("ex-post", "camjax")}
    assert all(0 < error < 0.5 for error in value.values())
    for method in FORECASTERS:
        loaded = camjax.load_scenario(f"out/scenario_{method}.toml")
        assert loaded.steps == 7
