"""The report of forecasts: the numbers of forecasts.csv and metrics.csv, drawn and told."""

import csv
from pathlib import Path

import numpy as np
import pytest
from forecast_worlds import autoregressive
from report_worlds import Outline, write_weights

from camjax.cli import main
from camjax.cli.report_source import read_report
from camjax.report import page
from camjax.report.content import Lines, Table
from camjax.report.paper import paper_figure
from camjax.report.units import POINTS, SHARE, words

ROWS, HORIZON = 30, 3


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_report_tells_and_draws_what_the_tables_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    history = autoregressive(ROWS, seed=4)
    write_weights(Path("observed.csv"), history)
    command = ["forecast", "observed.csv", "--horizon", f"{HORIZON}", "--method", "drift"]
    assert main([*command, "--out", "out", "--report"]) == 0
    assert "out/report.html" in capsys.readouterr().out
    made = read_report(Path("out"))
    assert Path("out/report.html").read_text("utf-8") == page(made)
    assert Outline(page(made)).open == []

    rows = [
        row
        for row in table(Path("out/forecasts.csv"))
        if (row["model"], row["origin_time"]) == ("drift", str(ROWS - 1))
    ]
    ahead, past = made.figures
    for n, panel in enumerate(ahead.panels):
        assert isinstance(panel, Lines)
        observed, drift, persistence = panel.lines
        known = observed.values[np.isfinite(observed.values)]
        np.testing.assert_allclose(known, history.weights[-len(known) :, n], rtol=1e-12)
        expected = [float(row["weight"]) for row in rows[n :: len(ahead.panels)]]
        np.testing.assert_allclose(drift.values[-HORIZON:], expected, rtol=1e-12)
        for end, values in zip(("lower_95", "upper_95"), drift.bands[0], strict=True):
            expected = [float(row[end]) for row in rows[n :: len(ahead.panels)]]
            np.testing.assert_allclose(values[-HORIZON:], expected, rtol=1e-12)
        np.testing.assert_allclose(persistence.values[-HORIZON:], known[-1], rtol=1e-12)
    longest = {
        row["deposit"]: float(row["weight"]) for row in rows if row["horizon"] == str(HORIZON)
    }
    most = max(longest, key=lambda name: longest[name])
    start = f"Drift sees {words(most)} at {SHARE.text(longest[most])} (95"
    assert made.sentences[0].startswith(start)

    scores = {
        (row["model"], row["horizon"], row["metric"]): float(row["value"] or "nan")
        for row in table(Path("out/metrics.csv"))
        if row["deposit"] == "pooled"
    }
    tables = {item.title: item for item in made.sections[1].items if isinstance(item, Table)}
    for horizon in ("1", str(HORIZON)):
        title = f"Scores, {horizon} row{'' if horizon == '1' else 's'} ahead"
        for name, error, *_ in tables[title].rows:
            ends = ("mae", "mae_lower_95", "mae_upper_95")
            expected = [scores[str(name), horizon, end] for end in ends]
            assert [*error[:3]] == pytest.approx(expected, rel=1e-12)
    for name, horizon, error, *others in tables["Errors, skill and coverage by horizon"].rows:
        metrics = ("skill_mae", "dm_mae_p_value", "coverage_80", "coverage_95")
        keys = [(str(name), f"{horizon:g}", metric) for metric in ("mae", *metrics)]
        expected = [scores.get(key, np.nan) for key in keys]
        assert [error.value, *others] == pytest.approx(expected, rel=1e-12, nan_ok=True)
    pooled = scores["drift", str(HORIZON), "mae"]
    assert f"drift is off by {POINTS.text(pooled)}" in made.sentences[1]
    errors = past.panels[0].lines[0].values
    assert len(errors) == len(past.panels[0].axis.days)
    assert all(paper_figure(figure).axes for figure in made.figures)


def test_forecasts_that_were_not_scored_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_weights(Path("observed.csv"), autoregressive(ROWS, seed=4))
    assert main(["forecast", "observed.csv", "--horizon", "1", "--no-evaluate", "--out", "o"]) == 0
    made = read_report(Path("o"))
    assert len(made.sections) == 1
    assert "was scored" in made.sentences[-1]
