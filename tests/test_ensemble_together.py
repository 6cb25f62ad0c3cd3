"""Laws of processes that run one ensemble together: the results of one process, told once."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import xarray

from camjax.cli import launched, meeting
from camjax.cli.app import main
from camjax.cli.join import join

PATHS = "2100"  # three blocks, so that one process has two
RUN = ("run", "--paths", PATHS, "--set", "steps=6", "--variable", "share", "--json")
TIMEOUT_SECONDS = 300


def free_port() -> int:
    try:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            return listener.getsockname()[1]
    except OSError as error:
        pytest.skip(f"no sockets here: {error}")


MAIN = "from camjax.cli import main; raise SystemExit(main())"
DIES = (
    f"import os; from camjax.ensemble import engine; engine.finish = lambda *_: os._exit(9); {MAIN}"
)
"""As the first, but the process ends before it has saved anything."""


def start(
    arguments: list[str], environment: dict[str, str], program: str = MAIN
) -> subprocess.Popen:
    command = [sys.executable, "-c", program, *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, stdout=pipe, stderr=pipe, text=True, env={**os.environ, **environment}
    )


def run_together(
    arguments: list[list[str]],
    environments: list[dict[str, str]],
    programs: Sequence[str] = (MAIN, MAIN),
) -> list[subprocess.CompletedProcess]:
    """What processes that need each other printed, and how they ended."""
    started = [start(*each) for each in zip(arguments, environments, programs, strict=True)]
    try:
        said = [process.communicate(timeout=TIMEOUT_SECONDS) for process in started]
    finally:
        for process in started:
            process.kill()
    return [
        subprocess.CompletedProcess(process.args, process.returncode, *texts)
        for process, texts in zip(started, said, strict=True)
    ]


def assert_ended_well(ended: list[subprocess.CompletedProcess]) -> None:
    for process in ended:
        assert process.returncode == 0, process.stderr
    assert json.loads(ended[0].stdout)["num_paths"] == int(PATHS)
    assert [process.stdout for process in ended[1:]] == [""] * (len(ended) - 1)


def assert_same_results(found: Path, expected: Path) -> None:
    """Quantiles to the bit, means to rounding."""
    with xarray.open_dataset(found) as these, xarray.open_dataset(expected) as others:
        assert set(these) == set(others)
        for name, values in these.items():
            if "statistic" in values.dims:
                kinds = [str(kind) for kind in values["statistic"].values]
                exact = [kind for kind in kinds if kind not in ("mean", "std")]
                assert exact
                for kind in kinds:
                    pair = (each[name].sel(statistic=kind).values for each in (these, others))
                    tolerance = 0 if kind in exact else 1e-12
                    np.testing.assert_allclose(*pair, rtol=tolerance, atol=tolerance)
            else:
                np.testing.assert_allclose(values, others[name], rtol=1e-12, atol=1e-12)


def test_two_processes_find_what_one_finds(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    together, alone = tmp_path / "together", tmp_path / "alone"
    place = ["--coordinator", address, "--num-processes", "2", "--process-id"]
    out = ["--out", str(together)]
    ended = run_together([[*RUN, *out, *place, str(i)] for i in range(2)], [{}, {}])
    assert_ended_well(ended)
    assert [file.name for file in together.iterdir()] == ["results.nc"]
    assert main([*RUN, "--out", str(alone)]) == 0
    assert_same_results(together / "results.nc", alone / "results.nc")


@pytest.mark.slow
def test_a_process_that_dies_is_told_of_and_the_work_of_the_others_is_kept(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    place = ["--coordinator", address, "--num-processes", "2", "--process-id"]
    runs = [[*RUN, "--out", str(tmp_path / "out"), *place, str(i)] for i in range(2)]
    left, dead = run_together(runs, [{}, {}], [MAIN, DIES])
    assert (left.returncode, dead.returncode) == (2, 9)
    told = [line for line in left.stderr.splitlines() if line.startswith("camjax: ")]
    assert told == [line for line in left.stderr.splitlines() if "Gloo" not in line]
    assert len(told) == 1
    assert "process 0: expected all 2 processes at the end, got one that is gone" in told[0]
    assert not (tmp_path / "out" / "process-1-of-2.npz").exists(), "it begins anew"
    assert_ended_well(run_together([[*run, "--resume"] for run in runs], [{}, {}]))
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["results.nc"]


def jax_environment(process: int, port: int) -> dict[str, str]:
    """What JAX reads."""
    return {
        "JAX_COORDINATOR_ADDRESS": f"127.0.0.1:{port}",
        "JAX_NUM_PROCESSES": "2",
        "JAX_PROCESS_ID": str(process),
    }


def slurm_environment(process: int, port: int) -> dict[str, str]:
    """What `srun -n 2` sets; the port, of the highest 4096, is made of the number of the job."""
    return {
        "SLURM_JOB_ID": str(port % 4096),
        "SLURM_STEP_NODELIST": "localhost",
        "SLURM_NTASKS": "2",
        "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_PROCID": str(process),
        "SLURM_LOCALID": str(process),
    }


@pytest.mark.slow
@pytest.mark.parametrize("environment", [jax_environment, slurm_environment])
def test_the_environment_starts_processes_and_one_may_have_nothing_to_do(
    environment: Callable[[int, int], dict[str, str]],
) -> None:
    port = free_port()
    few = ["500" if argument == PATHS else argument for argument in RUN]
    environments = [environment(process, port) for process in range(2)]
    ended = run_together([few, few], environments)
    assert [process.returncode for process in ended] == [0, 0], ended[0].stderr
    assert json.loads(ended[0].stdout)["num_paths"] == 500


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--process-id", "0"], "--process-id: expected --coordinator beside it, got none"),
        (["--num-processes", "2"], "--num-processes: expected --coordinator beside it, got none"),
        (["--coordinator", "somewhere"], "--coordinator: expected HOST:PORT, got 'somewhere'"),
        (["--coordinator", "a:99999"], "--coordinator: expected a port from 1 to 65535, got 99999"),
        (["--coordinator", "a:0"], "--coordinator: expected a port from 1 to 65535, got 0"),
        (
            ["--coordinator", "no host:1", "--num-processes", "2", "--process-id", "1"],
            "--coordinator: expected a host that can be found, got 'no host'",
        ),
        (
            ["--coordinator", "a:1", "--num-processes", "2", "--process-id", "2"],
            "--process-id: expected below --num-processes 2, got 2",
        ),
    ],
)
def test_processes_that_cannot_meet_are_refused(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *options]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("here", [0, 1])
def test_a_process_that_does_not_come_is_named_in_one_line(
    here: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(meeting, "WAIT_SECONDS", 0.5)
    place = ["--coordinator", f"127.0.0.1:{free_port()}", "--num-processes", "3"]
    assert main(["run", *place, "--process-id", str(here)]) == 2
    said = capsys.readouterr().err
    assert "--coordinator: expected 3 processes to meet at 127.0.0.1:" in said
    assert ("got none of number [1, 2]" in said) == (here == 0)
    assert said.count("\n") == 1


def mpi_environment(process: int, port: int) -> dict[str, str]:
    """What `mpirun -n 2` sets."""
    del port
    return {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": str(process)}


def started(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    """As a launcher starts a process; this one may itself have been started so."""
    for names in launched.LAUNCHERS:
        for name in names:
            monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def test_only_tasks_of_a_job_step_meet_without_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    started(monkeypatch, slurm_environment(1, 5))
    assert launched.launched() == launched.Launched(2, 1, "localhost:61445")
    assert join(None, None, None, alone=True) == (0, 1)
    inside = slurm_environment(0, 5) | mpi_environment(1, 5)
    for environment in ({}, {**slurm_environment(0, 5), "SLURM_STEP_NUM_TASKS": "1"}, inside):
        started(monkeypatch, environment)
        assert join(None, None, None, alone=False) == (0, 1)
    assert launched.launched() == launched.Launched(2, 1, None)


@pytest.mark.parametrize("environment", [slurm_environment, mpi_environment])
def test_a_task_that_does_not_come_is_named_in_one_line(
    environment: Callable[[int, int], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(meeting, "WAIT_SECONDS", 0.3)
    port = free_port()
    started(monkeypatch, environment(0, port))
    place = ["--coordinator", f"127.0.0.1:{port}"] if environment is mpi_environment else []
    assert main(["run", *place]) == 2
    said = capsys.readouterr().err
    assert "expected 2 processes to meet at" in said
    assert "got none of number [1]" in said
    assert said.count("\n") == 1


def test_a_port_that_is_taken_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("", free_port())) as taken:
        place = ["--coordinator", f"127.0.0.1:{taken.getsockname()[1]}", "--num-processes", "2"]
        assert main(["run", *place, "--process-id", "0"]) == 2
    assert "that is free" in capsys.readouterr().err
