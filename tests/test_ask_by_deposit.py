"""Quantities of one market or pool among several, and of what has been emptied, asked anywhere."""

import json
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import xarray
from shared import CASES

import camjax
from camjax import analysis
from camjax.cli.app import main
from camjax.ensemble import Event, FirstTime, run_ensemble, run_until
from camjax.errors import CamjaxError
from camjax.questions import Statistic, ask
from camjax.results import statistics, undone
from camjax.sweeps import sweep

KEY = jax.random.key(0)
MARKET = {"type": "money_market", "user_balance": 100.0, "protocol_balance": 0.0}
NOISE = {"process": "gaussian_noise", "std": 0.05}
TWO: dict[str, Any] = {
    "steps": 4,
    "deposits": [
        {"name": "dsr", "type": "savings", "user_balance": 50.0, "rate": 0.05},
        {"name": "aave", **MARKET},
        {"name": "compound", **MARKET},
    ],
    "weights": {"exposure": {"aave": 0.0, "compound": 0.0}},
    "drivers": {
        "utilization_aave": {**NOISE, "mean": 0.7},
        "utilization_compound": {**NOISE, "mean": 0.4},
    },
}
EMPTIED: dict[str, Any] = {
    "steps": 5,
    "deposits": [
        {"name": "savings", "type": "savings", "user_balance": 0.0},
        {"name": "idle", "type": "idle", "user_balance": 90.0},
    ],
    "weights": {"rule": "prescribed"},
    "drivers": {
        "savings_rate": {**NOISE, "mean": 0.2},
        "target_savings": {"process": "constant", "value": 0.4},
        "target_idle": {"process": "constant", "value": 0.6},
        "mint_redeem": {"process": "schedule", "values": [0.0, -500.0], "days": [0, 1]},
    },
}
"""Everything is idle and all of it is redeemed in the first step."""


@pytest.fixture(scope="module")
def two() -> xarray.Dataset:
    """Paths of two markets."""
    return sweep(TWO, {"deposits.dsr.rate": [0.05]}, paths=6).isel(setting=0, drop=True)


@pytest.fixture(scope="module")
def emptied() -> xarray.Dataset:
    """Paths on which nothing is left."""
    return sweep(EMPTIED, {"name": ["emptied"]}, paths=3)


def file_of(document: dict[str, Any], folder: Path) -> Path:
    """A scenario as a file."""
    path = folder / "scenario.toml"
    path.write_text(camjax.load_scenario(document).toml)
    return path


def test_each_market_is_asked_by_its_name_in_every_way(two: xarray.Dataset) -> None:
    scenario, at_end = camjax.load_scenario(TWO), two.utilization.isel(step=-1)
    for name in ("aave", "compound"):
        of = f"utilization[{name}]"
        own = at_end.sel(money_market=name)
        assert ask(scenario, f"E({of})", paths=6).estimate == pytest.approx(float(own.mean()))
        assert float(analysis.snapshot(two, of)["mean"]) == pytest.approx(float(own.mean()))
        event = f"{of} > 0.6"
        found = run_ensemble(scenario, 6, KEY, [FirstTime(Event.parse(event))])
        seen = two.utilization.sel(money_market=name) > 0.6
        counted = found[f"P({event})"].count
        np.testing.assert_array_equal(counted, seen.sum("path"))
        assert float(analysis.probability(two, event).probability) * 6 == counted[-1]
    precise = run_until(scenario, 1.0, of, KEY, max_paths=6)
    assert precise.estimate.value == pytest.approx(float(own.mean()))


def test_the_lone_market_may_be_named_or_not() -> None:
    one = {**TWO, "deposits": TWO["deposits"][:2], "weights": {"exposure": {"aave": 0.0}}}
    one["drivers"] = {"utilization_aave": TWO["drivers"]["utilization_aave"]}
    scenario = camjax.load_scenario(one)
    answers = {ask(scenario, of, paths=5).estimate for of in ("utilization", "utilization[aave]")}
    assert len(answers) == 1
    results = sweep(one, {"steps": [2]}, paths=5)
    named, plain = (analysis.quantity(results, of) for of in ("utilization[aave]", "utilization"))
    np.testing.assert_array_equal(named, plain)
    with pytest.raises(CamjaxError, match=r"utilization\[dsr\]: expected no deposit, got dsr"):
        analysis.quantity(results, "utilization[dsr]")


def test_a_market_that_is_not_named_among_several_is_asked_for() -> None:
    scenario = camjax.load_scenario(TWO)
    with pytest.raises(CamjaxError, match="expected one of aave, compound, got no deposit"):
        ask(scenario, "E(utilization)")
    with pytest.raises(CamjaxError, match="expected one of aave, compound, got dsr"):
        ask(scenario, "E(utilization[dsr])")
    with pytest.raises(CamjaxError, match="expected one of aave, compound, got no deposit"):
        run_until(scenario, 1.0, "utilization", KEY)


@pytest.mark.slow
def test_a_run_asks_what_questions_ask(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, two: xarray.Dataset
) -> None:
    file, scenario = file_of(TWO, tmp_path), camjax.load_scenario(TWO)
    asked = ("--until-ci", "1", "--of", "cost", "--event", "cost > 0.02")
    assert main(["run", str(file), *asked, "--paths", "6", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (event,), estimate = told["events"], told["estimate"]
    assert estimate["of"] == "cost"
    answered = ask(scenario, "cost", paths=6)
    assert estimate["value"] == pytest.approx(answered.estimate, rel=1e-12)
    happens = "mean share[dsr] > 0.1 and utilization[aave] > 0.6"
    precise = run_until(scenario, 1.0, Statistic(happens, 4), KEY, max_paths=6).estimate
    assert precise.of == happens
    assert precise.value == ask(scenario, f"P({happens})", paths=6).estimate
    cost = analysis.savings_cost(two, deposit="dsr").cumsum("step")
    assert event["probability"] == float((cost[:, -1] > 0.02).mean())
    assert 0.0 < float(cost[0, 0]) < 0.02 < float(cost[0, -1]), "it is so only from some step on"


def test_a_statistic_is_one_mean_or_probability() -> None:
    for text in ("quantile(cost, 0.5)", "E(cost) - E(cost)", "E(cost | steps=3)"):
        with pytest.raises(CamjaxError, match="expected one mean or probability"):
            Statistic(text, 3)
    with pytest.raises(CamjaxError, match="allocation"):
        outside = camjax.load_scenario("fei", {"deposits.savings.allocated": False, "steps": 2})
        ask(outside, "share[savings]")


def test_shares_of_nothing_are_the_last_there_were_wherever_they_are_asked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, emptied: xarray.Dataset
) -> None:
    scenario, file = camjax.load_scenario(EMPTIED), file_of(EMPTIED, tmp_path)
    assert (emptied.balance == 0).all()
    np.testing.assert_array_equal(emptied.target_weight.sel(deposit="idle"), 1.0)
    np.testing.assert_array_equal(analysis.shares(emptied).sel(deposit="idle"), 1.0)
    share = statistics(emptied.isel(setting=0).assign(share=analysis.shares(emptied)[0])).share
    assert share.sel(deposit="idle", statistic="mean")[-1] == 1
    assert float(analysis.probability(emptied, "share[idle] > 0.6").probability[0]) == 1
    assert ask(scenario, "P(share[idle] > 0.6)", paths=3).estimate == 1
    assert ask(scenario, "concentration", paths=3).estimate == 1
    event = "share[idle] > 0.6"
    for options in ((), ("--event", event)):
        assert main(["run", str(file), "--paths", "3", *options, "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["deposits"][1]["share"] == {"mean": 1.0, "q05": 1.0, "q95": 1.0}
        assert [one["flag"] for one in told["flags"]] == ["allocation_emptied", "shortfall"]
    assert told["events"][0]["probability"] == 1
    assert main(["run", str(file), "--paths", "3"]) == 0
    printed = capsys.readouterr().out
    assert "nan" not in printed and "on 3 of 3 paths" in printed
    assert printed.index("nothing was left to allocate") < printed.index("final balance")
    assert [one.flag for one in undone(emptied)[0]] == ["allocation_emptied", "shortfall"]


def test_the_case_of_another_token_is_answered() -> None:
    dai = camjax.load_scenario(CASES / "dai.toml", {"steps": 3})
    found = ask(dai, "E(utilization[aave])", paths=2)
    assert 0.5 < found.estimate < 1
