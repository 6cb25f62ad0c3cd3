"""The report of a sensitivity analysis: the numbers of sensitivity.csv, drawn and told."""

import csv
from pathlib import Path

import pytest
from report_worlds import Outline

from camjax.cli import main
from camjax.cli.report_source import RANKING, read_report
from camjax.report import page
from camjax.report.content import Spreads, Table
from camjax.report.paper import paper_figure
from camjax.report.units import NUMBER

PARAMETERS = "deposits.savings.rate=0.005:0.03,rebalancing.duration_days"
COMMAND = ["sensitivity", "fei", "--set", "steps=5", "--outputs", "share[savings]"]
SOBOL = ["--method", "sobol", "--parameters", PARAMETERS, "--samples", "8"]


def test_the_report_tells_and_draws_what_the_table_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*COMMAND, "--paths", "64", *SOBOL, "--out", str(tmp_path), "--report"]) == 0
    assert "report.html" in capsys.readouterr().out
    made = read_report(tmp_path)
    with (tmp_path / "sensitivity.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))

    (figure,) = made.figures
    for panel, measure in zip(figure.panels, ("total", "first"), strict=True):
        assert isinstance(panel, Spreads)
        for drawn, row in zip(panel.rows, rows, strict=True):
            assert drawn.name == row["parameter"]
            ends = [float(row[name]) for name in (measure, f"{measure}_low", f"{measure}_high")]
            assert [*drawn.mean[:3]] == ends
    (table,) = (item for item in made.sections[0].items if isinstance(item, Table))
    assert [row[-2:] for row in table.rows] == [
        (float(row["from"]), float(row["to"])) for row in rows
    ]
    top = rows[0]
    assert f"{top['parameter']}, {NUMBER.text(float(top['total']))} (95 %" in made.sentences[0]
    assert "evaluations over a box" in made.sections[0].text
    text = (tmp_path / "report.html").read_text("utf-8")
    assert text == page(made)
    assert Outline(text).open == []
    assert paper_figure(figure).axes


def test_a_report_without_a_folder_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "--report"]) == 2
    assert "--report: expected --out beside it" in capsys.readouterr().err


def test_folders_of_nothing_or_of_two_things_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for names, word in (((), "no such file"), (("results.nc", RANKING), "Name the file")):
        for name in names:
            (tmp_path / name).write_text("{}")
        assert main(["report", str(tmp_path)]) == 2
        assert word in capsys.readouterr().err
    assert main(["report", str(tmp_path / RANKING)]) == 2
    assert f"expected the {RANKING} of a sensitivity analysis" in capsys.readouterr().err
    assert not (tmp_path / "report.html").exists()
