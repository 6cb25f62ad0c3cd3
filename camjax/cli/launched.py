"""What srun and mpirun tell each of the processes that they have started."""

import dataclasses
import os

SLURM = ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID")
"""Variables that say how many tasks a job step has, and which of them this is."""

LAUNCHERS = (("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"), ("PMI_SIZE", "PMI_RANK"), SLURM)
"""The same of Open MPI, of MPICH and its kin, and of SLURM, which may have started mpirun."""

FIRST_PORT, NUM_PORTS = 61_440, 4096
"""Ports that jobs of SLURM meet at, by their number, as JAX has it."""


@dataclasses.dataclass(frozen=True)
class Launched:
    """One of several processes started together.

    Attributes:
      num_processes: how many there are, at least 2.
      process_id: which of them this is, from 0.
      coordinator: host:port at which they can meet; None: the launcher tells of none.
    """

    num_processes: int
    process_id: int
    coordinator: str | None


def launched() -> Launched | None:
    """What this process was told; None where it was started alone."""
    for names in LAUNCHERS:
        told = _told(names)
        if told is not None and told[0] > 1:
            return Launched(*told, _address() if told == _told(SLURM) else None)
    return None


def _told(names: tuple[str, str]) -> tuple[int, int] | None:
    """How many processes there are and which this is, by the variables of a launcher."""
    number, place = (os.environ.get(name, "") for name in names)
    return (int(number), int(place)) if number.isdecimal() and place.isdecimal() else None


def _address() -> str | None:
    """Where the tasks of a job step meet: the first of its hosts, and a port of the job's own."""
    hosts, job = (os.environ.get(name, "") for name in ("SLURM_STEP_NODELIST", "SLURM_JOB_ID"))
    if not hosts or not job.isdecimal():
        return None
    return f"{first_host(hosts)}:{FIRST_PORT + int(job) % NUM_PORTS}"


def first_host(hosts: str) -> str:
    """The first of a list of hosts as SLURM writes it.

    >>> [first_host(hosts) for hosts in ("n1", "n1,n2", "n[001-015,7],m2", "n-[3,5]-a")]
    ['n1', 'n1', 'n001', 'n-3-a']
    """
    name, bracket, rest = hosts.partition("[")
    if not bracket or "," in name:
        return name.partition(",")[0]
    numbers, _, after = rest.partition("]")
    return name + numbers.replace("-", ",").partition(",")[0] + after.partition(",")[0]
