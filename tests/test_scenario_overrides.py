"""Overrides: dotted paths, TOML values, and what `--set` makes of a string."""

import datetime
import tomllib
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from camjax.errors import ScenarioError
from camjax.scenario import load_scenario, parse_overrides


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        (" 0.5 ", 0.5),
        ("1e6", 1e6),
        ("true", True),
        ('"a b"', "a b"),
        ("[[0, 0.03], [183, 0.0]]", [[0, 0.03], [183, 0.0]]),
        ('{process = "constant", value = 0.7}', {"process": "constant", "value": 0.7}),
        ("2022-06-22", datetime.date(2022, 6, 22)),
        ("pairwise", "pairwise"),
        ("../data/my drivers.csv", "../data/my drivers.csv"),
        ("True", "True"),
    ],
)
def test_value_is_toml_and_a_bare_word_is_text(text: str, value: object) -> None:
    assert parse_overrides([f"a.b={text}"]) == {"a.b": value}


def test_a_key_that_is_set_twice_is_refused() -> None:
    with pytest.raises(ScenarioError, match="--set steps: expected each key once, got it twice"):
        parse_overrides(["steps=3", "steps = 4"])


@pytest.mark.parametrize(
    ("assignment", "fragments"),
    [
        ("steps", ("--set", "path=value", '"steps"')),
        ("=3", ("--set", "path=value")),
        ("", ("--set", "path=value")),
        ("steps=", ("--set steps: expected a TOML value",)),
        ("deposits.savings.rate=[[0, 0.03]", ("--set deposits.savings.rate", "[[0, 0.03]")),
        ("steps=1.2.3", ("--set steps", '"1.2.3"')),
        ("steps=3\ndt_days=4", ("--set steps", "a TOML value")),
        ('name="half', ("--set name",)),
    ],
)
def test_bad_assignment_is_refused(assignment: str, fragments: tuple[str, ...]) -> None:
    with pytest.raises(ScenarioError) as refused:
        parse_overrides([assignment])
    for fragment in fragments:
        assert fragment in str(refused.value)


@pytest.mark.parametrize(
    ("overrides", "fragments"),
    [
        ({"": 1}, ("an empty part",)),
        ({"weights.": 1}, ('"weights."', "an empty part")),
        ({"weights..rule": 1}, ("an empty part",)),
        ({"deposits.saving.rate": 0.1}, ("deposits.saving", 'Did you mean "savings"?')),
        ({"deposits.savings": 0.1}, ("deposits.<name>.<key>",)),
        ({"deposits.savings.rate.day": 1}, ("deposits.savings.rate to be a table", "0.015")),
        ({"steps.x": 1}, ("steps.x: expected steps to be a table, got 365",)),
        ({"drivers.utilization.mean.x": 1}, ("drivers.utilization.mean to be a table",)),
        ({"weigths.rule": "pairwise"}, ("weigths", 'Did you mean "weights"?')),
        ({"weights.yield_windw": 3}, ("weights.yield_windw", 'mean "yield_window"')),
        ({"weights.yield_window": "x"}, ("weights.yield_window", 'got "x"')),
        ({"drivers.savings_rate.value": 1}, ("drivers.savings_rate.process", "got nothing")),
        ({"deposits": []}, ("deposits: expected at least two",)),
    ],
)
def test_bad_override_is_refused(overrides: dict[str, Any], fragments: tuple[str, ...]) -> None:
    with pytest.raises(ScenarioError) as refused:
        load_scenario("fei", overrides)
    message = str(refused.value)
    assert message.startswith("fei: ")
    for fragment in fragments:
        assert fragment in message


def test_override_reaches_deposits_by_name_and_makes_missing_tables() -> None:
    scenario = load_scenario(
        "fei",
        {
            "deposits.savings.rate": 0.03,
            "weights.factor.money_market": 2,
            "drivers.utilization.mean": 0.8,
            "drivers.fei_price": {"process": "constant", "value": 1.01},
        },
    )
    model: Any = scenario.model
    processes: Any = scenario.processes.processes
    assert model.deposits[2].rate == 0.03
    assert model.weights.rule.preferences.factor.stack().tolist() == [1, 2, 1, 1]
    assert processes["utilization"].mean == 0.8
    assert processes["fei_price"].value == 1.01


def test_override_leaves_what_it_is_laid_over_alone() -> None:
    document = {"steps": 3, "weights": {"rule": "endogenous"}}
    with pytest.raises(ScenarioError):
        load_scenario(document, {"weights.rule": "pairwise", "market.risk_window": 5})
    assert document == {"steps": 3, "weights": {"rule": "endogenous"}}


def test_override_of_one_memory_replaces_the_other() -> None:
    faded = load_scenario("fei", {"weights.yield_half_life_days": 2})
    assert faded.document.weights.yield_window is None
    assert load_scenario(
        tomllib.loads(faded.toml), {"weights.yield_window": 5}
    ).document.weights == (load_scenario("fei", {"weights.yield_window": 5}).document.weights)
    with pytest.raises(ScenarioError, match="got both"):
        load_scenario("fei", {"weights.yield_half_life_days": 2, "weights.yield_window": 5})


def test_numbers_may_come_from_numpy_and_jax() -> None:
    scenario = load_scenario(
        "fei",
        {
            "steps": np.int64(3),
            "deposits.savings.rate": jnp.asarray(0.25),
            "weights.concentration": np.ones(4, np.float32),
            "weights.rule": "exogenous",
        },
    )
    assert scenario.steps == 3
    assert scenario.document.weights.concentration == [1.0] * 4
    savings: Any = scenario.model.deposits[2]
    assert savings.rate == 0.25
