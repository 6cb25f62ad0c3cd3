"""Several processes that run one ensemble together, started as JAX jobs are."""

import contextlib
import os
import sys
from collections.abc import Iterator

from camjax.cli.meeting import address_of, meet
from camjax.errors import CamjaxError, refusal

SLURM_TASKS = "SLURM_STEP_NUM_TASKS"


def join(
    coordinator: str | None, num_processes: int | None, process_id: int | None, *, alone: bool
) -> tuple[int, int]:
    """Meet the other processes, before JAX starts.

    What is left out beside a coordinator is found by JAX where SLURM or MPI started the processes.
    Without one, tasks of a SLURM job step meet by themselves.

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
    if coordinator is None:
        for option, value in (("--num-processes", num_processes), ("--process-id", process_id)):
            if value is not None:
                raise CamjaxError(refusal(option, "--coordinator beside it", "none"))
        if alone or not _is_one_of_several_tasks():
            return 0, 1
    else:
        address_of(coordinator)
    if num_processes is not None and process_id is not None and process_id >= num_processes:
        expected = f"below --num-processes {num_processes}"
        raise CamjaxError(refusal("--process-id", expected, process_id))
    if coordinator is not None and num_processes is not None and process_id is not None:
        meet(coordinator, num_processes, process_id)

    import jax

    from camjax.config import configure

    configure()  # before JAX is asked for its processes, which starts it
    try:
        jax.distributed.initialize(coordinator, num_processes, process_id)
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


def _is_one_of_several_tasks() -> bool:
    """Whether `srun` started this process as one of several."""
    tasks = os.environ.get(SLURM_TASKS, "1")
    return tasks.isdecimal() and int(tasks) > 1
