"""The commands `camjax weights` and `camjax backtest`: answers, files, refusals, real series."""

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from shared import REPOSITORY, SHARED
from worlds_observed import SMALL, World, simulate_world, write_csv

import camjax
from calibration.observed_file import read_observed
from calibration.score_table import Score
from camjax.cli import main
from camjax.cli.backtest_summary import verdict
from camjax.cli.observed import read_document
from camjax.cli.without import without
from camjax.results import load_results

Answer = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("folder")

COLUMNS = ["mode", "model", "deposit", "horizon", "metric", "value"]
MODELS = ["camjax", "persistence", "window_mean", "ilr_drift", "equal_weights"]


@pytest.fixture
def world(folder: Path) -> World:
    """Two deposits, watched; and small.toml, the scenario with its random rate."""
    (folder / "small.toml").write_text(tomli_w.dumps({**SMALL, "steps": 3}))
    return simulate_world(folder, {}, source=SMALL)


def metrics(path: str) -> dict[tuple[str, ...], float]:
    """metrics.csv: what a value belongs to -> the value."""
    with Path(path).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == COLUMNS
    return {tuple(row[c] for c in COLUMNS[:-1]): float(row["value"] or "nan") for row in rows}


TRUE = ("--scenario", "small.toml", "--drivers", "drivers.csv")
"""The true parameters; the scenario's three steps are not what counts."""


def test_true_parameters_leave_no_error(world: World, answer: Answer) -> None:
    result = answer("backtest", "observed.csv", *TRUE, "--out", "out")
    found = metrics("out/metrics.csv")
    pooled = {key[1]: value for key, value in found.items() if key[2:] == ("pooled", "1", "mae")}
    assert list(pooled) == MODELS
    assert pooled["camjax"] < 1e-9 < pooled["persistence"]
    assert (result["rows"], result["scored_rows"], result["num_paths"]) == (25, 24, 1)
    same = {tuple(str(row[c]) for c in COLUMNS[:-1]): row["value"] for row in result["metrics"]}
    for key, value in found.items():
        assert same[key] == (None if np.isnan(value) else value), "full precision"

    dataset = load_results("out/results.nc")
    weights = world.balances / world.balances.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(dataset.observed_weight, weights[1:], rtol=1e-12)
    np.testing.assert_allclose(dataset.simulated_weight[0], weights[1:], rtol=1e-9)
    persistence = dataset.predicted_weight.sel(model="persistence")
    np.testing.assert_allclose(persistence[1:], weights[1:-1], rtol=1e-15)
    assert dataset.attrs["mode"] == "one-step"
    again = camjax.load_scenario(dataset.attrs["scenario"])
    assert again.steps == 24
    assert again.sample_drivers().deposits[0]["yield_rate"].tolist() == list(
        world.columns["yield_rate_outside"]
    )
    with open("out/weights.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 24
    assert float(rows[-1]["camjax"]) == pytest.approx(weights[-1, 1], rel=1e-9)


def test_a_run_of_few_paths_has_bands_of_no_level_it_cannot_tell(
    world: World, answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("backtest", "observed.csv", *TRUE[:2], "--paths", "12")
    answer(*arguments, "--out", "out")
    with open("out/weights.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["lower_95"] for row in rows} == {row["upper_95"] for row in rows} == {""}
    assert all(float(row["lower_80"]) <= float(row["upper_80"]) for row in rows)
    assert np.isnan(metrics("out/metrics.csv")["one-step", "camjax", "pooled", "1", "coverage_95"])
    assert main(arguments) == 0
    assert "at least 39 (of 95%) paths: 12 have none" in capsys.readouterr().out


def test_a_run_of_many_paths_has_bands(world: World, answer: Answer) -> None:
    arguments = ("backtest", "observed.csv", *TRUE[:2], "--mode", "free-run", "--paths", "40")
    result = answer(*arguments, "--seed", "4", "--out", "out")
    assert result["num_paths"] == 40
    found = metrics("out/metrics.csv")
    assert 0 <= found["free-run", "camjax", "pooled", "all", "coverage_95"] <= 1
    with open("out/weights.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    lower, mean, upper = (
        np.array([float(row[name]) for row in rows]) for name in ("lower_95", "camjax", "upper_95")
    )
    assert (lower <= mean + 1e-12).all() and (mean <= upper + 1e-12).all()
    assert (upper - lower)[-1] > 1e-3
    assert load_results("out/results.nc").sizes["path"] == 40


def test_drivers_are_read_by_time(world: World, answer: Answer, folder: Path) -> None:
    rates = world.columns["yield_rate_outside"]
    days = [f"2022-01-{2 + day:02d}" for day in range(26)]
    table = {"gas_price": [7.0] * 26, "time": days[::-1]}
    table |= dict.fromkeys(["target_outside", "dirichlet_outside"], [0.5] * 26)  # of other rules
    write_csv(folder / "by_date.csv", {**table, "yield_rate_outside": [*rates[::-1], 0.9]})
    names = world.scenario.model.names
    balances = dict(zip(names, world.balances.T, strict=True))
    write_csv(
        folder / "dated.csv", {"time": [f"2022-01-{3 + d:02d}" for d in range(25)], **balances}
    )
    result = answer("backtest", "dated.csv", "--scenario", "small.toml", "--drivers", "by_date.csv")
    unread = ["gas_price", "dirichlet_outside", "target_outside"]
    assert result["unused_columns"] == unread
    assert (result["first"], result["last"]) == ("2022-01-03", "2022-01-27")
    errors = {row["metric"]: row["value"] for row in result["metrics"] if row["model"] == "camjax"}
    assert errors["mae"] < 1e-9
    write_csv(folder / "by_step.csv", {"step": range(25), "yield_rate_outside": rates})
    by_step = answer("backtest", "dated.csv", *TRUE[:2], "--drivers", "by_step.csv")
    assert by_step["metrics"] == result["metrics"]


def test_observed_yields_stand_for_a_rate_the_scenario_lacks(folder: Path, answer: Answer) -> None:
    world = simulate_world(folder, {}, source=SMALL, yields=("outside", "savings"))
    document = {key: value for key, value in SMALL.items() if key != "drivers"}
    document["deposits"] = [dict(SMALL["deposits"][0]), {**SMALL["deposits"][1], "rate": 0.5}]
    (folder / "bare.toml").write_text(tomli_w.dumps(document))
    result = answer("backtest", "observed.csv", "--scenario", "bare.toml")
    assert {row["metric"]: row["value"] for row in result["metrics"][:3]}["mae"] < 1e-9
    assert world.balances.shape == (25, 2)


def test_what_if_and_backtest_differ_by_an_option(
    folder: Path, answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    third = {"name": "idle", "type": "idle", "user_balance": 5e6}
    true = {**SMALL, "deposits": [*SMALL["deposits"], third]}
    simulate_world(
        folder, {"deposits.savings.allocated": False}, source=true, deposits=("outside", "idle")
    )
    (folder / "three.toml").write_text(
        tomli_w.dumps({**true, "weights": {"factor": {"savings": 2.0, "outside": 1.0}}})
    )
    arguments = ("backtest", "observed.csv", "--scenario", "three.toml", *TRUE[2:])
    off = answer(*arguments, "--without", "savings")
    assert off["not_observed"] == {} and off["deposits"] == ["outside", "idle"]
    assert off["metrics"][0]["value"] < 1e-9
    on = answer(*arguments)
    assert on["deposits"] == ["outside", "idle"] and 0 < on["not_observed"]["savings"] < 1
    assert main([*arguments]) == 0
    assert "savings is not observed" in capsys.readouterr().out


def test_a_deposit_left_out_is_left_out_everywhere() -> None:
    deposits = [{"name": name, "type": "idle", "user_balance": 1.0} for name in "abcd"]
    document, _ = read_document(
        tomli_w.dumps(
            {
                "steps": 1,
                "deposits": deposits,
                "weights": {
                    "rule": "pairwise",
                    "factor": {"a": 2.0, "b": 3.0},
                    "exposure": {"c": 0.0},
                    "conductance": [["a", "c", 0.5], ["b", "c", 0.5]],
                },
                "rebalancing": {"pairs": [["a", "c"], ["b", "c"], ["c", "d"], ["a", "d"]]},
            }
        ),
        None,
    )
    changes = without(document, ["a"])
    assert changes["deposits.a.allocated"] is False
    assert changes["weights.factor"] == {"b": 3.0}
    assert changes["weights.exposure"] == {"c": 0.0}
    assert changes["weights.conductance"] == [("b", "c", 0.5)]
    assert changes["rebalancing.pairs"] == [("b", "c"), ("c", "d")]
    assert "weights.concentration" not in changes and without(document, []) == {}


def test_filled_rows_are_not_scored(
    world: World, answer: Answer, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    lines = (folder / "observed.csv").read_text().splitlines()
    (folder / "gaps.csv").write_text("\n".join([*lines[:9], *lines[11:]]))
    assert main(["backtest", "gaps.csv", *TRUE]) == 2
    assert "nor on 1 later days" in capsys.readouterr().err
    result = answer("backtest", "gaps.csv", *TRUE, "--missing", "interpolate")
    assert (result["rows"], result["scored_rows"]) == (25, 22)
    assert answer("backtest", "gaps.csv", *TRUE, "--missing", "carry:2")["scored_rows"] == 22


def test_the_answer_claims_no_more_than_the_test_can(
    world: World, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    before = set(folder.iterdir())
    assert main(["backtest", "observed.csv", *TRUE]) == 0
    text = capsys.readouterr().out
    assert "camjax is better than persistence (skill +100.0% by MAE, Diebold-Mariano p" in text
    assert "24 rows, one every day, to 24" in text
    assert main(["backtest", "observed.csv", *TRUE, "--mode", "free-run"]) == 0
    assert "one run, so no test of chance." in capsys.readouterr().out
    slow = ("--set", "rebalancing.duration_days=1e7")
    assert main(["backtest", "observed.csv", *TRUE, *slow]) == 0
    assert "camjax and persistence differ by next to nothing" in capsys.readouterr().out
    assert set(folder.iterdir()) == before, "without --out nothing is written"


@pytest.mark.parametrize(
    ("skill", "p_value", "expected"),
    [
        (0.3, 0.001, "is better than persistence"),
        (-0.3, 0.001, "is worse than persistence"),
        (0.3, 0.2, "cannot be told from persistence"),
        (0.3, float("nan"), "no test of chance"),
        (float("nan"), float("nan"), "skill undefined"),
    ],
)
def test_a_verdict_needs_skill_and_a_test(skill: float, p_value: float, expected: str) -> None:
    values = {"skill_mae": skill, "dm_mae_p_single": p_value}
    scores = [
        Score("one-step", "camjax", "pooled", 1, name, value) for name, value in values.items()
    ]
    assert expected in verdict(scores)


def test_weights_are_described_and_can_be_read_again(
    world: World, answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    result = answer("weights", "observed.csv", "--scenario", "small.toml", "--out", "out")
    weights = world.balances / world.balances.sum(axis=1, keepdims=True)
    found = metrics("out/metrics.csv")
    for column, name in enumerate(("outside", "savings")):
        key = ("observed", "observed", name, "0", "mean")
        assert found[key] == pytest.approx(weights[:, column].mean(), rel=1e-12)
    assert result["rows"] == 25 and result["filled_in"] == 0 and result["not_observed"] == []
    dataset = load_results("out/results.nc")
    np.testing.assert_allclose(dataset.observed_weight, weights, rtol=1e-12)
    again = {series.deposit: series.balances for series in read_observed("out/weights.csv").series}
    np.testing.assert_array_equal(again["savings"], dataset.observed_weight.sel(deposit="savings"))
    assert main(["weights", "observed.csv"]) == 0
    assert "Herfindahl-Hirschman" in capsys.readouterr().out


def test_figures_are_drawn_where_matplotlib_is(world: World, answer: Answer) -> None:
    pytest.importorskip("matplotlib")
    for command in (("weights", "observed.csv"), ("backtest", "observed.csv", *TRUE)):
        first = answer(*command, "--out", f"one_{command[0]}")["files"]
        assert {Path(file).name for file in first} >= {"weights.svg", "weights.png", "results.nc"}
        second = answer(*command, "--out", f"two_{command[0]}")["files"]
        for ours, theirs in zip(first, second, strict=True):
            content = Path(ours).read_bytes()
            assert content.startswith(
                {".svg": b"<?xml", ".png": b"\x89PNG"}.get(Path(ours).suffix, b"")
            )
            if not ours.endswith(".nc"):
                assert content == Path(theirs).read_bytes(), "the same run, the same file"


BACKTEST = ["backtest", "observed.csv", "--out", "out"]
BAD = {
    "no scenario": BACKTEST,
    "no such table": ["backtest", "absent.csv", "--scenario", "small.toml"],
    "unknown scenario": [*BACKTEST, "--scenario", "feu"],
    "deposits of another scenario": [*BACKTEST, "--scenario", "fei"],
    "unknown deposit left out": [*BACKTEST, *TRUE, "--without", "saving"],
    "too few deposits left": [*BACKTEST, *TRUE, "--without", "savings"],
    "no such drivers": [*BACKTEST, *TRUE[:2], "--drivers", "absent.csv"],
    "no drivers in the file": [*BACKTEST, *TRUE[:2], "--drivers", "observed.csv"],
    "drivers too short": [*BACKTEST, *TRUE[:2], "--drivers", "short.csv"],
    "a driver that is no number": [*BACKTEST, *TRUE[:2], "--drivers", "words.csv"],
    "unknown mode": [*BACKTEST, *TRUE, "--mode", "two-step"],
    "unknown policy": [*BACKTEST, *TRUE, "--missing", "guess"],
    "no paths": [*BACKTEST, *TRUE, "--paths", "0"],
    "folder under a file": ["backtest", "observed.csv", *TRUE, "--out", "observed.csv/out"],
    "weights of no table": ["weights", "absent.csv", "--out", "out"],
    "weights in a folder under a file": ["weights", "observed.csv", "--out", "observed.csv/out"],
    "a residual without a supply": ["weights", "observed.csv", "--residual", "idle"],
}


@pytest.mark.parametrize("arguments", BAD.values(), ids=BAD)
def test_bad_input_is_refused_in_one_line(
    arguments: list[str], world: World, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    write_csv(folder / "short.csv", {"step": range(10), "yield_rate_outside": [0.1] * 10})
    write_csv(folder / "words.csv", {"step": [0], "yield_rate_outside": ["high"]})
    before = set(folder.iterdir())
    assert main(arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("camjax: ")
    assert output.err.count("\n") == 1
    assert set(folder.iterdir()) == before


DATA = SHARED / "data"


@pytest.mark.parametrize(
    ("factor", "said"),
    [(100.0, "Divide it by 100, or add --as-is"), (-1.0, "yields of 0 and above")],
)
def test_yields_of_drivers_are_asked_what_those_of_the_table_are(
    factor: float, said: str, world: World, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    rates = factor * np.abs(world.columns["yield_rate_outside"])
    write_csv(folder / "drivers.csv", {"step": range(25), "yield_rate_outside": rates})
    for command in (["backtest"], ["forecast", "--horizon", "2"]):
        assert main([*command, "observed.csv", *TRUE]) == 2
        refused = capsys.readouterr().err
        assert "drivers.csv, column yield_rate_outside: expected" in refused and said in refused
    assert main(["backtest", "observed.csv", *TRUE, "--as-is"]) == 0


REAL = {
    "fei-2022": (80, "fei-2022.csv", ("--drivers", DATA / "fei-2022-market.csv")),
    "dai-2021": (515, "dai-compound-aave-2021.csv", ()),
}
"""Scenario in calibration/README.md -> rows scored, table, further arguments."""


def example(name: str) -> str:
    """A scenario as calibration/README.md has it."""
    readme = (REPOSITORY / "calibration" / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    return next(block for block in blocks if f'name = "{name}"' in block)


@pytest.mark.skipif(not DATA.exists(), reason="the real series are not here")
@pytest.mark.parametrize("name", REAL)
def test_real_series_go_through_every_command(name: str, folder: Path, answer: Answer) -> None:
    rows, table, arguments = REAL[name]
    (folder / "scenario.toml").write_text(example(name))
    scenario = ("--scenario", "scenario.toml")
    assert answer("weights", DATA / table, *scenario)["rows"] == rows + 1
    run = ("backtest", DATA / table, *scenario, *arguments)
    for mode, out in (("one-step", ("--out", "out")), ("free-run", ())):
        result = answer(*run, "--mode", mode, *out)
        assert result["scored_rows"] == rows and result["flags"] == []
        found = {tuple(row[c] for c in COLUMNS[1:5]): row["value"] for row in result["metrics"]}
        horizon = 1 if mode == "one-step" else "all"
        for model in MODELS:
            assert 0 < found[model, "pooled", horizon, "mae"] < 1
        assert np.isfinite(found["camjax", "pooled", horizon, "skill_mae"])
    assert len(metrics("out/metrics.csv")) == len(answer(*run)["metrics"])
