"""Trajectories that stream to a Zarr store: whole batches at any moment, the same after a kill."""

import json
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import pytest
import xarray

from camjax.cli import main
from camjax.ensemble.lanes import LANES
from camjax.results import load_results, store_places
from camjax.results.store import PathStore
from camjax.runs.paths import BLOCK_PATHS

BATCH = 2 * BLOCK_PATHS
PATHS = 2 * BATCH + 60
RUN = ("run", "--set", "steps=6", "--paths", str(PATHS))
STORE = "paths.zarr"

pytestmark = pytest.mark.usefixtures("folder")

Answer = Callable[..., Any]


@pytest.fixture(autouse=True)
def two_devices() -> None:
    if jax.local_device_count() != BATCH // BLOCK_PATHS:
        pytest.skip("batches are counted on two devices")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> xarray.Dataset:
    """The same run, held in memory and written as netCDF."""
    folder = tmp_path_factory.mktemp("kept")
    assert main([*RUN, "--out", str(folder), "--keep", "trajectories"]) == 0
    return load_results(folder)


def assert_same_paths(found: xarray.Dataset, expected: xarray.Dataset) -> None:
    """To the bit, with the same names, axes, labels and attributes."""
    assert set(found.variables) == set(expected.variables)
    for name, variable in expected.variables.items():
        assert found[name].dims == variable.dims
        np.testing.assert_array_equal(found[name].values, variable.values, err_msg=str(name))
        for key in ("units", "long_name"):
            assert found[name].attrs.get(key) == variable.attrs.get(key)


def test_a_store_holds_what_the_netcdf_file_holds(answer: Answer, kept: xarray.Dataset) -> None:
    said = answer(*RUN, "--out", STORE)
    assert said["results"] == STORE
    with xarray.open_zarr(STORE) as found:
        assert_same_paths(found, kept)
        assert {*found.attrs} == {*kept.attrs}
        assert found.attrs["scenario"] == kept.attrs["scenario"]
        assert found.balance.encoding["chunks"] == (BLOCK_PATHS, 6, 4)
    final = kept.balance[:, -1].values
    for deposit, balance in zip(said["deposits"], final.T, strict=True):
        assert deposit["balance"]["mean"] == pytest.approx(balance.mean(), rel=1e-12)
        assert deposit["balance"]["q95"] == pytest.approx(np.quantile(balance, 0.95), rel=1e-12)


def test_commands_that_read_results_read_a_store(
    answer: Answer, capsys: pytest.CaptureFixture[str], kept: xarray.Dataset, folder: Path
) -> None:
    answer(*RUN, "--out", STORE, "--variable", "balance")
    of_paths = {"path_status", "path_shortfall", "path_redemption"}
    variables = {"balance", "target_weight", "status"} | of_paths
    assert set(load_results(STORE).data_vars) == variables
    assert answer("describe", STORE)["sizes"] == {"path": PATHS, "step": 6, "deposit": 4}
    assert "final-split" in answer("analyse", STORE, "--what", "final-split")
    assert main(["analyse", STORE, "--what", "total-transfers"]) == 2
    assert "results: expected transfer, for total-transfers" in capsys.readouterr().err
    assert main(["report", STORE]) == 2
    assert "results: expected yield_rate, for a report" in capsys.readouterr().err
    assert main(["export", STORE, "table.csv"]) == 0
    rows = Path("table.csv").read_text().splitlines()
    assert len(rows) == 1 + PATHS * 6
    capsys.readouterr()
    shutil.rmtree(STORE)
    answer(*RUN, "--out", STORE)
    assert main(["report", STORE]) == 0
    capsys.readouterr()
    assert sorted(each.name for each in folder.iterdir()) == [STORE, "report.html", "table.csv"]


KILLED = """
import os, signal, sys
import jax
jax.config.update("jax_compilation_cache_dir", sys.argv[1])
from camjax.cli import main
from camjax.results import store
replace, told = store._replace, []
def then_killed(folder, root):
    told.append(folder)
    if len(told) == 3:  # no paths, the first batch, and now the second, whose arrays are written
        os.kill(os.getpid(), signal.SIGKILL)
    replace(folder, root)
store._replace = then_killed
main(sys.argv[2:])
"""


def test_a_killed_run_leaves_whole_batches_and_goes_on_to_the_same_paths(
    answer: Answer, kept: xarray.Dataset
) -> None:
    command = [*RUN, "--out", STORE]
    cache = jax.config.jax_compilation_cache_dir
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, cache, *command],
        env={"PYTHONPATH": str(Path(__file__).parents[1]), "PATH": ""},
    )
    assert killed.returncode == -signal.SIGKILL
    with xarray.open_zarr(STORE) as left:
        assert_same_paths(left, kept.isel(path=slice(BATCH)))
    assert answer("describe", STORE)["unfinished"] == f"of {PATHS} paths"
    assert answer(*command, "--resume")["num_paths"] == PATHS
    assert_same_paths(load_results(STORE), kept)
    assert "unfinished" not in answer("describe", STORE)


class Stop(NamedTuple):
    """What goes wrong while the second batch is written, and what is said then."""

    happens: Callable[[], None]
    status: int
    says: str


@pytest.fixture
def stopped(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Callable[[], None]], None]]:
    """Makes something happen before the second batch is written, undone after the test."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    write = PathStore.write

    def arrange(happens: Callable[[], None]) -> None:
        def then_stop(self: PathStore, *arrays: Any) -> None:
            if self.done:
                happens()
            write(self, *arrays)

        monkeypatch.setattr(PathStore, "write", then_stop)

    yield arrange
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    monkeypatch.setattr(PathStore, "write", write)


def full_disk() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))


def ctrl_c() -> None:
    raise KeyboardInterrupt


STOPS = {
    "full disk": Stop(full_disk, 2, f"camjax: {STORE}: expected a store that can be written"),
    "ctrl-c": Stop(ctrl_c, 130, f"camjax: stopped; {STORE} holds {BATCH:,} of {PATHS:,} paths."),
}


@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS)
def test_what_stops_a_run_leaves_a_readable_store(
    stop: Stop,
    stopped: Callable[[Callable[[], None]], None],
    capsys: pytest.CaptureFixture[str],
    kept: xarray.Dataset,
) -> None:
    stopped(stop.happens)
    assert main([*RUN, "--out", STORE]) == stop.status
    complaint = capsys.readouterr().err
    assert complaint.startswith(stop.says)
    assert "--resume" in complaint
    assert complaint.count("\n") == 1
    assert_same_paths(load_results(STORE), kept.isel(path=slice(BATCH)))
    with pytest.raises(AssertionError):
        assert_same_paths(load_results(STORE), kept)


def test_more_than_the_disk_holds_is_refused_after_a_batch(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    usage = shutil.disk_usage(folder)._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert main([*RUN, "--out", STORE]) == 2
    error = capsys.readouterr().err
    assert error.startswith("camjax: --paths: expected paths that fit in")
    assert "--variable" in error
    assert list(folder.iterdir()) == []


def test_a_store_of_another_run_is_not_touched(
    answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(*RUN, "--out", STORE)
    before = {file: file.read_bytes() for file in Path(STORE).rglob("zarr.json")}
    refused = {
        (): "expected no store yet",
        ("--resume", "--seed", "1"): "seed: expected 1, got 0",
        ("--resume", "--paths", "3000"): f"num_paths: expected 3000, got {PATHS}",
        ("--resume", "--variable", "balance"): "variables: expected balance, got nothing",
    }
    for options, says in refused.items():
        run = RUN[:-2] if "--paths" in options else RUN
        assert main([*run, "--out", STORE, *options]) == 2
        assert says in capsys.readouterr().err
    assert before == {file: file.read_bytes() for file in Path(STORE).rglob("zarr.json")}
    (Path(STORE) / "zarr.json").write_text(json.dumps({"zarr_format": 3, "node_type": "group"}))
    shutil.rmtree(Path(STORE) / "run")
    assert main([*RUN, "--out", STORE, "--resume"]) == 2
    assert "expected the store of a run, got another store" in capsys.readouterr().err


def shard(number: int, count: int, out: str) -> None:
    assert main([*RUN, "--out", out, "--shard", f"{number}/{count}"]) == 0


def test_shards_that_are_merged_are_the_whole(
    answer: Answer, capsys: pytest.CaptureFixture[str], kept: xarray.Dataset
) -> None:
    for number, out in ((2, "b.zarr"), (1, "a.zarr")):
        shard(number, 2, out)
        assert capsys.readouterr() == ("", "")
    with xarray.open_zarr("b.zarr") as second:
        assert_same_paths(second, kept.isel(path=slice(LANES, None)))
    said = answer("merge", "b.zarr", "a.zarr", "--out", STORE)
    with xarray.open_zarr(STORE) as found:
        assert_same_paths(found, kept)
        assert {*found.attrs} == {*kept.attrs}
        assert found.balance.encoding["chunks"] == (BLOCK_PATHS, 6, 4)
    whole = answer(*RUN, "--out", "whole.zarr")
    assert said["results"] == STORE
    for told in ("deposits", "transfers", "remainder_steps", "flags", "num_paths"):
        assert said[told] == whole[told]
    assert answer("merge", "a.zarr", "b.zarr")["deposits"] == whole["deposits"]


def test_shards_of_no_one_run_are_not_merged(
    answer: Answer, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    for number in (1, 2):
        shard(number, 2, f"{number}.zarr")
    answer(*RUN, "--out", "whole.zarr", "--seed", "1")
    (folder / "empty").mkdir()
    refused = {
        ("1.zarr",): f"1.zarr: expected shards of all {PATHS} paths, got none beyond path {LANES}",
        ("2.zarr",): f"a shard that begins at path 0, got one that begins at {LANES}",
        ("1.zarr", "2.zarr", "2.zarr"): f"begins at path {PATHS}, got one that begins at {LANES}",
        ("1.zarr", "whole.zarr"): "seed: expected",
        ("1.zarr", "empty"): "empty: expected the store of a run, got another folder",
        ("1.zarr", "2.zarr", "--out", "merged"): "--out: expected a store *.zarr",
        ("1.zarr", "2.zarr", "--out", "1.zarr"): "expected no store yet",
    }
    for arguments, says in refused.items():
        assert main(["merge", *arguments]) == 2
        complaint = capsys.readouterr().err
        assert says in complaint
        assert complaint.count("\n") == 1
    assert {each.name for each in folder.iterdir()} == {"1.zarr", "2.zarr", "whole.zarr", "empty"}


def test_a_merge_that_fails_leaves_the_shards_alone(
    stopped: Callable[[Callable[[], None]], None], capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    for number in (1, 2):
        shard(number, 2, f"{number}.zarr")
    stopped(full_disk)
    assert main(["merge", "1.zarr", "2.zarr", "--out", STORE]) == 2
    complaint = capsys.readouterr().err
    assert f"{STORE}: expected a store that can be written" in complaint
    assert "--resume" not in complaint, "of a merge there is nothing to resume"
    assert {each.name for each in folder.iterdir()} == {"1.zarr", "2.zarr"}


def test_without_zarr_the_extra_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setattr(store_places, "find_spec", lambda name: None)
    assert main([*RUN, "--out", STORE]) == 2
    assert capsys.readouterr().err == (
        f"camjax: {STORE}: expected the library zarr, got none. "
        "pip install 'camjax[scale]' brings it.\n"
    )
    assert list(folder.iterdir()) == []


NOT_WITH_A_STORE = {
    "until precise": ("--until-ci", "0.1", "--of", "share[savings]"),
    "shard of what is no part": ("--shard", "3/2"),
    "more shards than blocks": ("--shard", "1/9"),
    "event": ("--event", "share[savings] > 0.6"),
    "report": ("--report",),
    "final": ("--keep", "final"),
    "statistics": ("--keep", "statistics"),
    "share": ("--variable", "share"),
    "nothing to resume": ("--resume",),
    "too many paths": ("--paths", str(2**31)),
}


@pytest.mark.parametrize("options", NOT_WITH_A_STORE.values(), ids=NOT_WITH_A_STORE)
def test_what_does_not_go_with_a_store_is_refused_in_one_line(
    options: tuple[str, ...], capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert main([*RUN, "--out", STORE, *options]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("camjax: ")
    assert output.err.count("\n") == 1
    assert list(folder.iterdir()) == []
