"""Where scenarios come from, and the text that they are kept as."""

import copy
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scenario_documents import EVERYTHING, MINIMAL, assert_same
from shared import GOLDEN, golden_cases

from camjax.deposits import DEPOSITS
from camjax.processes import PROCESSES, sample_path
from camjax.scenario import list_builtin, load_scenario
from camjax.scenario.columns import COLUMN_KINDS
from camjax.scenario.deposit_tables import DEPOSIT_TABLES
from camjax.scenario.process_tables import AnyProcess, ScheduleTable
from camjax.weights import RULES

FEI = tomllib.loads(load_scenario("fei").toml)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("fei", {}),
        (
            "fei-reference",
            {"rebalancing.settlement": "sequential", "rebalancing.accounting": "reference"},
        ),
        ("fei-no-savings", {"deposits.savings.allocated": False}),
        ("savings-0.5pct", {"deposits.savings.rate": 0.005}),
        ("savings-3pct", {"deposits.savings.rate": 0.03}),
        ("savings-3pct-then-off", {"deposits.savings.rate": [[0, 0.03], [182.5, 0]]}),
        ("savings-off", {"deposits.savings.rate": 0.0}),
    ],
)
def test_builtin_scenario_is_the_default_with_its_changes(
    name: str, changes: dict[str, Any]
) -> None:
    if name.startswith("savings"):
        changes = {**changes, "deposits.liquidity_pool.allocated": False}
    assert_same(load_scenario(name), load_scenario("fei", {"name": name, **changes}))


def test_builtin_scenarios_are_listed_with_a_line_each() -> None:
    listed = list_builtin()
    assert [name for name, _ in listed][:2] == ["fei", "fei-reference"]
    assert len(listed) == 22
    assert all(text and "\n" not in text for _, text in listed)


def test_keys_left_out_take_the_values_of_the_default_scenario() -> None:
    document = copy.deepcopy(FEI)
    required = ("name", "type", "user_balance", "protocol_tvl_usd", "protocol_balance", "rate")
    bare = {
        "steps": 365,
        "deposits": [
            {key: value for key, value in deposit.items() if key in required}
            for deposit in document["deposits"]
        ],
        "drivers": document["drivers"],
    }
    fei = {key: table for key, table in document.items() if key != "revenue"}
    assert_same(load_scenario(bare), load_scenario(fei))


@pytest.mark.parametrize(
    "document", [*(name for name, _ in list_builtin()), MINIMAL, EVERYTHING], ids=str
)
def test_text_of_a_scenario_loads_back_to_it(document: Any) -> None:
    scenario = load_scenario(document)
    assert_same(load_scenario(scenario.toml), scenario)
    assert_same(load_scenario(tomllib.loads(scenario.toml)), scenario)


def test_text_includes_overrides_and_names_files_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "drivers.csv").write_text("utilization\n0.5\n0.6\n")
    path = tmp_path / "scenario.toml"
    path.write_text(load_scenario("fei").toml)
    overrides = {"steps": 1, "drivers.file": "drivers.csv", "deposits.savings.rate": 0.04}
    scenario = load_scenario(path, overrides)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = load_scenario(tomllib.loads(scenario.toml))
    assert_same(again, scenario)
    savings: Any = again.model.deposits[2]
    assert savings.rate == 0.04


def test_files_of_a_mapping_are_relative_to_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "drivers.csv").write_text("utilization\n0.5\n0.6\n")
    monkeypatch.chdir(tmp_path)
    scenario = load_scenario(
        {**FEI, "steps": 1, "drivers": {**FEI["drivers"], "file": "drivers.csv"}}
    )
    assert scenario.processes.given["utilization"].tolist() == [0.5, 0.6]


@pytest.mark.parametrize("case", golden_cases())
def test_golden_scenario_is_valid_and_reads_its_drivers(case: str) -> None:
    folder = GOLDEN / case
    scenario = load_scenario(folder / "scenario.toml")
    assert scenario.name == case
    assert not scenario.is_random
    rebalancing = tomllib.loads((folder / "scenario.toml").read_text())["rebalancing"]
    assert scenario.model.rebalancing.settlement == rebalancing["settlement"]
    table = np.genfromtxt(folder / "drivers.csv", delimiter=",", names=True)
    assert table.dtype.names is not None
    for column in set(table.dtype.names) - {"step"}:
        np.testing.assert_array_equal(scenario.processes.given[column], table[column])


@pytest.mark.parametrize("case", set(golden_cases()) & {"savings_3pct_then_off"})
def test_builtin_schedule_ends_where_the_golden_one_does(case: str) -> None:
    golden = load_scenario(GOLDEN / case / "scenario.toml")
    schedule: Any = load_scenario("savings-3pct-then-off").model.deposits[2]
    last = np.searchsorted(schedule.schedule_days, np.arange(366), side="right") - 1
    np.testing.assert_array_equal(golden.processes.given["savings_rate"], schedule.rate[last])


def test_every_type_rule_and_process_of_the_core_has_its_table() -> None:
    for name, table in DEPOSIT_TABLES.items():
        assert get_args(table.model_fields["type"].annotation) == (name,)
    processes = {get_args(t.model_fields["process"].annotation)[0] for t in get_args(AnyProcess)}
    rules = get_args(type(load_scenario("fei").document.weights).model_fields["rule"].annotation)
    assert set(DEPOSIT_TABLES) == set(DEPOSITS)
    assert processes == set(PROCESSES)
    assert set(rules) == set(RULES)
    for name, deposit in DEPOSITS.items():
        stems = {stem for stem, kind in COLUMN_KINDS.items() if name in (kind.types or ())}
        assert stems == set(deposit.series)


def test_schedule_is_checked_by_the_rows_that_it_has_in_a_run() -> None:
    table = ScheduleTable.model_validate(
        {"process": "schedule", "values": [1.0, 0.0, 0.5], "days": [0.5, 1, 2.25]}
    )
    process = PROCESSES["schedule"](values=jnp.asarray(table.values), days=tuple(table.days))
    for dt_days in (0.1, 0.25, 1 / 49, 1.0):
        path = sample_path(process, jax.random.key(0), steps=60, dt_days=dt_days)
        np.testing.assert_array_equal(table.rows(61, dt_days), path)


def test_names_and_schema_are_known_without_jax() -> None:
    code = "import sys, camjax.scenario as s; s.list_builtin(); print('jax' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
        check=True,
    )
    assert done.stdout.strip() == "False"
