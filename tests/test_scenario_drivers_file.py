"""Driver files: what is read from them, and how each way to get one wrong is told."""

from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from camjax.errors import ScenarioError
from camjax.scenario import Scenario, load_scenario

GOOD = """\
step,volatile_asset_price,utilization
0,2000,0.70
1,1990,0.72
2,1985,0.69
3,1970,0.71
"""


def scenario_with(folder: Path, content: str | bytes, **overrides: Any) -> Scenario:
    """The default scenario of three steps, driven by a file."""
    path = folder / "drivers.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    changes = {"steps": 3, "drivers.file": str(path), **overrides}
    return load_scenario("fei", changes)


def replaced(old: str, new: str) -> str:
    """GOOD with one thing changed."""
    assert old in GOOD
    return GOOD.replace(old, new, 1)


CASES: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "empty": ("", ("header", "an empty file")),
    "blank lines only": ("\n\n", ("header", "an empty file")),
    "header only": (GOOD.splitlines()[0], ("rows: expected 4", "got 0")),
    "too few rows": (
        GOOD.rsplit("\n", 2)[0],
        ("rows: expected 4, one a step from 0 to 3, got 3", "lower steps"),
    ),
    "binary": (b"\x89HDF\r\n\x1a\n\xff\xfe\x00", ("file", "UTF-8")),
    "zero bytes": (GOOD.replace("0.70", "\0").encode(), ("line 2, column utilization",)),
    "other encoding": (GOOD.replace("step", "Schritt-ü").encode("latin-1"), ("UTF-8",)),
    "semicolons": (GOOD.replace(",", ";"), ("header", "separated by commas")),
    "unknown column": (replaced("utilization", "utilisation"), ('Did you mean "utilization"?',)),
    "column of no deposit": (replaced("utilization", "foo_bar"), ("foo_bar", "Known here: step")),
    "column of another type's deposit": (
        replaced("utilization", "utilization_idle"),
        ('"utilization_idle"', 'Did you mean "utilization"?'),
    ),
    "column twice": (replaced("step", "utilization"), ("each column once, got utilization twice",)),
    "column without a name": (replaced("step", ""), ("none for column 1",)),
    "NaN": (replaced("0.72", "NaN"), ("line 3, column utilization", "[0, 1]", '"NaN"')),
    "infinite": (replaced("1990", "inf"), ("line 3, column volatile_asset_price", '"inf"')),
    "blank cell": (replaced("0.72", ""), ("line 3, column utilization", "a blank cell")),
    "text": (replaced("0.72", "n/a"), ("line 3, column utilization", '"n/a"')),
    "negative price": (replaced("1985", "-5"), ("line 4", "volatile_asset_price", "> 0", '"-5"')),
    "price of zero": (replaced("1985", "0"), ("line 4", "a number > 0")),
    "utilization above 1": (replaced("0.69", "69"), ("line 4, column utilization", '"69"')),
    "utilization below 0": (replaced("0.69", "-0.1"), ("line 4, column utilization", '"-0.1"')),
    "half available": (
        replaced("utilization", "available_idle"),
        ("line 2, column available_idle: expected 0 or 1",),
    ),
    "negative savings rate": (
        replaced("utilization", "savings_rate").replace("0.69", "-0.01"),
        ("line 4, column savings_rate", "≥ 0"),
    ),
    "yields in percent": (
        "step,savings_rate\n0,1.5\n1,1.5\n2,2\n3,1.5\n",
        ("column savings_rate", "shares of 1 a year, got a median of 1.5", "drivers.as_is = true"),
    ),
    "one day's yield beyond belief": (
        "step,savings_rate\n0,0.1\n1,0.1\n2,6\n3,0.1\n",
        ("column savings_rate: expected yields of at most 5 a year, got 6.", "drivers.as_is"),
    ),
    "cell too many": (replaced("0.72", "0.72,1"), ("line 3: expected 3 cells", "got 4")),
    "cell missing": (replaced(",0.72", ""), ("line 3: expected 3 cells", "got 2")),
    "gap in steps": (replaced("\n2,", "\n3,"), ("line 4, column step: expected 2", '"3"')),
    "steps from 1": (replaced("\n0,", "\n1,"), ("line 2, column step: expected 0", "from 0")),
    "step that is no number": (replaced("\n2,", "\nx,"), ("line 4, column step",)),
    "blank step": (replaced("\n2,", "\n,"), ("line 4, column step", "a blank cell")),
    "gap in days": (
        replaced("step", "time").replace("\n2,", "\n2.5,"),
        ("line 4, column time: expected a time 1 days after", "got 1.5 days"),
    ),
    "time that is no time": (
        replaced("step", "time").replace("\n2,", "\nmonday,"),
        ("line 4, column time", "ISO 8601", '"monday"'),
    ),
    "falling time": (
        replaced("step", "time").replace("\n2,", "\n0,"),
        ("line 4, column time", "got -1 days"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_driver_file_is_refused_with_its_line_and_column(case: str, tmp_path: Path) -> None:
    content, fragments = CASES[case]
    with pytest.raises(ScenarioError) as refused:
        scenario_with(tmp_path, content)
    message = str(refused.value)
    assert message.startswith(f"{tmp_path / 'drivers.csv'}: ")
    assert "expected" in message
    assert "\n" not in message
    for fragment in fragments:
        assert fragment in message


def test_missing_driver_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"none\.csv: file: .*No such file"):
        load_scenario("fei", {"drivers.file": str(tmp_path / "none.csv")})


def test_folder_as_driver_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="a CSV file that can be read"):
        load_scenario("fei", {"drivers.file": str(tmp_path)})


def test_columns_of_the_file_win_over_processes_and_processes_over_rates(tmp_path: Path) -> None:
    rate = {"process": "constant", "value": 0.04}
    scenario = scenario_with(tmp_path, GOOD, **{"drivers.savings_rate": rate})
    drivers = scenario.sample_drivers(jax.random.key(0))
    assert drivers.volatile_asset_price is not None
    assert drivers.volatile_asset_price.tolist() == [2000, 1990, 1985, 1970]
    _, market, savings, _ = drivers.deposits
    assert market["utilization"].tolist() == [0.70, 0.72, 0.69, 0.71]
    assert savings["savings_rate"].tolist() == [0.04] * 4
    assert not scenario.is_random


VENUES: dict[str, Any] = {
    "steps": 3,
    "deposits": [
        {"name": "a", "type": "external", "user_balance": 1.0},
        {"name": "b", "type": "external", "user_balance": 1.0},
    ],
}


def venues(folder: Path, first: str, second: str, **drivers: Any) -> Scenario:
    """Two venues with the same yields on all days."""
    lines = [f"{step},{first},{second}" for step in range(4)]
    (folder / "venues.csv").write_text("\n".join(["step,yield_rate_a,yield_rate_b", *lines]))
    return load_scenario({**VENUES, "drivers": {"file": str(folder / "venues.csv"), **drivers}})


def test_one_venue_in_percent_is_refused_beside_shares(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"column yield_rate_b: .*others have 0\.03\. Divide"):
        venues(tmp_path, "0.03", "2.8")
    taken = venues(tmp_path, "0.03", "2.8", as_is=True)
    assert taken.processes.given["yield_rate_b"].tolist() == [2.8] * 4
    assert load_scenario(taken.toml).document.drivers.as_is, "kept with the results"


def test_losses_are_yields_of_a_scenario(tmp_path: Path) -> None:
    given = venues(tmp_path, "-0.02", "0.03").processes.given
    assert given["yield_rate_a"].tolist() == [-0.02] * 4


def test_a_history_in_percent_is_refused(tmp_path: Path) -> None:
    history = tmp_path / "history.csv"
    history.write_text("\n".join(["apy", *["3.1"] * 9]))
    process = {"process": "block_bootstrap", "history": str(history), "column": "apy"}
    table = {**process, "block_steps": 2, "kind": "level"}
    rate = {"drivers": {"yield_rate_b": table}}
    deposits = [{**VENUES["deposits"][0], "rate": 0.02}, VENUES["deposits"][1]]
    with pytest.raises(ScenarioError, match=r"history\.csv: column yield_rate_b: .* Divide it by"):
        load_scenario({**VENUES, "deposits": deposits, **rate})


def test_column_left_out_of_the_file_is_drawn(tmp_path: Path) -> None:
    prices = "\n".join(line.rsplit(",", 1)[0] for line in GOOD.splitlines())
    scenario = scenario_with(tmp_path, prices)
    assert set(scenario.processes.drawn) == {"utilization"}
    assert scenario.is_random


def test_rows_beyond_the_steps_are_not_looked_at(tmp_path: Path) -> None:
    assert scenario_with(tmp_path, GOOD + "9,,broken\n").steps == 3


def test_byte_order_mark_spaces_and_blank_lines_do_no_harm(tmp_path: Path) -> None:
    content = "\ufeff" + GOOD.replace(",", " , ").replace("\n", "\r\n\r\n")
    series = scenario_with(tmp_path, content).processes.given
    np.testing.assert_array_equal(series["utilization"], [0.70, 0.72, 0.69, 0.71])


@pytest.mark.parametrize(
    "times",
    [
        ["2022-06-22", "2022-06-23", "2022-06-24", "2022-06-25"],
        ["2022-06-22T12:00:00Z", "2022-06-23T14:00+02:00", "2022-06-24T12:00Z", "2022-06-25 12:00"],
        ["5", "6", "7", "8.0"],
    ],
)
def test_rows_may_be_dated(times: list[str], tmp_path: Path) -> None:
    content = GOOD.replace("step", "time")
    for row, time in enumerate(times):
        content = content.replace(f"\n{row},", f"\n{time},", 1)
    assert set(scenario_with(tmp_path, content).processes.given) == {
        "volatile_asset_price",
        "utilization",
    }


def test_times_follow_the_step_length(tmp_path: Path) -> None:
    content = GOOD.replace("step", "time").replace("\n1,", "\n0.1,").replace("\n2,", "\n0.2,")
    content = content.replace("\n3,", "\n0.3,")
    scenario_with(tmp_path, content, dt_days=0.1)
    with pytest.raises(ScenarioError, match=r"expected a time 0\.2 days after"):
        scenario_with(tmp_path, content, dt_days=0.2)


def test_prescribed_weights_are_normalised(tmp_path: Path) -> None:
    names = ["liquidity_pool", "money_market", "savings", "idle"]
    header = "".join(f",target_{name}" for name in names)
    lines = GOOD.splitlines()
    rows = [line + ",0.25,0.25,0.25,0.2500005" for line in lines[1:]]
    content = "\n".join([lines[0] + header, *rows])
    given = scenario_with(tmp_path, content, **{"weights.rule": "prescribed"}).processes.given
    total = sum(np.asarray(given[f"target_{name}"]) for name in names)
    np.testing.assert_allclose(total, 1.0, rtol=1e-15)
    with pytest.raises(ScenarioError, match="step 0: expected numbers that sum to 1"):
        changed = content.replace("0.2500005", "0.26")
        scenario_with(tmp_path, changed, **{"weights.rule": "prescribed"})


def test_weights_for_another_rule_do_no_harm(tmp_path: Path) -> None:
    lines = GOOD.splitlines()
    content = "\n".join([lines[0] + ",target_idle", *(line + ",0.5" for line in lines[1:])])
    drivers = scenario_with(tmp_path, content).sample_drivers()
    assert drivers.target is None


def test_given_draws_replace_the_exogenous_ones(tmp_path: Path) -> None:
    names = ["liquidity_pool", "money_market", "savings", "idle"]
    lines = GOOD.splitlines()
    header = lines[0] + "".join(f",dirichlet_{name}" for name in names)
    rows = [line + ",0.1,0.2,0.3,0.4" for line in lines[1:]]
    overrides = {"weights.rule": "exogenous"}
    scenario = scenario_with(tmp_path, "\n".join([header, *rows]), **overrides)
    drivers = scenario.sample_drivers()
    assert drivers.dirichlet is not None
    np.testing.assert_array_equal(drivers.dirichlet.stack()[0], [0.1, 0.2, 0.3, 0.4])
    partial = "\n".join([lines[0] + ",dirichlet_idle", *(line + ",0.4" for line in lines[1:])])
    with pytest.raises(ScenarioError, match=r"drivers\.dirichlet_\*: expected columns"):
        scenario_with(tmp_path, partial, **overrides)


BOOTSTRAP = {
    "process": "block_bootstrap",
    "column": "utilization",
    "block_steps": 2,
    "kind": "level",
}


def test_block_bootstrap_reads_its_history_and_starts_at_its_end(tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text(GOOD)
    process = {**BOOTSTRAP, "history": str(tmp_path / "history.csv")}
    scenario = load_scenario("fei", {"steps": 9, "drivers.utilization": process})
    _, market, _, _ = scenario.sample_drivers(jax.random.key(0)).deposits
    assert market["utilization"][0] == 0.71
    assert set(market["utilization"].tolist()) <= {0.70, 0.72, 0.69, 0.71}


@pytest.mark.parametrize(
    ("changes", "history", "fragment"),
    [
        ({"column": "utilisation"}, GOOD, 'Did you mean "utilization"?'),
        ({"block_steps": 9}, GOOD, "drivers.utilization.block_steps: expected at most 4"),
        ({"block_steps": 4, "kind": "difference"}, GOOD, "expected at most 3"),
        ({}, GOOD.replace("0.72", "1.2"), "line 3, column utilization"),
        ({"kind": "log_return"}, GOOD.replace("0.72", "0"), "a number > 0"),
        ({}, "", "an empty file"),
        ({}, "utilization\n", "at most 0"),
        ({"initial": 3.0}, GOOD, "drivers.utilization.initial"),
    ],
)
def test_bad_history_is_refused(
    changes: dict[str, Any], history: str, fragment: str, tmp_path: Path
) -> None:
    (tmp_path / "history.csv").write_text(history)
    process = {**BOOTSTRAP, "history": str(tmp_path / "history.csv"), **changes}
    with pytest.raises(ScenarioError) as refused:
        load_scenario("fei", {"drivers.utilization": process})
    assert fragment in str(refused.value)
