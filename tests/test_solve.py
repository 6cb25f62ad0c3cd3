"""Inverse design against cases whose answer is known."""

import functools
import json

import numpy as np
import pytest

import camjax
from camjax.cli import main
from camjax.errors import CamjaxError
from camjax.questions import ask, find, maximise

RATE = "deposits.savings.rate"
CONSTANT = {
    "steps": 8,
    "drivers.volatile_asset_price": {"process": "constant", "value": 2000.0},
    "drivers.utilization": {"process": "constant", "value": 0.7},
}


@functools.cache
def constant() -> camjax.Scenario:
    return camjax.load_scenario("fei", CONSTANT)


@functools.cache
def random() -> camjax.Scenario:
    return camjax.load_scenario("fei", {"steps": 8})


def known_rate(share: float) -> float:
    """Where nothing changes W is proportional to yields: s / (s + y) of the money market's y.

    The pool earns nothing, idle nothing, and yields that never move have no risk.
    """
    borrow = 0.7 * 2.3782343987e-8 * 2_102_400
    money_market = 0.7 * (borrow * 0.7 * 0.75)
    return money_market * share / (1 - share)


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_the_rate_at_which_savings_has_a_target_share_is_the_known_one(share: float) -> None:
    condition = f"E(target_weight[savings]) >= {share}"
    found = find(constant(), RATE, "min", condition, between=(0.001, 0.2))
    assert found.value == pytest.approx(known_rate(share), rel=1e-9)
    assert abs(found.value - known_rate(share)) < 1e-6
    assert found.verdict == "holds"
    assert not found.at_bound
    upper = find(constant(), RATE, "max", condition.replace(">", "<"), between=(0.001, 0.2))
    assert upper.value == pytest.approx(found.value, rel=1e-9)


def test_the_peak_of_a_parabola_is_found_by_its_derivative() -> None:
    share = "E(target_weight[savings])"
    goal = f"{share} - {share} * {share} / 1.2"  # largest where the share is 0.6
    found = maximise(constant(), RATE, goal, between=(0.001, 0.2))
    assert found.value == pytest.approx(known_rate(0.6), rel=1e-8)
    assert found.check.estimate == pytest.approx(0.3, rel=1e-12)


@pytest.mark.slow
def test_intervals_hold_the_answer_of_many_paths() -> None:
    condition = "E(share[savings]) >= 0.6"
    found = find(random(), RATE, "min", condition, between=(0.005, 0.05), paths=256)
    many = find(random(), RATE, "min", condition, between=(0.005, 0.05), paths=2048, seed=7)
    assert found.low < found.value < found.high
    assert many.high - many.low < found.high - found.low
    assert found.low < many.value < found.high
    assert found.check.seed == 1
    assert found.verdict in ("holds", "open")


def test_a_probability_is_held_where_the_search_says() -> None:
    condition = "P(share[savings] > 0.55) >= 0.9"
    found = find(random(), RATE, "min", condition, between=(0.005, 0.05), paths=512)
    scenario = camjax.load_scenario("fei", {"steps": 8, RATE: found.value})
    assert ask(scenario, "P(share[savings] > 0.55)", paths=512).estimate >= 0.9
    below = camjax.load_scenario("fei", {"steps": 8, RATE: found.value - 1e-6})
    assert ask(below, "P(share[savings] > 0.55)", paths=512).estimate < 0.9


def test_what_cannot_be_had_is_said() -> None:
    condition = "E(target_weight[savings]) >= 0.99"
    found = find(constant(), RATE, "min", condition, between=(0.001, 0.02))
    assert found.value is None
    at, margin = found.nearest
    assert at == 0.02
    assert margin < 0


def test_an_answer_at_a_bound_is_said() -> None:
    found = find(constant(), RATE, "min", "E(target_weight[savings]) >= 0.01", between=(0.01, 0.02))
    assert (found.value, found.at_bound) == (0.01, True)
    peak = maximise(constant(), RATE, "E(target_weight[savings])", between=(0.01, 0.02))
    assert (peak.value, peak.at_bound) == (0.02, True)


def test_ranges_that_a_file_refuses_are_refused() -> None:
    with pytest.raises(CamjaxError, match="low:high"):
        find(constant(), "deposits.money_market.kink", "min", "E(yield[idle]) >= 0", between=(0, 2))
    with pytest.raises(CamjaxError, match="a range, since its value is 0"):
        find(constant(), "deposits.savings.user_balance", "min", "E(yield[idle]) >= 0")


def test_the_command_answers(capsys: pytest.CaptureFixture[str]) -> None:
    constants = [
        f"--set={path}={value}"
        for path, value in {
            "steps": 8,
            "drivers.volatile_asset_price": '{process="constant", value=2000.0}',
            "drivers.utilization": '{process="constant", value=0.7}',
        }.items()
    ]
    command = ["solve", "fei", *constants, "--vary", f"{RATE}=0.001:0.2", "--find", "min"]
    held = ["--such-that", "E(target_weight[savings]) >= 0.5"]
    assert main([*command, *held, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    np.testing.assert_allclose(found["value"], known_rate(0.5), rtol=1e-9)
    assert (found["verdict"], found["at_bound"]) == ("holds", False)
    assert main([*command, *held]) == 0
    assert capsys.readouterr().out.startswith(f"{RATE} = {known_rate(0.5):.9g}; 1 path, seed 0")
    assert main([*command, "--such-that", "E(target_weight[savings]) >= 2"]) == 0
    assert capsys.readouterr().out.startswith("Infeasible: ")
    for bad in ([], ["--such-that", "E(share[savings])"], [*held, "--maximise", "E(cost)"]):
        assert main([*command, *bad]) == 2
        output = capsys.readouterr()
        assert output.out == ""
        assert output.err.startswith("camjax: ")
