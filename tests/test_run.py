"""`camjax.run`: what the command does, from Python."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import pytest

import camjax
from camjax.cli import main
from camjax.ensemble.lanes import LANES
from camjax.results import to_frame
from camjax.runs.paths import BLOCK_PATHS
from camjax.runs.stopped import Stopped
from camjax.scenario import as_scenario

SMALL: dict[str, Any] = {
    "name": "small",
    "steps": 4,
    "deposits": [
        {"name": "market", "type": "money_market", "user_balance": 0.0, "protocol_balance": 3e6},
        {"name": "savings", "type": "savings", "user_balance": 3e6, "rate": 0.02},
        {"name": "idle", "type": "idle", "user_balance": 7e6},
    ],
    "weights": {"exposure": {"market": 0.0}},
    "drivers": {"utilization": {"process": "gaussian_noise", "mean": 0.7, "std": 0.1}},
}
SCENARIO = camjax.load_scenario(SMALL)
PATHS = 2 * max(LANES, BLOCK_PATHS * jax.local_device_count())
"""Of two batches at least."""

TIMES = ("compile_seconds", "run_seconds")


@pytest.fixture
def file(folder: Path) -> Iterator[str]:
    """The scenario as a file."""
    (folder / "small.toml").write_text(SCENARIO.toml)
    yield "small.toml"
    camjax.configure()


def without_times(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer but for what the clock tells."""
    return {key: value for key, value in answer.items() if key not in TIMES}


MODES: dict[str, tuple[list[str], dict[str, Any]]] = {
    "trajectories": ([], {}),
    "final": (["--keep", "final"], {"keep": "final"}),
    "statistics": (["--keep", "statistics"], {"keep": "statistics"}),
    "streamed": (
        ["--variable", "balance", "--event", "share[savings] > 0.3"],
        {"variables": ["balance"], "events": ["share[savings] > 0.3"]},
    ),
}


@pytest.mark.parametrize("mode", MODES)
def test_a_run_is_what_the_command_writes_and_says(
    mode: str, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options, arguments = MODES[mode]
    command = ["run", file, "--paths", "5", "--seed", "3", "--out", "out", *options, "--json"]
    assert main(command) == 0
    said, written = json.loads(capsys.readouterr().out), camjax.load_results("out")
    finished = camjax.run(file, paths=5, seed=3, **arguments)
    found = finished.to_xarray()
    assert found.assign_attrs(created=written.created).identical(written)
    assert without_times(finished.to_dict()) == without_times({**said, "results": None})
    assert finished.to_frame().equals(to_frame(written))


def test_a_run_writes_where_the_command_does_and_prints_its_table(file: str) -> None:
    told: list[str] = []
    finished = camjax.run(
        SCENARIO, paths=5, out="out", progress=lambda doing, share: told.append(doing)
    )
    assert finished.to_xarray().identical(camjax.load_results("out"))
    assert repr(finished).startswith("small: 4 steps over 4 days, 5 paths, seed 0, float64\n")
    assert repr(finished).endswith("Wrote out/results.nc.")
    assert told[0] == "compiling" and told[-1] == "writing"


def test_all_kinds_of_scenarios_are_taken(file: str) -> None:
    for kind in (SCENARIO, SCENARIO.toml, SMALL, file, Path(file)):
        assert as_scenario(kind).toml == SCENARIO.toml
        assert as_scenario(kind, {"steps": 7}).steps == 7
    assert as_scenario("fei").name == "fei"
    assert as_scenario(SCENARIO) is SCENARIO


def test_a_run_that_was_stopped_says_in_python_how_to_go_on(folder: Path) -> None:
    def stop(doing: str, share: float) -> None:
        if doing.startswith("simulating"):
            raise KeyboardInterrupt

    order: dict[str, Any] = {"scenario": SCENARIO, "paths": PATHS, "out": "paths.zarr"}
    with pytest.raises(Stopped, match="The same call with resume=True goes on from there."):
        camjax.run(**order, progress=stop)
    with pytest.raises(camjax.CamjaxError, match="if it is of this run, resume=True goes on"):
        camjax.run(**order)
    assert camjax.run(**order, resume=True).to_xarray().sizes["path"] == PATHS


def test_a_shard_is_its_own_paths(folder: Path) -> None:
    finished = camjax.run(SCENARIO, paths=PATHS, shard="2/2", out="second.zarr")
    assert finished.summary.num_paths == finished.to_xarray().sizes["path"] == PATHS // 2


REFUSED: dict[str, dict[str, Any]] = {
    "scenario: expected a built-in name, a file, TOML text or a mapping, got 42.": {"scenario": 42},
    "scenario: expected a built-in name, a file, TOML text or a mapping, got nothing.": {
        "scenario": None
    },
    "scenario: overrides: expected values by dotted path, got 3.": {"overrides": 3},
    "paths: expected a whole number of at least 1, got -1.": {"paths": -1},
    "paths: expected a whole number of at least 1, got 2.5.": {"paths": 2.5},
    "paths: expected 1 to 4294966784, got 4294967296.": {"paths": 2**32},
    "seed: expected a whole number from 0 to 4294967295, got 'x'.": {"seed": "x"},
    "seed: expected a whole number from 0 to 4294967295, got True.": {"seed": True},
    "keep: expected one of trajectories, final, statistics, got 'all'.": {"keep": "all"},
    "keep: expected statistics with until, shard, resume, variables, events or processes, got": {
        "keep": "final",
        "events": ["share[savings] > 0.3"],
    },
    "keep: expected none with out='paths.zarr', got final.": {"keep": "final", "out": "paths.zarr"},
    "variables: expected a list of texts, got 'balance'.": {"variables": "balance"},
    "variables: expected one of balance, ": {"variables": ["wealth"]},
    'until: expected (half-width, statistic) such as (0.01, "share[savings]"), got 0.1.': {
        "until": 0.1
    },
    "until: expected a number above 0, got 0.0.": {"until": (0, "share[savings]")},
    "resume: expected out beside it, got none.": {"resume": True},
    "resume: expected True or False, got 'no'.": {"resume": "no"},
    "shard: expected out beside it, got none.": {"shard": "1/2"},
    "shard: expected 1/n to n/n, got '3/2'.": {"shard": "3/2", "out": "out"},
    "out: expected a path, got 3.": {"out": 3},
    "progress: expected True or a function of an activity and a share, got 3.": {"progress": 3},
}


@pytest.mark.parametrize("said", REFUSED)
def test_what_cannot_be_is_refused_by_the_name_it_has_in_python(said: str, folder: Path) -> None:
    with pytest.raises(camjax.CamjaxError) as refused:
        camjax.run(**{"scenario": SCENARIO, **REFUSED[said]})
    assert said in str(refused.value) and "--" not in str(refused.value)
    assert list(folder.iterdir()) == []


def test_the_same_sentence_names_the_option_of_a_command(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for given, says in {
        ("--resume",): "--resume: expected --out beside it, got none.",
        ("--variable", "wealth", "--out", "out"): "--variable: expected one of balance, ",
        ("--shard", "3/2", "--out", "out"): "--shard: expected 1/n to n/n, got '3/2'.",
        ("--keep", "final", "--event", "share > 1"): "--keep: expected statistics with --until-ci,",
    }.items():
        assert main(["run", file, *given]) == 2
        assert says in capsys.readouterr().err
