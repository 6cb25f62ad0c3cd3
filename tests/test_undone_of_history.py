"""What simulations along observations could not do is said as runs say it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from worlds_observed import simulate_world

from calibration.undone import Undone, raised_by
from camjax.cli import main, outputs
from camjax.cli.report_source import read_report
from camjax.flags import Raised, together
from camjax.report.content import Table

RUN: dict[str, Any] = {
    "steps": 30,
    "token": "DAI",
    "deposits": [
        {"name": "savings", "type": "savings", "user_balance": 6e6, "rate": 0.02},
        {"name": "idle", "type": "idle", "user_balance": 4e6},
    ],
    "rebalancing": {"law": "exponential", "duration_days": 40.0},
    "drivers": {"mint_redeem": {"process": "gaussian_noise", "mean": -4e5, "std": 1e6}},
}
"""Idle pays what it can of random redemption, and does not have it all."""
SHORT = "shortfall, redemption that could not be paid"

pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def world(folder: Path) -> Path:
    """The scenario as run.toml, and balances it may have had."""
    calm = {"drivers.mint_redeem": {"process": "constant", "value": -1e3}}
    simulate_world(folder, calm, source=RUN)
    (folder / "run.toml").write_text(tomli_w.dumps(RUN))
    return folder


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


COMMANDS = {
    "backtest": ("backtest", "observed.csv", "--mode", "free-run", "--paths", "20"),
    "forecast": ("forecast", "observed.csv", "--horizon", "9", "--method", "camjax"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_amounts_stand_in_table_answer_and_report(
    name: str,
    world: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outputs, "can_draw", lambda: False)
    evaluate = () if name == "backtest" else ("--initial", "21")
    command = (*COMMANDS[name], "--scenario", "run.toml", *evaluate)
    told = printed(capsys, *command)
    whose = "Warning: " if name == "backtest" else "Warning, camjax: "
    (line,) = (each for each in told.splitlines() if each.startswith(whose + SHORT))
    assert " DAI a path on " in line and told.index(line) < told.index("savings"), "said first"
    answer = json.loads(printed(capsys, *command, "--out", "out", "--json"))
    flag = answer["flags"][0]
    assert flag["flag"] == "shortfall" and 0 < flag["amount"] < flag["asked"]
    assert f"{flag['amount']:,.0f} of {flag['asked']:,.0f} DAI" in line
    report = read_report(world / "out")
    assert report.sentences[0] == line
    table = report.sections[0].items[0]
    assert isinstance(table, Table) and report.sections[0].key == "undone"
    assert flag["amount"] in table.rows[0] and flag["asked"] in table.rows[0]
    described = printed(capsys, "describe", "out")
    assert line in described
    if name == "forecast":
        (past,) = (each for each in told.splitlines() if "from 2 earlier origins: short" in each)
        assert past.endswith(f" of {2 * flag['of_paths']} paths.")


def test_paths_are_put_in_short_as_streamed_ones_are() -> None:
    status = np.array([[0, 8, 0], [0, 0, 0], [8, 8, 16]])
    short = np.array([[0.0, 3.0, 0.0], [0.0, 0.0, 0.0], [1.0, 2.0, 0.0]])
    asked = np.array([[5.0, 9.0, 0.0], [7.0, 0.0, 0.0], [2.0, 2.0, 0.0]])
    shortfall, remainder = raised_by(Undone(status, short, asked))
    assert shortfall == Raised("shortfall", 2, 3, 2, 1, None, 3.0, 9.0)
    assert remainder == Raised("remainder", 1, 3, 2, 3)
    both = together([(shortfall, remainder), (), (shortfall,)])
    assert both[0] == Raised("shortfall", 4, 9, amount=3.0, asked=9.0)
    assert both[1] == Raised("remainder", 1, 9)
