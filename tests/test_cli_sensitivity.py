"""`camjax sensitivity` as it is typed."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from camjax.cli import main

PARAMETERS = "deposits.savings.rate=0.005:0.03,rebalancing.duration_days"
SHORT = ["sensitivity", "fei", "--set", "steps=5", "--outputs", "share[savings]", "--paths", "64"]


def answer(capsys: pytest.CaptureFixture[str], *options: str) -> Any:
    status = main([*SHORT, *options, "--json"])
    output = capsys.readouterr()
    assert (status, output.err) == (0, "")
    return json.loads(output.out)


def test_local_sensitivity_is_ranked_and_drawn(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    names = "rebalancing.duration_days,deposits.savings.rate,deposits.money_market.user_balance"
    found = answer(capsys, "--parameters", names, "--out", str(tmp_path))
    sizes = [abs(row["elasticity"]) for row in found["rows"]]
    assert sizes == sorted(sizes, reverse=True)
    for row in found["rows"]:
        assert row["elasticity_low"] <= row["elasticity"] <= row["elasticity_high"]
    written = {path.name for path in tmp_path.iterdir()}
    pictures = {f"{name}.{kind}" for name in ("tornado", "over-time") for kind in ("svg", "png")}
    assert written == {"sensitivity.csv", "sensitivity.json", "over-time.csv", *pictures}
    with (tmp_path / "over-time.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5 * 4 * 3
    last = {row["deposit"]: row for row in rows if row["parameter"] == "deposits.savings.rate"}
    by_name = {row["parameter"]: row for row in found["rows"]}
    own = by_name["deposits.savings.rate"]
    expected = own["derivative"] * own["at"]
    assert float(last["savings"]["response"]) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("method", "column"), [("sobol", "total"), ("dgsm", "bound"), ("morris", "mean_absolute")]
)
def test_global_methods_rank_parameters(
    method: str, column: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(capsys, "--method", method, "--parameters", PARAMETERS, "--samples", "8")
    values = [row[column] for row in found["rows"]]
    assert values == sorted(values, reverse=True)
    assert {row["from"] for row in found["rows"]} == {0.005, 24.0}
    assert "evaluations over a box" in found["notes"][0]
    if method == "dgsm":
        assert "No total order lies above its bound." in found["notes"]


BAD = {
    "no power of two": (["--method", "sobol", "--parameters", PARAMETERS, "--samples", "100"],
                        "power of two"),
    "no parameters": (["--method", "sobol"], "--parameters"),
    "a range for local": (["--parameters", PARAMETERS], "paths alone"),
    "an empty range": (["--method", "morris", "--parameters", "deposits.savings.rate=2:1"],
                       "low:high"),
    "an unknown path": (["--parameters", "deposits.attic.rate"], "deposits.attic.rate"),
    "a range that cannot be": (
        ["--method", "sobol", "--parameters", "deposits.money_market.kink=0.5:1.5"], "both ends"
    ),
    "no derivative": (
        ["--parameters", "deposits.savings.rate", "--outputs",
         "P(time to (share[savings] > 0.1) < 3)"],
        "derivative",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("options", "word"), BAD.values(), ids=BAD)
def test_misuse_is_refused(
    options: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*SHORT, *options]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("camjax: ")
    assert word in output.err
