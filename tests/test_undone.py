"""What a run could not do is said wherever it is summed up."""

import json
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import xarray
from shared import CASES

import camjax
from camjax.cli.app import main
from camjax.ensemble import Flags, UndonePaths, run_ensemble
from camjax.flags import STATUS_FLAGS
from camjax.questions import ask, find
from camjax.report import build_report
from camjax.results import statistics, to_dataset, undone
from camjax.scenario import load_sweep
from camjax.sweeps import run_sweep, sweep

STEPS = 12
RUN = CASES / "run-on-the-token.toml"
FLOW = {"process": "schedule", "values": [0.0, -30e6, 0.0], "days": [0, 8, 10]}
"""Idle is empty by then: two steps ask for 60 million and get a little."""
SMALL: dict[str, Any] = {
    "steps": STEPS,
    "deposits": [
        {"name": "market", "type": "money_market", "user_balance": 0.0, "protocol_balance": 3e6},
        {"name": "savings", "type": "savings", "user_balance": 3e6, "rate": 0.02},
        {"name": "idle", "type": "idle", "user_balance": 7e6},
    ],
    "weights": {"exposure": {"market": 0.0}},
    "drivers": {
        "utilization": {"process": "gaussian_noise", "mean": 0.7, "std": 0.1},
        "mint_redeem": FLOW,
    },
}
SCENARIO = camjax.load_scenario(SMALL)


def trajectories(paths: int = 3) -> camjax.Trajectory:
    """Some paths, as anybody simulates them."""

    def path(number: jax.Array) -> camjax.Trajectory:
        key = jax.random.fold_in(jax.random.key(0), number)
        return camjax.simulate(SCENARIO.model, SCENARIO.sample_drivers(key), key)

    return jax.vmap(path)(np.arange(paths, dtype=np.int32))


def answer(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What a command prints."""
    assert main([str(each) for each in arguments]) == 0
    return capsys.readouterr().out


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world as a file."""
    path = tmp_path_factory.mktemp("undone") / "scenario.toml"
    path.write_text(SCENARIO.toml)
    return path


def test_every_step_and_path_says_what_it_could_not_do() -> None:
    found = trajectories()
    short = np.asarray(found.mint_redeem_shortfall) > 0
    status = np.asarray(found.status)
    bits = {name: bit for bit, name in STATUS_FLAGS.items()}
    np.testing.assert_array_equal((status & bits["shortfall"]) > 0, short)
    assert short.any(axis=1).all() and not short.all()
    np.testing.assert_array_equal(found.path_status, np.bitwise_or.reduce(status, axis=1))


def test_results_hold_a_status_and_the_shortfall_of_each_path() -> None:
    found = trajectories()
    results = to_dataset(found, SCENARIO.model, scenario=SCENARIO)
    assert results.path_status.dims == ("path",)
    assert results.path_status.attrs["flag_meanings"].split() == list(STATUS_FLAGS.values())
    np.testing.assert_array_equal(results.path_status, found.path_status)
    unpaid = np.asarray(found.mint_redeem_shortfall).sum(axis=1)
    np.testing.assert_allclose(results.path_shortfall, unpaid)
    np.testing.assert_allclose(results.path_redemption, 60e6)
    ((one,),) = undone(results)
    assert (one.flag, one.num_paths, one.of_paths, one.step) == ("shortfall", 3, 3, 8)
    assert one.amount == pytest.approx(unpaid.mean()) and one.asked == pytest.approx(60e6)


def test_statistics_and_streamed_counts_say_what_paths_say() -> None:
    results = to_dataset(trajectories(), SCENARIO.model, scenario=SCENARIO)
    ((paths,),) = undone(results)
    kept = statistics(results).assign_attrs(paths=3)
    ((counted,),) = undone(kept)
    assert kept.flagged_paths.sel(flag="shortfall") == 3
    for one in (
        counted,
        *run_ensemble(SCENARIO, 3, jax.random.key(0), [UndonePaths(SCENARIO.model.names), Flags()])[
            "undone"
        ],
    ):
        assert (one.flag, one.num_paths, one.of_paths, one.step) == ("shortfall", 3, 3, 8)
        assert one.amount == pytest.approx(paths.amount) and one.asked == pytest.approx(60e6)


def test_counts_of_many_blocks_are_those_of_all_paths() -> None:
    reducer = UndonePaths(SCENARIO.model.names)
    (one,) = run_ensemble(SCENARIO, 1100, jax.random.key(0), [reducer])["undone"]
    assert (one.num_paths, one.of_paths, one.path, one.step) == (1100, 1100, 0, 8)
    assert one.asked == pytest.approx(60e6)


def test_a_remainder_is_raised_where_settlement_falls_short() -> None:
    reference = sweep(SMALL, {"rebalancing.settlement": ["sequential", "netted"]}, paths=2)
    first, second = undone(reference)
    assert [one.flag for one in first] == ["shortfall", "remainder"]
    assert [one.flag for one in second] == ["shortfall"]
    raised = (reference.status.isel(setting=0).astype(int) & 16) > 0
    stuck = (np.abs(reference.remainder.isel(setting=0)) > 1.0).any("deposit")
    assert bool((raised | ~stuck).all()) and not bool(raised.all())


@pytest.mark.parametrize("keep", ["trajectories", "final", "statistics"])
def test_a_sweep_says_it_in_its_table_and_its_answer_whatever_it_keeps(keep: Any) -> None:
    from camjax.cli.sweep_summary import format_sweep, summarise_sweep

    both = load_sweep(SMALL, {"drivers.mint_redeem": [FLOW, {"process": "constant", "value": 0}]})
    finished = run_sweep(both, paths=3, keep=keep)
    summary = summarise_sweep(finished, 0, [])
    text = format_sweep(summary)
    assert text.index("shortfall") < text.index("mean final share"), "said before what was done"
    assert "of 60,000,000 FEI a path on 3 of 3 paths" in text
    table = text[text.index("mean final share") :].splitlines()
    assert table[0].split()[-1] == "shortfall"
    assert table[1].endswith("3 of 3 paths") and table[2].endswith("-")
    first, second = summary.as_json()["settings"]
    assert first["flags"][0]["flag"] == "shortfall" and second["flags"] == []
    if keep != "final":
        report = build_report(finished.results)
        assert "shortfall" in report.sentences[0] and report.sections[0].key == "undone"


def test_settings_agree_path_by_path_until_redemption_begins() -> None:
    found = sweep(RUN, paths=2, overrides={"steps": 102})
    calm, run = found.balance.sel(setting="calm"), found.balance.sel(setting="run")
    np.testing.assert_allclose(
        calm.isel(step=slice(100)), run.isel(step=slice(100)), rtol=1e-12, err_msg="two programs"
    )
    labels = [str(label) for label in found.setting.values]
    raised = dict(zip(labels, undone(found), strict=True))
    assert not raised["calm"] and not raised["stress"]
    for label in ("run", "stress and run"):
        assert raised[label][0].flag == "shortfall" and raised[label][0].step == 101


@pytest.mark.parametrize(
    "options",
    [(), ("--event", "share[savings] > 0.6", "--variable", "balance"), ("--keep", "statistics")],
    ids=str,
)
def test_a_run_says_it_first(
    capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    arguments = ("run", file, "--paths", 3, "--out", tmp_path, *options)
    flags = json.loads(answer(capsys, *arguments, "--json"))["flags"]
    assert flags[0] | {"amount": 0} == {
        "flag": "shortfall",
        "num_paths": 3,
        "of_paths": 3,
        "path": 0,
        "step": 8,
        "deposit": None,
        "amount": 0,
        "asked": pytest.approx(60e6),
    }
    for command in (("describe", tmp_path), ("report", tmp_path)):
        told = answer(capsys, *command)
        assert "shortfall, redemption that could not be paid" in told
    assert "shortfall" in (tmp_path / "report.html").read_text()
    if not options:
        told = answer(capsys, "analyse", tmp_path, "--what", "final-split")
        assert told.startswith("Warning: shortfall")
        answered = json.loads(answer(capsys, "analyse", tmp_path, "--json"))
        assert answered["flags"][0][0]["flag"] == "shortfall"


def test_an_answer_to_a_question_says_what_its_paths_could_not_do(
    capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    told = answer(capsys, "ask", file, "share[savings]", "--paths", 3)
    assert told.startswith("Warning: shortfall") and "on 3 of 3 paths" in told
    quiet = "share[savings] - E(share[savings] | drivers.mint_redeem.values=[0, 0, 0])"
    both = ask(SCENARIO, f"E({quiet.replace(' - ', ') - ', 1)}", paths=3)
    assert [label for label, raised in both.undone if raised] == [""]
    assert [flag["settings"] for flag in both.flags] == [""]
    assert all("the scenario as it is" in line for line in both.warnings)


def test_a_solution_says_what_could_not_be_done_there(
    capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    condition = "E(share[savings]) >= 0.5"
    found = find(SCENARIO, "deposits.savings.rate", "min", condition, paths=3)
    assert found.check is not None and found.check.flags[0]["flag"] == "shortfall"
    arguments = ("--vary", "deposits.savings.rate", "--find", "min", "--such-that", condition)
    told = answer(capsys, "solve", file, *arguments, "--paths", 3)
    assert told.startswith("Warning: shortfall")


def test_older_results_without_a_status_of_paths_are_read() -> None:
    results = to_dataset(trajectories(), SCENARIO.model, scenario=SCENARIO)
    older = statistics(results).drop_vars(["flagged_paths", "mean_shortfall", "mean_redemption"])
    ((one,),) = undone(older.assign_attrs(paths=3))
    assert one.sentence("FEI").endswith("on some path; first step 8.")
    assert undone(xarray.Dataset()) == ((),)
