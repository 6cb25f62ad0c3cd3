"""The report of a backtest: the scores of metrics.csv, drawn and told."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np
import pytest
import tomli_w
from report_worlds import Outline
from worlds_observed import SMALL, simulate_world

from camjax.cli import main
from camjax.report import build_report, page
from camjax.report.content import Lines, Report
from camjax.report.paper import paper_figure
from camjax.report.units import POINTS
from camjax.results import load_results


@pytest.fixture(params=["one-step", "free-run"])
def report(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Report]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(tomli_w.dumps({**SMALL, "steps": 3}))
    simulate_world(tmp_path, {}, source=SMALL)
    scenario = ["--scenario", "small.toml", "--drivers", "drivers.csv"]
    changed = ["--set", "rebalancing.duration_days=45", "--mode", request.param]
    command = ["backtest", "observed.csv", *scenario, *changed, "--out", "out"]
    assert main([*command, "--report", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files"][-1] == "out/report.html"
    yield build_report(load_results("out"))
    jax.config.update("jax_enable_x64", True)


def test_the_report_tells_and_draws_what_the_scores_say(report: Report) -> None:
    with Path("out/metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    pooled = {
        (row["model"], row["metric"]): float(row["value"] or "nan")
        for row in rows
        if row["deposit"] == "pooled"
    }
    for model in ("camjax", "persistence"):
        assert POINTS.text(pooled[model, "mae"]) in report.sentences[0]
    (scores,) = (item for item in report.sections[0].items if item.title == "Scores")
    assert {str(row[0]).replace(" ", "_") for row in scores.rows} == {model for model, _ in pooled}
    for name, *errors in scores.rows:
        for metric, found in zip(("mae", "rmse"), errors, strict=False):
            keys = (metric, f"{metric}_lower_95", f"{metric}_upper_95")
            known = [pooled.get((str(name).replace(" ", "_"), key), np.nan) for key in keys]
            assert [*found[:3]] == pytest.approx(known, rel=1e-9, nan_ok=True)
            assert np.isnan(found.low) == ("free-run" in report.title)

    weights, errors = report.figures
    drawn = [line.name for line in weights.panels[0].lines if isinstance(weights.panels[0], Lines)]
    others = ["persistence"] if "free-run" in report.title else []
    assert drawn == ["observed", "camjax", *others]
    assert len(weights.panels) == len(errors.panels) == 2
    assert Path("out/report.html").read_text("utf-8") == page(report)
    assert Outline(page(report)).open == []
    assert paper_figure(weights).axes
