"""Laws of long ensembles: the same after a kill, an interrupt or a full disk, and from shards."""

import functools
import json
import resource
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import numpy as np
import pytest

import camjax
from camjax.ensemble import (
    Bins,
    Checkpoint,
    Ensemble,
    Event,
    FirstTime,
    Moments,
    Quantiles,
    Shard,
    manifest,
    merge_shards,
    program,
    read_shards,
    run_ensemble,
)
from camjax.ensemble.calls import most_side_by_side
from camjax.ensemble.lanes import LANES
from camjax.errors import CamjaxError

KEY = jax.random.key(5)
STEPS = 12
PATHS = 6 * LANES + 100
EVENT = "share[savings] > 0.3"
ABOUT = {"scenario": "steps = 12\n", "seed": 5}


@functools.cache
def scenario(**overrides: Any) -> camjax.Scenario:
    return camjax.load_scenario("fei", {"steps": STEPS, **overrides})


@functools.cache
def reducers() -> tuple:
    return (
        Moments("share"),
        Quantiles("share", Bins(0.0, 1.0, 64)),
        FirstTime(Event.parse(EVENT)),
    )


@functools.cache
def whole() -> Ensemble:
    return run_ensemble(scenario(), PATHS, KEY, reducers())


def assert_same(found: Ensemble, expected: Ensemble, rtol: float = 0.0) -> None:
    assert found.num_paths == expected.num_paths
    moments, others = found["moments(share)"], expected["moments(share)"]
    np.testing.assert_allclose(moments.mean, others.mean, rtol=rtol, atol=0)
    np.testing.assert_allclose(moments.std, others.std, rtol=rtol, atol=rtol * 1e-3)
    quantiles = "quantiles(share)"
    np.testing.assert_array_equal(found[quantiles].values, expected[quantiles].values)
    event = f"P({EVENT})"
    np.testing.assert_array_equal(found[event].first, expected[event].first)


def checkpoint(folder: Path, **settings: Any) -> Checkpoint:
    return Checkpoint(folder / "run.npz", **{"about": ABOUT, **settings})


LONG_RUN = """
import sys
from pathlib import Path
import jax
import camjax
camjax.configure()
jax.config.update("jax_compilation_cache_dir", sys.argv[2])
from tests.test_ensemble_runs import KEY, PATHS, checkpoint, reducers, run_ensemble, scenario
import time
blocks = []
def progress(done, of):
    print(done, flush=True)
    time.sleep(0.2)
run_ensemble(scenario(), PATHS, KEY, reducers(), progress=progress,
             checkpoint=checkpoint(Path(sys.argv[1]), every_seconds=0))
"""


def stopped_run(folder: Path, number: int) -> tuple[int, str]:
    """A run in a process of its own that receives a signal after two blocks; how it ended."""
    cache = jax.config.jax_compilation_cache_dir
    command = [sys.executable, "-c", LONG_RUN, str(folder), cache]
    process = subprocess.Popen(
        command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        for _ in range(2):
            process.stdout.readline()
        process.send_signal(number)
        return process.wait(), process.stderr.read().decode()


@pytest.mark.slow
def test_blocks_side_by_side_give_what_blocks_in_turn_give(monkeypatch: pytest.MonkeyPatch) -> None:
    in_turn = whole()
    monkeypatch.setattr(program, "is_core", lambda device: False)
    monkeypatch.setattr(program, "SIDE_BY_SIDE", 3)
    assert_same(run_ensemble(scenario(), PATHS, KEY, reducers()), in_turn, rtol=1e-12)


@pytest.mark.parametrize(("limit", "number"), [(None, 512), (10e9, 512), (4e9, 256), (1e3, 1)])
def test_as_many_blocks_run_side_by_side_as_half_the_memory_holds(
    limit: float | None, number: int
) -> None:
    stats = None if limit is None else {"bytes_limit": limit}
    device = SimpleNamespace(memory_stats=lambda: stats)
    assert most_side_by_side([device, device], call_bytes=4_000_000_000) == number


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_run_goes_on_to_the_same_result(tmp_path: Path, number: int) -> None:
    status, complaint = stopped_run(tmp_path, number)
    assert status != 0
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]
    assert number == signal.SIGKILL or "KeyboardInterrupt" in complaint
    told: list[int] = []
    again = run_ensemble(
        scenario(),
        PATHS,
        KEY,
        reducers(),
        checkpoint=checkpoint(tmp_path, resume=True),
        progress=lambda done, of: told.append(done),
    )
    assert LANES < told[0] < 5 * LANES, "what was saved is not run again"
    assert_same(again, whole())


def test_a_run_that_ended_can_be_resumed_at_no_cost(tmp_path: Path) -> None:
    run_ensemble(scenario(), PATHS, KEY, reducers(), checkpoint=checkpoint(tmp_path))
    told: list[int] = []
    again = run_ensemble(
        scenario(),
        PATHS,
        KEY,
        reducers(),
        checkpoint=checkpoint(tmp_path, resume=True),
        progress=lambda done, of: told.append(done),
    )
    assert told == [PATHS]
    assert_same(again, whole())


def test_the_manifest_says_what_was_run(tmp_path: Path) -> None:
    run_ensemble(scenario(), PATHS, KEY, reducers(), checkpoint=checkpoint(tmp_path))
    with zipfile.ZipFile(tmp_path / "run.npz") as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["seed"] == 5
    assert manifest["scenario"] == ABOUT["scenario"]
    assert manifest["blocks"] == [0, 7]
    assert manifest["done"] == 7
    assert camjax.__version__ in manifest["version"]


def test_a_checkpoint_of_another_run_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = [Moments("share")]
    run_ensemble(scenario(), 10, KEY, one, checkpoint=checkpoint(tmp_path))
    run = functools.partial(run_ensemble, scenario(), 10, KEY, one)
    resumed = functools.partial(checkpoint, tmp_path, resume=True)
    with pytest.raises(CamjaxError, match="Resume that run"):
        run(checkpoint=checkpoint(tmp_path))
    with pytest.raises(CamjaxError, match="no file"):
        run(checkpoint=checkpoint(tmp_path / "elsewhere", resume=True))
    with pytest.raises(CamjaxError, match="seed: expected 6, got 5"):
        run(checkpoint=resumed(about={**ABOUT, "seed": 6}))
    with pytest.raises(CamjaxError, match="scenario: expected steps = 13, got steps = 12"):
        run(checkpoint=resumed(about={**ABOUT, "scenario": "steps = 13\n"}))
    with pytest.raises(CamjaxError, match="num_paths: expected 11, got 10"):
        run_ensemble(scenario(), 11, KEY, one, checkpoint=resumed())
    with pytest.raises(CamjaxError, match="key"):
        run_ensemble(scenario(), 10, jax.random.key(6), one, checkpoint=resumed())
    with pytest.raises(CamjaxError, match="reducers: .*balance.*share"):
        run_ensemble(scenario(), 10, KEY, [Moments("balance")], checkpoint=resumed())
    with pytest.raises(CamjaxError, match="numbers"):
        other = scenario(**{"deposits.savings.rate": 0.03})
        run_ensemble(other, 10, KEY, one, checkpoint=resumed())
    monkeypatch.setattr(manifest, "__version__", "0.0.1")
    with pytest.raises(CamjaxError, match="version: expected camjax 0.0.1"):
        run(checkpoint=resumed())
    (tmp_path / "run.npz").write_bytes(b"PK not really")
    with pytest.raises(CamjaxError, match="another file"):
        run(checkpoint=resumed())


@pytest.fixture
def small_disk() -> Iterator[Any]:
    """Lets no file grow beyond a number of bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_what_was_saved(tmp_path: Path, small_disk: Any) -> None:
    def fill(done: int, of: int) -> None:
        if done > 2 * LANES:
            small_disk(1000)

    run = functools.partial(run_ensemble, scenario(), PATHS, KEY, reducers())
    with pytest.raises(CamjaxError, match=r"run.npz: expected a file that can be written"):
        run(checkpoint=checkpoint(tmp_path, every_seconds=0), progress=fill)
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]
    small_disk(resource.RLIM_INFINITY)
    assert_same(run(checkpoint=checkpoint(tmp_path, resume=True)), whole())


def shards(folder: Path, count: int) -> list[Path]:
    """Files of all shards, the last first."""
    files = [folder / f"{number}.npz" for number in range(count, 0, -1)]
    for number, file in zip(range(count, 0, -1), files, strict=True):
        at = Checkpoint(file, about=ABOUT)
        shard = Shard(number, count)
        run_ensemble(scenario(), PATHS, KEY, reducers(), checkpoint=at, shard=shard)
    return files


def test_shards_make_the_whole(tmp_path: Path) -> None:
    files = shards(tmp_path, 3)
    assert_same(merge_shards(read_shards(files), scenario(), KEY, reducers()), whole(), rtol=1e-12)
    with pytest.raises(CamjaxError, match="all 7 blocks"):
        read_shards(files[1:])
    with pytest.raises(CamjaxError, match="begins at block 0"):
        read_shards(files[:-1])
    with pytest.raises(CamjaxError, match="begins at block 4"):
        read_shards([*files, files[1]])
    with pytest.raises(CamjaxError, match="reducers"):
        merge_shards(read_shards(files), scenario(), KEY, reducers()[:2])
    files[0].unlink()
    with pytest.raises(CamjaxError, match="no such file"):
        read_shards(files)
    other = Checkpoint(files[0], about={**ABOUT, "seed": 6})
    run_ensemble(scenario(), PATHS, KEY, reducers(), checkpoint=other, shard=Shard(3, 3))
    with pytest.raises(CamjaxError, match="seed: expected 5, got 6"):
        read_shards(files)


def test_shards_cover_all_blocks_once() -> None:
    for count in (1, 2, 5, 7):
        parts = [Shard(number, count).blocks(PATHS) for number in range(1, count + 1)]
        assert [block for part in parts for block in part] == list(range(7))
        sizes = [len(part) for part in parts]
        assert max(sizes) - min(sizes) <= 1
    with pytest.raises(CamjaxError, match="at most 7 shards"):
        Shard(1, 8).blocks(PATHS)
    for text in ("0/3", "4/3", "3", "a/b", "-1/3"):
        with pytest.raises(CamjaxError, match="shard"):
            Shard.parse(text)
