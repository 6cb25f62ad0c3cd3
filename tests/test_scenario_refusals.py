"""Every key that is wrong in itself ends in one line: where, expected, got, remedy."""

from pathlib import Path
from typing import Any

import pytest
from scenario_documents import MISSING, PRICE, assert_refused, changed

from camjax.errors import ScenarioError
from camjax.scenario import load_scenario

CASES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    # Unknown keys, at every level.
    "unknown key": ({"step": 3}, ("step: expected a known key, got", 'mean "steps"')),
    "unknown key of a deposit": (
        {"deposits.market.kinc": 0.8},
        ("deposits.market.kinc", 'Did you mean "kink"?'),
    ),
    "key of another deposit type": (
        {"deposits.idle.rate": 0.1},
        ("deposits.idle.rate", "name, type, user_balance, allocated"),
    ),
    "misspelt required key": (
        {"deposits.idle.user_balance": MISSING, "deposits.idle.user_balanse": 1.0},
        ("deposits.idle.user_balanse", 'Did you mean "user_balance"?'),
    ),
    "unknown key of weights": ({"weights.elastisity": 1.0}, ('mean "elasticity"',)),
    "unknown key of rebalancing": ({"rebalancing.duration": 30.0}, ('mean "duration_days"',)),
    "unknown key of market": ({"market.window": 30}, ("market.window", "risk_window")),
    "unknown key of a process": (
        {"drivers.utilization.sd": 0.1},
        ("drivers.utilization.sd", 'mean "std"'),
    ),
    "unknown driver": (
        {"drivers.utilisation": PRICE},
        ("drivers.utilisation", 'Did you mean "utilization"?'),
    ),
    "driver of an unknown deposit": (
        {"drivers.utilization_aave": PRICE},
        ("drivers.utilization_aave", 'mean "utilization_market"'),
    ),
    "driver of another type's deposit": (
        {"drivers.savings_rate_idle": {"process": "constant", "value": 0.1}},
        ("drivers.savings_rate_idle",),
    ),
    # Required keys.
    "no steps": ({"steps": MISSING}, ("steps: expected a whole number ≥ 1, got nothing",)),
    "no deposits": ({"deposits": MISSING}, ("deposits: expected a list, got nothing",)),
    "no deposits in the list": ({"deposits": []}, ("deposits: expected at least two",)),
    "no user balance": (
        {"deposits.idle.user_balance": MISSING},
        ("deposits.idle.user_balance: expected a number ≥ 0, got nothing",),
    ),
    "no protocol liquidity": (
        {"deposits.pool.protocol_tvl_usd": MISSING},
        ("deposits.pool.protocol_tvl_usd", "got nothing"),
    ),
    "no protocol balance": (
        {"deposits.market.protocol_balance": MISSING},
        ("deposits.market.protocol_balance", "got nothing"),
    ),
    "no name": ({"deposits.savings.name": MISSING}, ("deposits[2].name", "got nothing")),
    "no type": (
        {"deposits.idle.type": MISSING},
        ("deposits.idle.type", '"idle" or "external"', "got nothing"),
    ),
    "no parameter of a process": (
        {"drivers.utilization.std": MISSING},
        ("drivers.utilization.std: expected a number ≥ 0, got nothing",),
    ),
    "no process": (
        {"drivers.utilization.process": MISSING},
        ("drivers.utilization.process", '"constant"', "got nothing"),
    ),
    # Types.
    "text for a number": ({"steps": "365"}, ("steps: expected a whole number ≥ 1", '"365"')),
    "a fraction for a count": ({"steps": 1.5}, ("steps", "1.5")),
    "true for a number": (
        {"deposits.idle.user_balance": True},
        ("deposits.idle.user_balance", "a number ≥ 0", "true"),
    ),
    "true for a count": ({"weights.yield_window": True}, ("weights.yield_window", "true")),
    "a number for true or false": (
        {"deposits.idle.allocated": 1},
        ("deposits.idle.allocated: expected true or false, got 1",),
    ),
    "a number for text": ({"name": 3}, ("name: expected text in quotes, got 3",)),
    "a number for a table": ({"weights": 3}, ("weights: expected a table, got 3",)),
    "a table for a list": ({"deposits": {"idle": {}}}, ("deposits: expected a list",)),
    "a number for a deposit": ({"deposits": [1, 2]}, ("deposits[0]: expected a table, got 1",)),
    "a value for a process": (
        {"drivers.utilization": 0.7},
        ("drivers.utilization: expected a table", "0.7"),
    ),
    "a misspelt key of drivers": ({"drivers.fil": "x.csv"}, ("drivers.fil", 'mean "file"')),
    "text for a date": ({"start_date": "2022"}, ("start_date", "a date such as 2022-06-22")),
    "a list for a number": ({"dt_days": [1.0]}, ("dt_days: expected a number > 0, got [1.0]",)),
    # Ranges.
    "another format": ({"schema": 2}, ("schema: expected 1, got 2",)),
    "no step": ({"steps": 0}, ("steps", "≥ 1", "got 0")),
    "no time": ({"dt_days": 0.0}, ("dt_days", "> 0")),
    "not a number": ({"dt_days": float("nan")}, ("dt_days", "got nan")),
    "infinite": (
        {"deposits.pool.protocol_tvl_usd": float("inf")},
        ("deposits.pool.protocol_tvl_usd", "got inf"),
    ),
    "beyond every float": (
        {"deposits.idle.user_balance": 10**400},
        ("got a whole number of 401 digits",),
    ),
    "negative balance": (
        {"deposits.idle.user_balance": -1.0},
        ("deposits.idle.user_balance: expected a number ≥ 0, got -1.0",),
    ),
    "kink above 1": (
        {"deposits.market.kink": 80},
        ("deposits.market.kink: expected a number in (0, 1), got 80", "80 % is written 0.8"),
    ),
    "fee in percent": (
        {"deposits.pool.trading_fee": 1.0},
        ("deposits.pool.trading_fee", "[0, 1)", "0.003"),
    ),
    "reserve factor in percent": ({"deposits.market.reserve_factor": 25}, ("[0, 1]", "0.25")),
    "negative savings rate": ({"deposits.savings.rate": -0.1}, ("deposits.savings.rate", "-0.1")),
    "schedule not from day 0": (
        {"deposits.savings.rate": [[1, 0.03], [2, 0.0]]},
        ("deposits.savings.rate", "days rising from 0", "[[1, 0.03], [2, 0.0]]"),
    ),
    "schedule out of order": (
        {"deposits.savings.rate": [[0, 0.03], [5, 0.0], [3, 0.1]]},
        ("deposits.savings.rate", "days rising from 0"),
    ),
    "schedule of single numbers": ({"deposits.savings.rate": [0, 1]}, ("[[day, rate], …]",)),
    "empty schedule": ({"deposits.savings.rate": []}, ("deposits.savings.rate",)),
    "negative window": ({"weights.yield_window": 0}, ("weights.yield_window", "≥ 1")),
    "negative risk window": ({"market.risk_window": -3}, ("market.risk_window", "≥ 1")),
    "cap above 1": ({"weights.cap": 1.2}, ("weights.cap", "(0, 1]")),
    "negative factor": ({"weights.factor.idle": -1}, ("weights.factor.idle", "≥ 0")),
    "negative volatility": ({"drivers.utilization.std": -1}, ("drivers.utilization.std", "≥ 0")),
    "name with a space": (
        {"deposits.savings.name": "my savings"},
        ("deposits.my savings.name", "letters, digits, _ and -"),
    ),
    "empty name": ({"deposits.savings.name": ""}, ("deposits[2].name", 'got ""')),
    # Choices.
    "unknown deposit type": (
        {"deposits.savings.type": "saving"},
        ("deposits.savings.type", 'got "saving"', 'Did you mean "savings"?'),
    ),
    "unknown rule": (
        {"weights.rule": "endogenuous"},
        ("weights.rule", '"endogenous", "exogenous"', 'Did you mean "endogenous"?'),
    ),
    "unknown law": ({"rebalancing.law": "linear"}, ("rebalancing.law", '"sqrt" or "exponential"')),
    "unknown settlement": ({"rebalancing.settlement": 1}, ("rebalancing.settlement", "got 1")),
    "unknown accounting": ({"rebalancing.accounting": "x"}, ("rebalancing.accounting",)),
    "unknown transfers": ({"rebalancing.transfers": "x"}, ("rebalancing.transfers",)),
    "unknown precision": ({"precision": "float16"}, ("precision", '"float64" or "float32"')),
    "larger than float32 holds": (
        {"precision": "float32", "deposits.savings.rate": 1e308},
        ("precision", "numbers that float32 holds, up to 3.4e+38, got 1e+308", "float64"),
    ),
    "unknown idle weight": ({"weights.idle_weight": "none"}, ('"floor" or "zero"',)),
    "unknown process": (
        {"drivers.utilization.process": "gausian_noise"},
        ("drivers.utilization.process", 'Did you mean "gaussian_noise"?'),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_document_is_refused_in_one_line_that_says_where_and_what(case: str) -> None:
    changes, fragments = CASES[case]
    assert_refused(changed(changes), fragments)


def test_document_that_the_bad_ones_are_made_of_is_good() -> None:
    assert load_scenario(changed({})).steps == 4


@pytest.mark.parametrize(
    ("content", "fragments"),
    [
        (b"steps = ", ("expected TOML", "end of document")),
        (b"steps = 3\nsteps = 4\n", ("expected TOML", "line 2")),
        (b"\x89HDF\r\n\x1a\n\xff\xfe", ("expected text in UTF-8", "0x89")),
        (b"", ("steps", "got nothing")),
    ],
)
def test_file_that_is_no_scenario_is_refused_by_name(
    tmp_path: Path, content: bytes, fragments: tuple[str, ...]
) -> None:
    path = tmp_path / "scenario.toml"
    path.write_bytes(content)
    with pytest.raises(ScenarioError) as refused:
        load_scenario(path)
    for fragment in (str(path), *fragments):
        assert fragment in str(refused.value)


def test_folder_is_refused_with_the_file_in_it(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"got a folder\. Perhaps .*scenario\.toml"):
        load_scenario(tmp_path)


def test_missing_file_is_refused_with_where_it_was_looked_for() -> None:
    with pytest.raises(ScenarioError, match=r"expected a TOML file, got \"none/such\.toml\""):
        load_scenario("none/such.toml")


def test_misspelt_builtin_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ScenarioError, match='Did you mean "fei-reference"?'):
        load_scenario("fei-referense")
