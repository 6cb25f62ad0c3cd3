"""What splitting a run among processes costs: `python -m benchmarks.two_processes`.

The mean final share of savings over an ensemble, by one process that has two cores, and by two
processes that have one core each, meet on the loopback and exchange what they found. Processes
stay alive and take turns, so that neither start nor compilation counts.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from benchmarks.harness import Race, argument_parser, as_json, race, table

ONE, TWO = "one process, two cores", "two processes, a core each"


def serve(order: dict[str, Any]) -> None:
    """Be one of the processes: run the ensemble whenever a line is read, and answer with one."""
    os.sched_setaffinity(0, order["cores"])
    import camjax

    camjax.configure(precision=order["precision"])
    import jax

    from camjax.ensemble import FinalMean
    from camjax.ensemble.engine import run_paths
    from camjax.ensemble.program import BlockProgram
    from camjax.ensemble.quantities import Quantity

    if order["processes"] > 1:
        jax.distributed.initialize(order["address"], order["processes"], order["process"])
    scenario = camjax.load_scenario("fei", {"precision": order["precision"]})
    reducer = FinalMean(Quantity("share", "savings"))
    program = BlockProgram(scenario, [reducer], jax.random.key(0))
    answer(scenario.steps)
    for _ in sys.stdin:
        answer(run_paths(program, order["paths"])[reducer.name].value)


def answer(value: float) -> None:
    """Write a line that the parent tells from those that libraries print."""
    print(json.dumps({"answer": value}), flush=True)


class Processes:
    """Processes that run one ensemble together.

    Args:
      orders: what each is told.
    """

    def __init__(self, orders: list[dict[str, Any]]) -> None:
        commands = [
            [sys.executable, "-m", "benchmarks.two_processes", "--serve", json.dumps(order)]
            for order in orders
        ]
        self._processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for command in commands
        ]
        self.steps = int(self._answers()[0])

    def run(self) -> float:
        """Run the ensemble once: the mean that all of them found."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        means = self._answers()
        assert len(set(means)) == 1, means
        return means[0]

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.close()
        for process in self._processes:
            process.wait()

    def _answers(self) -> list[float]:
        return [_answer(process) for process in self._processes]


def _answer(process: subprocess.Popen) -> float:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith('{"answer"'):
            return json.loads(line)["answer"]
    raise RuntimeError(f"a process ended with status {process.wait()}")


def free_address() -> str:
    """A place on the loopback where processes can meet."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


def measure(num_paths: int, precision: str, repeats: int) -> Race:
    """One process on two cores against two on one core each.

    Raises:
      SystemExit: this process may not use two cores.
    """
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        raise SystemExit("benchmarks.two_processes: expected two cores, got one.")
    common = {"paths": num_paths, "precision": precision}
    alone = [common | {"cores": cores, "processes": 1}]
    place = {"processes": 2, "address": free_address()}
    apart = [common | place | {"cores": [core], "process": i} for i, core in enumerate(cores)]
    with ExitStack() as stack:
        groups = {
            name: stack.enter_context(Processes(orders))
            for name, orders in ((ONE, alone), (TWO, apart))
        }
        contenders: dict[str, Callable[[], float]] = {
            name: group.run for name, group in groups.items()
        }
        steps = groups[ONE].steps
        return race(
            "Mean final share of savings over an ensemble",
            contenders,
            work=num_paths * steps,
            settings=common | {"steps": steps},
            repeats=repeats,
        )


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--paths", type=int, default=131_072)
    parser.add_argument("--precision", choices=("float32", "float64"), default="float32")
    parser.add_argument("--serve", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve is not None:
        serve(arguments.serve)
        return
    result = measure(arguments.paths, arguments.precision, arguments.repeats)
    print(table(result, baselines=(ONE,)))
    if arguments.json is not None:
        arguments.json.write_text(as_json("two_processes", [result]) + "\n")


if __name__ == "__main__":
    main()
