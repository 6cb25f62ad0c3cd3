"""Files are written whole, by one writer, where files may be; whatever else is there stays."""

import multiprocessing
import os
import resource
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import xarray

from camjax.cli import main
from camjax.errors import CamjaxError
from camjax.results import load_results, save_results
from camjax.writing import check_writable, locked, write_whole, written_whole
from camjax.writing.temporaries import ENDING, temporary_name

DATASET = xarray.Dataset({"balance": (("path", "step"), np.ones((40, 500)))})


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """A disk on which files cannot grow further."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path.name)


def make_link_to_device(path: Path) -> None:
    path.symlink_to(os.devnull)


SPECIAL = {"a named pipe": make_pipe, "a socket": make_socket, "a device": make_link_to_device}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    assert main(["run", "--set", "steps=3", "--paths", "2", "--out", str(folder)]) == 0
    return folder


def test_results_on_a_full_disk_are_refused_and_leave_what_was_there(folder: Path) -> None:
    save_results(DATASET.isel(path=slice(2)), "results.nc")
    with (
        files_of_at_most(50_000),
        pytest.raises(CamjaxError, match=r"results.nc: expected a file that can be written"),
    ):
        save_results(DATASET, "results.nc")
    assert load_results("results.nc").sizes["path"] == 2
    assert os.listdir() == ["results.nc"]


SWEEP = ["sweep", "fei", "--set", "deposits.savings.rate=0,1"]


@pytest.mark.parametrize(
    ("command", "out"),
    [
        (["run"], "out"),
        pytest.param(["run"], "out.zarr", marks=pytest.mark.slow),
        pytest.param(SWEEP, "out", marks=pytest.mark.slow),
    ],
)
def test_commands_say_that_a_disk_is_full(
    command: list[str], out: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = [*command, "--set", "steps=30", "--paths", "30", "--out"]
    assert main([*whole, f"first-{out}"]) == 0
    capsys.readouterr()
    with files_of_at_most(5_000):
        status = main([*whole, out])
    said = capsys.readouterr().err
    assert (status, said.count("\n")) == (2, 1)
    assert "file too large" in said
    assert os.listdir() == [f"first-{out}"]


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize(
    "arguments",
    [("report", "R", "--out", "there"), ("export", "R", "there.csv"), ("run", "--out", "there")],
    ids=lambda arguments: arguments[0],
)
def test_what_is_no_file_is_never_replaced(
    kind: str,
    arguments: tuple[str, ...],
    results: Path,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    there = Path(arguments[-1])
    SPECIAL[kind](there)
    before = there.lstat()
    given = [str(results) if argument == "R" else argument for argument in arguments]
    assert main(given) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"camjax: {there}")
    assert f"expected a file that can be written, got {kind}" in said
    after = there.lstat()
    assert (after.st_ino, stat.S_IFMT(after.st_mode)) == (
        before.st_ino,
        stat.S_IFMT(before.st_mode),
    )


def test_a_folder_is_not_replaced_by_a_file(folder: Path) -> None:
    Path("taken").mkdir()
    with pytest.raises(
        CamjaxError, match="taken: expected a file that can be written, got a folder"
    ):
        write_whole(Path("taken"), b"")
    with pytest.raises(CamjaxError, match=r"\.: expected a file that can be written, got a folder"):
        check_writable("")


def test_what_a_killed_process_left_goes_with_the_next_writing(folder: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    of_dead, of_living = (
        temporary_name(Path("results.nc")).name.replace(str(os.getpid()), str(process))
        for process in (dead.pid, os.getppid())
    )
    long_ago, just_now = (f".results.nc.elsewhere.7{number}{ENDING}" for number in (1, 2))
    for name in (of_dead, of_living, long_ago, just_now, ".results.nc.mine"):
        Path(name).touch()
    os.utime(long_ago, (time.time() - 10**6,) * 2)
    write_whole(Path("results.nc"), b"new")
    assert set(os.listdir()) == {"results.nc", of_living, just_now, ".results.nc.mine"}


def test_a_writer_that_fails_leaves_no_trace(folder: Path) -> None:
    with pytest.raises(ZeroDivisionError), written_whole(Path("a/b/c")) as temporary:
        temporary.touch()
        raise ZeroDivisionError
    assert os.listdir() == []


def hold(path: Path, ready: "multiprocessing.synchronize.Event") -> None:
    """What another process does that writes a file for long."""
    with locked(path):
        ready.set()
        time.sleep(600)


def test_a_second_writer_is_told_of_the_first_and_takes_over_when_it_is_killed(
    folder: Path,
) -> None:
    fresh = multiprocessing.get_context("spawn")
    ready, path = fresh.Event(), Path("out/results.nc")
    first = fresh.Process(target=hold, args=(path.absolute(), ready))
    first.start()
    assert ready.wait(60)
    with (
        pytest.raises(CamjaxError, match=f"got one that process {first.pid} on .* writes"),
        locked(path),
    ):
        pass
    first.kill()
    first.join()
    with locked(path):
        assert os.listdir("out") == [".results.nc.lock"]
    assert os.listdir("out") == []
