"""Settings of a sweep: what stands behind `--set`, in a [sweep] table, and in built-in studies."""

from typing import Any

import numpy as np
import pytest

from camjax import load_scenario
from camjax.errors import ScenarioError
from camjax.scenario import load_sweep, parse_axes
from camjax.scenario.sweep_design import design

RATES = {"deposits.savings.rate": [0.01, 0.03]}
DURATIONS = {"rebalancing.duration_days": [7, 30, 90]}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("weights.yield_window=3,5", [3, 5]),
        ("weights.rule=endogenous,pairwise", ["endogenous", "pairwise"]),
        ("deposits.savings.rate=0.01,[[0, 0.03], [90, 0.0]]", [0.01, [[0, 0.03], [90, 0.0]]]),
        (
            'drivers.utilization={process="constant", value=0.5},{process="constant", value=0.7}',
            [{"process": "constant", "value": 0.5}, {"process": "constant", "value": 0.7}],
        ),
        ('name="a,b",c', ["a,b", "c"]),
        ("weights.concentration=[1, 1, 1, 1]", [[1, 1, 1, 1]]),
    ],
)
def test_commas_outside_brackets_and_quotes_separate_values(text: str, values: list[Any]) -> None:
    assert list(parse_axes([text]).values()) == [values]


def test_a_grid_takes_every_combination_the_last_key_running_fastest() -> None:
    found = design(RATES | DURATIONS)
    assert [tuple(setting.changes.values()) for setting in found] == [
        (0.01, 7), (0.01, 30), (0.01, 90), (0.03, 7), (0.03, 30), (0.03, 90),
    ]  # fmt: skip
    assert found[0].name == "savings.rate=0.01, duration_days=7"


def test_zip_takes_values_side_by_side() -> None:
    found = design(RATES | {"weights.yield_window": [3, 5]}, "zip")
    assert [tuple(setting.changes.values()) for setting in found] == [(0.01, 3), (0.03, 5)]


def test_samples_fill_every_range_evenly_and_depend_on_the_seed() -> None:
    bounds = {"deposits.savings.rate": [0.0, 0.08], "deposits.idle.user_balance": [1e6, 2e8]}
    found = design(bounds, "sample", samples=16, seed=3)
    for place, (low, high) in enumerate(bounds.values()):
        values = np.array([list(setting.changes.values())[place] for setting in found])
        parts = np.floor((values - low) / (high - low) * 16).astype(int)
        assert sorted(parts) == list(range(16)), "one sample in each sixteenth"
    assert design(bounds, "sample", samples=16, seed=3) == found
    assert design(bounds, "sample", samples=16, seed=4) != found


def test_a_sweep_is_a_scenario_for_each_setting() -> None:
    sweep = load_sweep("fei", RATES | {"deposits.idle.user_balance": [1e8]})
    assert sweep.table() == {
        "deposits.savings.rate": [0.01, 0.03],
        "deposits.idle.user_balance": [1e8, 1e8],
    }
    for scenario, rate in zip(sweep.scenarios, (0.01, 0.03), strict=True):
        overrides = {"deposits.savings.rate": rate, "deposits.idle.user_balance": 1e8}
        assert scenario.toml == load_scenario("fei", overrides).toml


def test_a_table_in_the_file_says_the_same() -> None:
    text = load_scenario("fei").toml + "[sweep.set]\ndeposits.savings.rate = [0.01, 0.03]\n"
    assert load_sweep(text).labels == load_sweep("fei", RATES).labels
    assert load_scenario(text).steps == 365, "and a run of the file runs the scenario itself"


def test_the_text_of_a_sweep_loads_back_to_it() -> None:
    sweep = load_sweep("savings-rate", DURATIONS)
    again = load_sweep(sweep.toml)
    assert again.labels == sweep.labels
    assert [one.toml for one in again.scenarios] == [
        one.toml.replace(f'name = "{one.name}"', f'name = "{label}"')
        for one, label in zip(sweep.scenarios, sweep.labels, strict=True)
    ]


def test_the_savings_rate_study_has_the_four_built_in_settings() -> None:
    sweep = load_sweep("savings-rate")
    names = ("savings-0.5pct", "savings-3pct", "savings-3pct-then-off", "savings-off")
    assert sweep.labels == names
    assert [one.toml for one in sweep.scenarios] == [load_scenario(name).toml for name in names]
    assert sweep.keys == ("deposits.savings.rate",)


def test_values_are_crossed_with_the_settings_of_a_study() -> None:
    sweep = load_sweep("savings-rate", {"rebalancing.duration_days": [7, 30]})
    assert len(sweep.scenarios) == 8
    assert sweep.labels[1] == "savings-0.5pct, duration_days=30"


def test_settings_of_one_label_are_told_apart_by_their_number() -> None:
    days = [[day, 0.02] for day in range(1, 20)]
    long = [[[0, 0.01], *days, [30, middle], *([40 + d, r] for d, r in days)] for middle in (0, 1)]
    labels = load_sweep("fei", {"deposits.savings.rate": long}).labels
    assert len(set(labels)) == 2 and labels[0].startswith("1: savings.rate=[[0, 0.01]")


@pytest.mark.parametrize(
    ("axes", "options", "message"),
    [
        ({}, {}, "sweep: expected several settings, got none"),
        (RATES | DURATIONS, {"mode": "zip"}, "as many values of each key, got 2 of .*, 3 of"),
        (RATES, {"mode": "grit"}, 'mode: expected "grid", "zip" or "sample", got "grit"'),
        (RATES, {"mode": "sample"}, "samples: expected a number of samples with mode sample"),
        (RATES, {"samples": 4}, "samples: expected a number of samples with mode sample"),
        (DURATIONS, {"mode": "sample", "samples": 4}, "two numbers to sample between"),
        (RATES, {"overrides": {"deposits.savings.rate": 0.1}}, "a key that is not swept"),
        ({"deposits.savings.rate": [0.01, -1.0]}, {}, "deposits.savings.rate: expected .* got -1"),
        ({"deposits.saving.rate": [0.01, 0.1]}, {}, 'a known deposit, got "saving"'),
        ({"steps": 5}, {}, "steps: expected a list of values, got 5"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    axes: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ScenarioError, match=message):
        load_sweep("fei", axes, **options)


def test_a_key_swept_twice_is_refused() -> None:
    with pytest.raises(ScenarioError, match="deposits.savings.rate: expected one sweep of this"):
        load_sweep("savings-rate", RATES)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"sets": {}}, 'sweep: expected a known key, got "sets". Did you mean "set"'),
        ({}, "sweep: expected set or settings, got neither"),
        ({"set": [1]}, "sweep.set: expected a table"),
        ({"settings": [{"set": {}}]}, r"sweep.settings\[0\].name: expected a name, got nothing"),
        ({"settings": ["a"]}, r"sweep.settings\[0\]: expected a table"),
        ({"settings": {"name": "a"}}, "sweep.settings: expected a list of tables"),
        ({"set": {"steps": [1, 2]}, "samples": "4"}, "sweep.samples: expected a whole number"),
        ([1], "sweep: expected a table"),
    ],
)
def test_a_table_that_cannot_be_is_refused_by_sweeps_and_runs(table: Any, message: str) -> None:
    for load in (load_sweep, load_scenario):
        with pytest.raises(ScenarioError, match=message):
            load("fei", overrides={"sweep": table})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("steps=1,,2", "expected a value between commas"),
        ("steps", "expected path=value"),
        ("steps=1,!", "expected a TOML value"),
    ],
)
def test_text_that_is_no_list_of_values_is_refused(text: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        parse_axes([text])


def test_a_key_given_twice_is_refused() -> None:
    with pytest.raises(ScenarioError, match="--set steps: expected each key once, got it twice"):
        parse_axes(["steps=1,2", "steps=3"])
