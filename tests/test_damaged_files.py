"""What a command reads of its own files is as it was written, or refused in one sentence."""

import json
import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import xarray
from fuzz.mutations import damaged

from calibration.fit.checkpoint import Checkpoint
from camjax.cli import main
from camjax.cli.report_source import read_report
from camjax.ensemble.saved import Saved, read_saved, write_saved
from camjax.errors import CamjaxError
from camjax.results import load_results, save_results
from camjax.results.store import PathStore, load_store
from camjax.writing.seals import sealed_json

DRAWS = 150
"""Damaged copies of each file."""

ABOUT = {"version": "1", "scenario": "text"}
RANKING = {
    "name": "pair",
    "scenario": "steps = 1",
    "method": "local",
    "facts": [["Method", "local"]],
    "notes": ["A note."],
    "rows": [{"output": "share[a]", "parameter": "steps", "elasticity": 0.5, "at": 1.0}],
    "columns": {"elasticity": "elasticity"},
    "bars": ["elasticity"],
}
DATASET = xarray.Dataset(
    {"balance": (("path", "step", "deposit"), np.arange(24.0).reshape(2, 3, 4))},
    {"deposit": list("abcd"), "step": [1, 2, 3]},
    {"scenario": "steps = 3"},
)


def write_run(file: Path) -> None:
    manifest = {"blocks": [0, 2], "done": 1, "num_paths": 2048, "scenario": "steps = 3"}
    write_saved(file, Saved(manifest, [np.arange(6.0)], {"balance_low": np.zeros(3)}))


def write_fit(file: Path) -> None:
    checkpoint = Checkpoint(file)
    checkpoint.begin(ABOUT)
    checkpoint.keep("search", jnp.arange(5.0))
    checkpoint.save()


def read_fit(file: Path) -> Any:
    checkpoint = Checkpoint(file, resume=True)
    checkpoint.begin(ABOUT)
    return checkpoint.state("search", lambda: jnp.zeros(5)).tolist()


def read_run(file: Path) -> Any:
    found = read_saved(file)
    return found.manifest, [leaf.tolist() for leaf in found.leaves], list(found.constants)


FORMATS: dict[str, tuple[Callable[[Path], object], Callable[[Path], object]]] = {
    "results.nc": (
        lambda file: save_results(DATASET, file),
        lambda file: load_results(file).to_dict(),
    ),
    "run.npz": (write_run, read_run),
    "fit.npz": (write_fit, read_fit),
    "sensitivity.json": (
        lambda file: file.write_text(sealed_json(RANKING), "utf-8"),
        lambda file: read_report(file).sentences,
    ),
}
"""What writes each format, and what reads it."""


@pytest.mark.parametrize("name", FORMATS)
def test_a_damaged_file_is_refused_or_reads_as_it_was(name: str, tmp_path: Path) -> None:
    write, read = FORMATS[name]
    file, draw = tmp_path / name, random.Random(name)
    write(file)
    whole, content = read(file), file.read_bytes()
    refused = 0
    for _ in range(DRAWS):
        file.write_bytes(damaged(content, draw))
        try:
            assert read(file) == whole
        except CamjaxError as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused > 0.9 * DRAWS


@pytest.mark.parametrize("name", ["run.npz", "fit.npz"])
def test_an_archive_written_by_hand_is_refused(name: str, tmp_path: Path) -> None:
    write, read = FORMATS[name]
    file = tmp_path / name
    write(file)
    with np.load(file) as arrays:
        kept = {key: arrays[key] for key in arrays.files if key.endswith(("0", "about"))}
    for each in (kept, {}, {key: values[..., None] for key, values in kept.items()}):
        with file.open("wb") as stream:
            np.savez(stream, **each)
        with pytest.raises(CamjaxError, match="as it was written, got another"):
            read(file)
    with zipfile.ZipFile(file, "w"):
        pass
    with pytest.raises(CamjaxError, match="as it was written, got another"):
        read(file)


@pytest.mark.parametrize("key", [*RANKING, "digest"])
def test_a_ranking_changed_by_hand_is_refused(key: str, tmp_path: Path) -> None:
    file = tmp_path / "sensitivity.json"
    for change in (None, 0, "", [], [[]], {}, {"a": []}):
        document = json.loads(sealed_json(RANKING))
        document[key] = change
        file.write_text(json.dumps(document))
        with pytest.raises(CamjaxError, match="of a sensitivity analysis, as it was written"):
            read_report(file)


def test_a_state_of_another_shape_is_not_continued(tmp_path: Path) -> None:
    write_fit(tmp_path / "fit.npz")
    checkpoint = Checkpoint(tmp_path / "fit.npz", resume=True)
    checkpoint.begin(ABOUT)
    with pytest.raises(CamjaxError, match=r"search: expected float64 \(4,\), got float64 \(5,\)"):
        checkpoint.state("search", lambda: jnp.zeros(4))


def test_results_that_other_programs_wrote_are_read(tmp_path: Path) -> None:
    DATASET.to_netcdf(tmp_path / "theirs.nc", engine="h5netcdf")
    xarray.testing.assert_identical(load_results(tmp_path / "theirs.nc"), DATASET)


def test_other_programs_read_results(tmp_path: Path) -> None:
    save_results(DATASET, tmp_path / "ours.nc")
    with xarray.open_dataset(tmp_path / "ours.nc", engine="h5netcdf") as found:
        xarray.testing.assert_identical(found.load(), DATASET)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shards of a run, each a store."""
    folder = tmp_path_factory.mktemp("stored")
    for shard in ("1", "2"):
        run = ["run", "--set", "steps=2", "--paths", "1100", "--variable", "balance"]
        assert main([*run, "--shard", f"{shard}/2", "--out", str(folder / f"{shard}.zarr")]) == 0
    return folder


def copied(stored: Path, folder: Path) -> Path:
    shutil.copytree(stored, folder / "copy")
    return folder / "copy"


def test_a_store_without_some_of_its_chunks_is_refused(
    stored: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = copied(stored, folder)
    chunks = [file for file in (there / "2.zarr").rglob("c/*") if file.is_file()]
    chunks += [file for file in (there / "2.zarr").rglob("c/*/*/*") if file.is_file()]
    assert len(chunks) > 5
    for chunk in chunks:
        content = chunk.read_bytes()
        chunk.unlink()
        with pytest.raises(CamjaxError, match="a chunk of paths that are done, got none"):
            load_store(there / "2.zarr")
        chunk.write_bytes(content)
    chunks[0].unlink()
    merge = ["merge", str(there / "1.zarr"), str(there / "2.zarr"), "--out", "merged.zarr"]
    assert main(merge) == 2
    assert "the store is incomplete" in capsys.readouterr().err
    assert not Path("merged.zarr").exists()


def test_a_store_with_a_damaged_chunk_is_refused_when_that_is_read(
    stored: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there, draw = copied(stored, folder) / "1.zarr", random.Random(2)
    chunk = next(file for file in (there / "balance" / "c").rglob("*") if file.is_file())
    content = bytearray(chunk.read_bytes())
    content[draw.randrange(len(content) // 2, len(content))] ^= 255
    chunk.write_bytes(content)
    assert main(["export", str(there), "x.csv"]) == 2
    said = capsys.readouterr().err
    assert "the store: expected chunks as they were written, got a damaged one" in said


def test_a_store_without_a_variable_is_not_resumed(stored: Path, folder: Path) -> None:
    there = copied(stored, folder)
    shutil.rmtree(there / "1.zarr" / "balance")
    with pytest.raises(CamjaxError, match=r"balance/zarr.json: .* got no such file"):
        PathStore(there / "1.zarr").check_whole()


def test_damaged_metadata_of_a_store_is_refused(stored: Path, folder: Path) -> None:
    there, draw = copied(stored, folder) / "1.zarr", random.Random(1)
    for file in sorted(there.rglob("zarr.json")):
        content = file.read_bytes()
        for _ in range(10):
            file.write_bytes(damaged(content, draw))
            try:
                same = json.loads(file.read_bytes()) == json.loads(content)
            except ValueError:
                same = False
            if not same:
                with pytest.raises(CamjaxError):
                    load_store(there)
        file.write_bytes(content)
    assert load_store(there).sizes["path"] > 0


@pytest.mark.parametrize("results", [True, False])
def test_a_run_that_has_ended_is_not_said_to_be_gone(
    results: bool, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("out").mkdir()
    if results:
        save_results(DATASET, "out/results.nc")
    assert main(["run", "--set", "steps=2", "--resume", "--out", "out"]) == 2
    said = capsys.readouterr().err
    assert ("got one that has ended: results.nc is there" in said) == results
    assert ("Start it anew" in said) == (not results)
