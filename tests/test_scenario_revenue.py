"""What a scenario declares that the protocol earns, and what is made of it."""

from pathlib import Path
from typing import Any

import pytest
from report_worlds import Outline
from shared import CASES

import camjax
from camjax.errors import ScenarioError
from camjax.report import build_report, page
from camjax.scenario import list_builtin, load_scenario
from camjax.sweeps import sweep

BARE = {
    "steps": 3,
    "deposits": [
        {"name": "savings", "type": "savings", "user_balance": 5.0, "rate": 0.02},
        {"name": "idle", "type": "idle", "user_balance": 5.0},
    ],
}


def test_a_scenario_declares_no_revenue_unless_it_says_so() -> None:
    assert load_scenario(BARE).document.revenue is None
    assert "revenue" not in load_scenario(BARE).toml
    assert "revenue" not in load_scenario(CASES / "dai.toml").toml


def test_every_built_in_scenario_declares_that_of_its_own_token() -> None:
    for name, _ in list_builtin():
        document = load_scenario(name).document
        if document.token == "SYN":
            assert document.revenue is None, "an invented token has no treasury"
            continue
        assert document.token == "FEI"
        assert document.revenue is not None and document.revenue.stable_usd == 70e6


def test_a_revenue_is_kept_with_results_and_may_be_overridden(tmp_path: Path) -> None:
    (tmp_path / "revenue.csv").write_text("revenue\n" + "1.0\n" * 3)
    file = tmp_path / "scenario.toml"
    file.write_text(load_scenario(BARE).toml + '[revenue]\nfile = "revenue.csv"\n')
    text = load_scenario(file).toml
    assert f'file = "{tmp_path / "revenue.csv"}"' in text, "found from anywhere"
    assert load_scenario(text).toml == text
    changed = load_scenario("fei", {"revenue.stable_rate": 0.01}).document.revenue
    assert changed is not None and changed.stable_rate == 0.01 and changed.stable_usd == 70e6


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "revenue: expected a file, or amounts with their rates, got no keys"),
        ({"stable_usd": 1.0}, "revenue.stable_rate: expected a number beside stable_usd"),
        ({"stable_rate": 1.0}, "revenue.stable_usd: expected a number beside stable_rate"),
        ({"volatile_units": 1.0}, "revenue.volatile_rate: expected a number beside"),
        (
            {"stable_usd": -1.0, "stable_rate": 0.1},
            "revenue.stable_usd: expected a number ≥ 0, got -1.0",
        ),
        ({"treasury": 1.0}, "revenue.treasury: expected a known key"),
        (
            {"file": "a.csv", "own_deposits": True},
            "expected a file alone, or numbers, got file and",
        ),
        ({"file": "nowhere.csv"}, "revenue.file: expected a CSV file, got .*nowhere.csv, no such"),
        (
            {"volatile_units": 2.0, "volatile_rate": 0.1},
            "drivers.volatile_asset_price: expected .* since revenue.volatile_units",
        ),
    ],
)
def test_a_revenue_that_cannot_be_is_refused(table: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        load_scenario({**BARE, "revenue": table})


def test_a_revenue_of_fewer_rows_than_steps_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "revenue.csv"
    file.write_text("revenue\n1.0\n2.0\n")
    with pytest.raises(ScenarioError, match="expected 3 rows, one for each step, got 2"):
        load_scenario({**BARE, "revenue": {"file": str(file)}})


def test_a_report_of_another_token_says_nothing_of_a_deficit() -> None:
    overrides = {"steps": 6}
    report = build_report(
        sweep(CASES / "dai.toml", {"deposits.dsr.rate": [0.05, 0.03]}, paths=3, overrides=overrides)
    )
    outline = Outline(page(report))
    assert not any("protocol earns" in sentence for sentence in report.sentences)
    text = " ".join(said for _, said in outline.texts).lower()
    for word in ("deficit", "revenue", "budget", "22 june 2022"):
        assert word not in text
    assert "savings-cost" in [figure.key for figure in report.figures], "the cost is the scenario's"


def test_a_report_tells_of_a_deficit_where_a_setting_declares_a_revenue() -> None:
    dai = load_scenario(CASES / "dai.toml", {"steps": 6}).toml
    table = "[revenue]\nstable_usd = 1e3\nstable_rate = 0.01\n"
    rates = {"revenue.stable_rate": [0.01, 1e6]}
    report = build_report(sweep(f"{dai}\n{table}", rates, paths=3))
    (sentence,) = (found for found in report.sentences if "protocol earns" in found)
    first, second = sentence.split(";")
    assert "100.0\xa0%" in first and "under stable_rate=0.01" in first
    assert " 0.0\xa0%" in second
    assert "budget" in [figure.key for figure in report.figures]
    assert camjax.analysis.declares_revenue(sweep(f"{dai}\n{table}", rates, paths=3))
