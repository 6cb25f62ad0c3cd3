"""Several processes that run one ensemble together, started as JAX jobs are."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator

from camjax.cli.launched import launched
from camjax.cli.meeting import address_of, meet
from camjax.errors import CamjaxError, refusal

UNNOTICED_SECONDS = 10**8
"""How long JAX does not miss a process that is gone: it would abort the others in their work."""

OTHERS_SECONDS = 3.0
"""How long process 0, which stops before the end, leaves the others to stop too."""


def join(
    coordinator: str | None, num_processes: int | None, process_id: int | None, *, alone: bool
) -> tuple[int, int]:
    """Meet the other processes, before JAX starts.

    What is left out beside a coordinator is what SLURM or MPI told when they started the processes.
    Without one, tasks of a SLURM job step meet by themselves; all others run alone.

    Args:
      coordinator: host:port at which process 0 waits for the others.
      num_processes: how many there are.
      process_id: which of them this is, from 0.
      alone: whether tasks of a job step are to run apart.

    Returns:
      Which process this is, and of how many.

    Raises:
      CamjaxError: the options do not go together, or the others are not met.
    """
    told = launched()
    if coordinator is None:
        for option, value in (("--num-processes", num_processes), ("--process-id", process_id)):
            if value is not None:
                raise CamjaxError(refusal(option, "--coordinator beside it", "none"))
        if alone or told is None or told.coordinator is None:
            return 0, 1
        coordinator = told.coordinator
    address_of(coordinator)
    if told is not None:
        num_processes = told.num_processes if num_processes is None else num_processes
        process_id = told.process_id if process_id is None else process_id
    if num_processes is not None and process_id is not None:
        if process_id >= num_processes:
            expected = f"below --num-processes {num_processes}"
            raise CamjaxError(refusal("--process-id", expected, process_id))
        meet(coordinator, num_processes, process_id)

    import jax

    from camjax.config import configure
    from camjax.ensemble.together import wait_for_all

    configure()  # before JAX is asked for its processes, which starts it
    try:
        jax.distributed.initialize(
            coordinator, num_processes, process_id, heartbeat_timeout_seconds=UNNOTICED_SECONDS
        )
        with notes_on_standard_error(jax.process_count()):
            wait_for_all()
    except ValueError as error:
        remedy = "Neither SLURM nor MPI tells them here."
        raise CamjaxError(
            refusal("--coordinator", "--num-processes and --process-id", "none", remedy)
        ) from error
    except jax.errors.JaxRuntimeError as error:
        remedy = "Start all processes, with the same address and number."
        raise CamjaxError(
            refusal("--coordinator", "all processes to meet", coordinator, remedy)
        ) from error
    return jax.process_index(), jax.process_count()


def is_joined() -> bool:
    """Whether this process has met others, for which JAX would wait at its end."""
    jax = sys.modules.get("jax")
    return jax is not None and jax.distributed.is_initialized()


def let_others_end() -> None:
    """Where JAX aborts the others as this process ends, give them time to save and to tell."""
    if is_joined() and sys.modules["jax"].process_index() == 0:
        time.sleep(OTHERS_SECONDS)


@contextlib.contextmanager
def notes_on_standard_error(processes: int) -> Iterator[None]:
    """Keep standard output for answers: libraries under JAX print there how processes meet."""
    if processes == 1:
        yield
        return
    sys.stdout.flush()
    output = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(output, 1)
        os.close(output)
