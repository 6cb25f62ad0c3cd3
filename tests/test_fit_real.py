"""The two real series, fitted by the commands of calibration/README.md: reported as they are."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import pytest
from shared import REPOSITORY, SHARED
from test_cli_backtest import example

from camjax.cli import main

DATA = SHARED / "data"
SERIES = {"fei-2022": "fei-2022.csv", "dai-2021": "dai-compound-aave-2021.csv"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A current folder with the two scenarios and the data, and JAX's precision put back."""
    if not DATA.exists():
        pytest.skip("the real series are not at hand")
    monkeypatch.chdir(tmp_path)
    for name in SERIES:
        (tmp_path / f"{name}.toml").write_text(example(name))
    for file in DATA.glob("*.csv"):
        (tmp_path / file.name).symlink_to(file)
    yield tmp_path
    jax.config.update("jax_enable_x64", True)


def fitted(table: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What the README's command on a table answers, from one start in place of 16."""
    readme = (REPOSITORY / "calibration" / "README.md").read_text("utf-8")
    commands = (line for line in readme.splitlines() if line.startswith("camjax calibrate"))
    command = next(line for line in commands if table in line)
    assert main([*shlex.split(command)[1:], "--starts", "1", "--json"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def pooled(answer: dict[str, Any], part: str) -> dict[tuple[str, str], float]:
    """Scores of all deposits together by model and metric."""
    return {
        (score["model"], score["metric"]): score["value"]
        for score in answer["scores"][part]
        if score["deposit"] == "pooled"
    }


def test_of_fei_next_to_nothing_can_be_estimated(capsys: pytest.CaptureFixture[str]) -> None:
    answer = fitted(SERIES["fei-2022"], capsys)
    assert (answer["rows_fitted"], answer["rows_held_out"]) == (60, 20)
    estimates = answer["estimates"]
    assert estimates["rebalancing.duration_days"]["value"] == pytest.approx(87, rel=0.02)
    assert estimates["weights.elasticity"]["value"] < 1e-3
    assert answer["profile"]["rebalancing.duration_days"] == [0.0, None]
    for number in ("elasticity", "asset risk aversion"):
        assert any(f"{number} not identified" in warning for warning in answer["warnings"])
    assert answer["errors"] == "independent"
    scores = pooled(answer, "held-out")
    assert scores["camjax", "mae"] == pytest.approx(0.0139, rel=0.01)
    assert scores["persistence", "mae"] == pytest.approx(0.0109, rel=0.01)
    assert scores["camjax", "skill_mae"] == pytest.approx(-0.28, abs=0.01)
    assert scores["camjax", "dm_mae_p_value"] == pytest.approx(0.31, abs=0.01)


def test_dai_moved_slowly_and_no_better_told_than_by_persistence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = fitted(SERIES["dai-2021"], capsys)
    assert (answer["rows_fitted"], answer["rows_held_out"]) == (386, 129)
    duration = answer["estimates"]["rebalancing.duration_days"]
    assert duration["value"] == pytest.approx(741, rel=0.01)
    assert answer["errors"] == "lasting"
    assert answer["residual_test"]["p_value"] == pytest.approx(0.035, abs=0.003)
    assert [duration["lower_95"], duration["upper_95"]] == pytest.approx([157, 3508], rel=0.02)
    assert answer["profile"]["rebalancing.duration_days"] == [0.0, None]
    assert "of 1 searches had not come to an end" in answer["warnings"][0]
    assert answer["estimates"]["weights.elasticity"]["value"] == pytest.approx(11.9, rel=0.02)
    scores = pooled(answer, "held-out")
    assert scores["camjax", "mae"] == pytest.approx(0.00988, rel=0.01)
    assert scores["persistence", "mae"] == pytest.approx(0.00982, rel=0.01)
    assert scores["camjax", "skill_mae"] == pytest.approx(-0.006, abs=0.001)
