"""The report of a fit: the numbers of fit.json, drawn and told."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import pytest
import tomli_w
import xarray
from report_worlds import Outline
from worlds_observed import SMALL, simulate_world

from camjax.cli import main
from camjax.report import Report, build_report, page
from camjax.report.content import Estimate, Lines, Spreads, Table
from camjax.report.paper import paper_figure
from camjax.report.units import DIGITS, POINTS
from camjax.results import load_results

FREE = "rebalancing.duration_days,weights.yield_half_life_days"
WORLD = ("--scenario", "small.toml", "--drivers", "drivers.csv", "--mode", "free-run")
HOW = ("--free", FREE, "--starts", "3", "--hold-out", "0.25", "--objective", "weights")


class Made(NamedTuple):
    report: Report
    results: xarray.Dataset
    answer: dict[str, Any]
    text: str


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """A fit to weights of another yield memory, so that it is off by something."""
    folder = tmp_path_factory.mktemp("fit")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        truth = SMALL | {"weights": {"yield_window": 4}}
        simulate_world(folder, {}, source=truth)
        source = SMALL | {"weights": {"yield_half_life_days": 3.0}}
        Path("small.toml").write_text(tomli_w.dumps(source))
        assert main(["calibrate", "observed.csv", *WORLD, *HOW, "--out", "out", "--report"]) == 0
        answer = json.loads(Path("out/fit.json").read_text())
        text = Path("out/report.html").read_text("utf-8")
        yield Made(build_report(load_results("out")), load_results("out"), answer, text)
    jax.config.update("jax_enable_x64", True)


def tables(report: Report) -> dict[str, Table]:
    items = (item for section in report.sections for item in section.items)
    return {item.title: item for item in items if isinstance(item, Table)}


def test_estimates_scores_and_starts_are_those_of_the_fit(made: Made) -> None:
    assert dict(made.report.facts)["Data"] == "observed.csv"
    found = tables(made.report)
    rows = {str(row[0]): row for row in found["Estimates"].rows}
    for name, entry in made.answer["estimates"].items():
        ends = Estimate(entry["value"], entry["lower_95"], entry["upper_95"])
        assert rows[name] == (name, ends, entry["standard_error"], entry["scenario"])
        assert DIGITS.text(entry["value"]) in next(
            text for text in made.report.sentences if text.startswith(name)
        )
    assert [*found["Speed of rebalancing"].rows[0]] == [*made.answer["speed"].values()]
    pooled = {
        f"{part} rows, {score['model']}": score["value"]
        for part, scores in made.answer["scores"].items()
        for score in scores
        if (score["metric"], score["deposit"]) == ("mae", "pooled")
    }
    assert {row[0]: row[1].value for row in found["Scores"].rows} == pooled
    told = next(text for text in made.report.sentences if text.startswith("In the rows held out"))
    for model in ("camjax", "persistence"):
        assert POINTS.text(pooled[f"held-out rows, {model}"]) in told
    correlations = np.array([row[1:] for row in found["Correlations of estimates"].rows])
    assert np.diag(correlations) == pytest.approx(1.0)


def test_weights_residuals_and_searches_are_drawn(made: Made) -> None:
    weights, residuals, lasting, starts = made.report.figures
    tested = made.answer["residual_test"]
    (drawn,) = lasting.panels
    assert isinstance(drawn, Spreads)
    assert [row.mean.value for row in drawn.rows] == tested["autocorrelation"][0]
    assert DIGITS.text(tested["p_value"]) in made.report.sections[0].text
    assert len(weights.panels) == len(residuals.panels) == 2
    errors = []
    for panel in residuals.panels:
        assert isinstance(panel, Lines)
        assert [line.name for line in panel.lines] == ["fitted", "held out"]
        errors.append(np.nanmean(np.abs(panel.lines[1].values)))
    scores = {row[0]: row[1].value for row in tables(made.report)["Scores"].rows}
    assert np.mean(errors) == pytest.approx(scores["held-out rows, camjax"], rel=1e-9)
    (panel,) = starts.panels
    assert isinstance(panel, Spreads)
    assert panel.rows[0].mean.value == min(start["cost"] for start in made.answer["starts"])
    assert made.text == page(made.report)
    assert Outline(made.text).open == []
    assert all(paper_figure(figure).axes for figure in made.report.figures)


def test_what_the_fit_leaves_open_is_there_for_sensitivity(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, entry in made.answer["estimates"].items():
        row = made.results.posterior.sel(number=name)
        at = np.interp([-1.959964, 0, 1.959964], row.standard_error, row)
        ends = sorted(at[[0, 2]])
        assert ends == pytest.approx([entry["lower_95"], entry["upper_95"]], rel=1e-3)
        assert at[1] == pytest.approx(entry["value"], rel=1e-9)
    over = ("--posterior", "out", "--samples", "8", "--paths", "2", "--json")
    capsys.readouterr()
    assert main(["sensitivity", "small.toml", "--method", "sobol", *over]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "over the posterior of a fit" in found["notes"][0]
    for row in found["rows"]:
        entry = made.answer["estimates"][row["parameter"]]
        ends = entry["lower_95"], entry["upper_95"]
        assert (row["from"], row["to"]) == pytest.approx(ends, rel=1e-3)
    for wrong, word in (
        (["--method", "morris"], "none with morris"),
        (["--method", "sobol", "--parameters", "deposits.savings.rate"], "expected one of"),
        (["--method", "sobol", "--parameters", "rebalancing.duration_days=1:2"], "paths alone"),
    ):
        assert main(["sensitivity", "small.toml", *wrong, *over]) == 2
        assert word in capsys.readouterr().err


def test_a_fit_without_intervals_or_with_failed_starts_is_told_so(made: Made) -> None:
    answer = json.loads(json.dumps(made.answer))
    for entry in answer["estimates"].values():
        entry |= {"standard_error": None, "lower_95": None, "upper_95": None}
    failed = {"cost": None, "status": "nonfinite", "end": [None, None]}
    answer["starts"][-1] |= failed
    answer["warnings"] = ["rebalance duration is at its upper bound."]
    results = made.results.assign(
        fit=((), json.dumps(answer)), correlation=made.results.correlation * np.nan
    )
    report = build_report(results)
    assert "Warning: Rebalance duration is at its upper bound." in report.sentences
    assert "Warning: not every estimate has an interval." in report.sentences
    assert "Correlations of estimates" not in tables(report)
    assert Outline(page(report)).open == []
