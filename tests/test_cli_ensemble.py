"""The command on more paths than are kept: statistics, precision, shards, interruptions."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import camjax
from camjax import analysis, memory
from camjax.cli import main
from camjax.ensemble.lanes import LANES
from camjax.ensemble.saved import Saved, write_saved
from camjax.intervals import probability_interval
from camjax.results import STATISTICS, load_results, statistics
from camjax.results.variables import OF_STATISTICS
from camjax.runs import pace, requests
from camjax.runs.ensemble import Order

PATHS = 2100
SHORT = ("--set", "steps=6", "--paths", str(PATHS))
CRASH = ("--set", "drivers.volatile_asset_price.drift=-395")
ONE = ("--variable", "balance")

Answer = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("folder")


def without_times(summary: dict[str, Any]) -> dict[str, Any]:
    return {name: entry for name, entry in summary.items() if "seconds" not in name}


@pytest.mark.slow
def test_a_run_that_keeps_no_paths_says_what_one_that_keeps_them_says(
    answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = answer("run", "fei-reference", *SHORT, *CRASH)
    monkeypatch.setattr(requests, "TRAJECTORIES_FIT_BYTES", 1000)
    streamed = answer("run", "fei-reference", *SHORT, *CRASH)
    assert streamed["flags"] == exact["flags"] != []
    assert streamed["num_paths"] == PATHS
    assert streamed["remainder_steps"] == pytest.approx(exact["remainder_steps"], abs=1.0)
    mean = exact["remainder_steps"]["mean"]
    assert streamed["remainder_steps"]["mean"] == pytest.approx(mean, rel=1e-12)
    assert mean > 0
    for found, expected in zip(streamed["transfers"], exact["transfers"], strict=True):
        assert found["source"] == expected["source"]
        assert found["mean_per_step"] == pytest.approx(expected["mean_per_step"], rel=1e-12)
    for found, expected in zip(streamed["deposits"], exact["deposits"], strict=True):
        assert found["balance"]["mean"] == pytest.approx(expected["balance"]["mean"], rel=1e-12)
        assert found["share"]["q05"] == pytest.approx(expected["share"]["q05"], abs=2e-3)
        assert found["share"]["q95"] == pytest.approx(expected["share"]["q95"], abs=2e-3)


def test_statistics_of_a_large_run_are_those_of_its_paths(
    answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer("run", *SHORT, "--keep", "trajectories", "--out", "kept")
    named = ("balance", "transfer", "remainder", "pool_tvl", "borrow_rate")
    chosen = [option for name in named for option in ("--variable", name)]
    answer("run", *SHORT, *chosen, "--out", "streamed")
    exact, found = statistics(load_results("kept/results.nc")), load_results("streamed/results.nc")
    assert set(found.data_vars) == {*named, "status", "share", *OF_STATISTICS}
    assert found.statistic.values.tolist() == list(STATISTICS)
    assert found.attrs["paths"] == PATHS
    np.testing.assert_array_equal(found.status, exact.status)
    for name in named:
        assert found[name].dims == exact[name].dims
        scale = float(abs(exact[name]).max()) + 1e-300
        for label in ("mean", "std"):
            pair = found[name].sel(statistic=label), exact[name].sel(statistic=label)
            np.testing.assert_allclose(*pair, rtol=1e-9, atol=1e-12 * scale, err_msg=name)
        error = found[name].attrs["quantile_error"]
        distance = abs(found[name][2:] - exact[name][2:]).max()
        spread = float((exact[name].sel(statistic="q95") - exact[name].sel(statistic="q05")).max())
        assert float(distance) <= error + 0.01 * spread + 1e-12 * scale, name
    shares = found.share.sel(statistic="mean").sum("deposit")
    np.testing.assert_allclose(shares, 1, rtol=1e-12)
    assert found.share.attrs["units"] == "1"
    assert sorted(path.name for path in Path("streamed").iterdir()) == ["results.nc"]


def test_a_precise_run_says_how_many_paths_it_took(
    answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ("--until-ci", "0.002", "--of", "share[savings]")
    found = answer("run", *SHORT[:2], *wanted)
    estimate = found["estimate"]
    assert estimate["reached"]
    assert (estimate["high"] - estimate["low"]) / 2 <= 0.002
    assert found["num_paths"] % LANES == 0
    assert estimate["value"] == pytest.approx(found["deposits"][2]["share"]["mean"], rel=1e-12)
    assert main(["run", *SHORT[:2], *wanted, "--paths", "1024"]) == 0
    assert "not as precise as wanted after 1,024 paths." in capsys.readouterr().out


def test_shards_are_merged_into_one_result(
    answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, out in ((1, "a"), (2, "b"), (3, "b")):
        command = ["run", *SHORT, *ONE, "--shard", f"{number}/3", "--out", out]
        assert main(command) == 0
        assert capsys.readouterr() == ("", "")
    merged = answer("merge", "a", "b", "--out", "merged")
    whole = answer("run", *SHORT, *ONE, "--out", "whole")
    assert merged["flags"] == whole["flags"]
    ours, theirs = load_results("merged/results.nc"), load_results("whole/results.nc")
    assert ours.attrs["paths"] == PATHS
    for name in theirs.data_vars:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-12, err_msg=name)
    np.testing.assert_array_equal(ours.balance[2:], theirs.balance[2:])
    assert main(["merge", "b"]) == 2
    assert "begins at block 0" in capsys.readouterr().err


@pytest.mark.slow
def test_events_of_a_large_run_are_those_of_its_paths(
    answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    answer("run", *SHORT, "--keep", "trajectories", "--out", "kept")
    paths = load_results("kept/results.nc")
    share = analysis.shares(paths).sel(deposit="savings").transpose("path", "step").values
    events = [f"share[savings] > {threshold}" for threshold in (0.42, 0.99)]
    asked = [*ONE, *(option for event in events for option in ("--event", event))]
    for number in (1, 2):
        assert main(["run", *SHORT, *asked, "--shard", f"{number}/2", "--out", "shards"]) == 0
    said = answer("merge", "shards", "--out", "merged")["events"]
    assert said == answer("run", *SHORT, *asked, "--out", "whole")["events"]
    found = load_results("whole/results.nc")
    np.testing.assert_array_equal(load_results("merged").probability, found.probability)
    for event, one, threshold in zip(events, said, (0.42, 0.99), strict=True):
        so = share > threshold
        first = np.where(so.any(1), so.argmax(1) + 1, 7)
        low, high = probability_interval(so[:, -1].sum(), PATHS)
        expected = (so[:, -1].mean(), low, high, (first == 7).mean())
        told = (one["probability"], one["low"], one["high"], one["never"])
        np.testing.assert_allclose(told, expected, rtol=1e-12)
        assert one["event"] == event
        here = found.sel(event=event)
        np.testing.assert_allclose(here.probability, so.mean(0), rtol=1e-12)
        happened = [(first <= step).mean() for step in found.step.values]
        np.testing.assert_allclose(here.happened, happened, rtol=1e-12)
        assert (here.probability_low <= here.probability).all()
    likely, unlikely = said
    assert 0 < likely["probability"] < 1 and 0 < likely["never"] < 1
    assert likely["median_days"] is not None
    assert (unlikely["never"], unlikely["median_days"]) == (1.0, None)
    assert 0 < unlikely["high"] < 0.002, "an event that was never seen may happen"
    capsys.readouterr()
    assert main(["run", *SHORT, "--event", events[1]]) == 0
    assert f"{events[1]}: 0.0% at the end" in capsys.readouterr().out


STOPPED = """
import os, sys
number = int(sys.argv.pop())
import jax
jax.config.update("jax_compilation_cache_dir", sys.argv[1])
from camjax.cli import main
from camjax.runs import large
def then_stop(*arguments):
    def progress(done, of):
        os.kill(os.getpid(), number)
    return progress
large.pace = then_stop
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize(
    ("number", "status"),
    [
        pytest.param(signal.SIGINT, 130, id="Ctrl-C", marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, 143, id="SIGTERM"),
    ],
)
def test_a_signal_says_how_to_go_on_and_going_on_ends_the_same(
    number: int, status: int, answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["run", *SHORT, *ONE, "--out", "out"]
    cache = jax.config.jax_compilation_cache_dir
    root = Path(__file__).parents[1]
    stopped = subprocess.run(
        [sys.executable, "-c", STOPPED, cache, *command, str(int(number))],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(root), "PATH": ""},
    )
    assert stopped.returncode == status
    assert stopped.stdout == ""
    assert stopped.stderr.startswith("camjax: stopped; out/run.npz holds what was done.")
    assert stopped.stderr.count("\n") == 1
    assert main(command) == 2, "what was saved is not thrown away"
    assert "Resume that run" in capsys.readouterr().err
    assert main([*command, "--seed", "1", "--resume"]) == 2
    assert "seed: expected 1, got 0" in capsys.readouterr().err
    resumed = answer(*command, "--resume")
    whole = answer(*command[:-1], "whole")
    assert without_times({**resumed, "results": ""}) == without_times({**whole, "results": ""})
    ours, theirs = load_results("out/results.nc"), load_results("whole/results.nc")
    np.testing.assert_array_equal(ours.balance, theirs.balance)
    assert [path.name for path in Path("out").iterdir()] == ["results.nc"]


OTHERS = {
    ("--variable", "target_weight"): "variables: expected target_weight, got ",
    ("--event", "share[savings] > 0.5"): "events: expected share[savings] > 0.5, got nothing",
    ("--of", "share[savings]", "--until-ci", "0.1"): "statistic: expected share[savings], got",
    ("--set", "deposits.savings.rate=0.02"): "scenario: expected rate = 0.02, got rate = 0.015",
}
"""Options of another run than the one that was stopped, and what is said of them."""


def test_a_run_is_not_continued_as_another(capsys: pytest.CaptureFixture[str]) -> None:
    scenario = camjax.load_scenario("fei", {"steps": 6})
    stopped = Order(scenario, seed=0, num_paths=PATHS, variables=("balance", "share"))
    write_saved(Path("out/run.npz"), Saved(stopped.about, [], {}))
    for options, says in OTHERS.items():
        assert main(["run", *SHORT, *ONE, "--out", "out", "--resume", *options]) == 2
        assert says in capsys.readouterr().err


def test_statistics_that_do_not_fit_are_refused_with_a_remedy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "machine_bytes", lambda: 1e5)
    more = ("--variable", "transfer")
    for named, remedy in ((more, "--variable balance"), (ONE, "Run fewer steps.\n")):
        assert main(["run", *SHORT, *named, "--out", "out"]) == 2
        assert remedy in capsys.readouterr().err
    assert not Path("out").exists()


def test_a_long_run_says_beforehand_what_it_takes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "LONG_SECONDS", 0.0)
    monkeypatch.setattr(pace, "MEASURED_SECONDS", 0.0)
    assert main(["run", *SHORT, *ONE, "--out", "out"]) == 0
    error = capsys.readouterr().err
    assert error.startswith("camjax: 2,100 paths: about 0 min, at most ")
    assert error.count("\n") == 1


BAD = {
    "no statistic": ["--until-ci", "0.1"],
    "no width": ["--of", "share[savings]"],
    "width of nothing": ["--until-ci", "0", "--of", "share[savings]"],
    "unknown deposit": ["--until-ci", "0.1", "--of", "share[attic]"],
    "unknown variable": ["--variable", "wealth", "--out", "out"],
    "event without a number": ["--event", "share[savings]"],
    "event of nothing known": ["--event", "wealth > 3"],
    "event of no deposit": ["--event", "share > 3"],
    "event of a deposit that is not there": ["--event", "balance[attic] > 3"],
    "event of kept paths": ["--event", "share[savings] > 0.6", "--keep", "final", "--out", "out"],
    "shard without a folder": ["--shard", "1/2"],
    "shard of words": ["--shard", "first", "--out", "out"],
    "more shards than blocks": ["--shard", "1/9", "--out", "out"],
    "shard until precise": [
        *("--shard", "1/2", "--out", "out", "--until-ci", "0.1", "--of", "share[savings]")
    ],
    "resume nowhere": ["--resume"],
    "resume nothing": ["--resume", "--out", "out"],
    "trajectories of a shard": ["--shard", "1/2", "--out", "out", "--keep", "trajectories"],
    "too many paths": ["--paths", str(2**33), *ONE],
}


@pytest.mark.parametrize("options", BAD.values(), ids=BAD)
def test_misuse_is_refused_in_one_line(
    options: list[str], capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert main(["run", *SHORT, *options]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    sentence, *pointer = output.err.splitlines()
    assert sentence.startswith("camjax: ")
    assert not pointer or pointer[-1].strip() == "^"  # at the place in a question
    assert list(folder.iterdir()) == []


def test_folders_without_shards_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["merge", "."]) == 2
    assert "files of shards" in capsys.readouterr().err
