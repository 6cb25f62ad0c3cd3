"""What the gradient of a mean over many paths costs: `python -m benchmarks.ensemble_gradient`.

The mean final share of savings over an ensemble, alone and with its gradient by every parameter,
initial balance and number of a driver process. Peak memory is measured in a process for each.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import jax

import camjax
from benchmarks.harness import argument_parser, as_json, race, table
from camjax.ensemble import FinalMean
from camjax.ensemble.engine import run_paths
from camjax.ensemble.gradient import GradientProgram
from camjax.ensemble.program import BlockProgram
from camjax.ensemble.quantities import Quantity

OF = Quantity("share", "savings")
CONTENDERS = ("mean", "mean and gradient")
MEBIBYTE = 2**20


def program_of(name: str, scenario: camjax.Scenario) -> BlockProgram:
    """The compiled program of a contender."""
    key = jax.random.key(0)
    if name == "mean":
        return BlockProgram(scenario, [FinalMean(OF)], key)
    return GradientProgram(scenario, OF, key)


def contender(name: str, scenario: camjax.Scenario, num_paths: int) -> Callable[[], object]:
    """One run of a contender, compiled beforehand."""
    program = program_of(name, scenario)
    return lambda: run_paths(program, num_paths).num_paths


def peak_mebibytes(name: str, precision: str, num_paths: int) -> float:
    """Peak memory of a process that does nothing else than run a contender once."""
    order = json.dumps([name, precision, num_paths])
    command = [sys.executable, "-m", "benchmarks.ensemble_gradient", "--order", order]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(json.loads(answer))


def run_alone(name: str, precision: str, num_paths: int) -> float:
    """Run a contender in this process, and give its peak memory in MiB."""
    contender(name, camjax.load_scenario("fei", {"precision": precision}), num_paths)()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEBIBYTE


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--paths", type=int, default=100_000)
    parser.add_argument("--precision", choices=("float32", "float64"), default="float32")
    parser.add_argument("--order", type=json.loads, help="run one contender, print its peak MiB")
    arguments = parser.parse_args()
    camjax.configure(precision="float64")
    if arguments.order is not None:
        print(run_alone(*arguments.order))
        return
    precision, num_paths = arguments.precision, arguments.paths
    scenario = camjax.load_scenario("fei", {"precision": precision})
    peaks = {
        f"{name}, MiB": round(peak_mebibytes(name, precision, num_paths)) for name in CONTENDERS
    }
    settings: dict[str, Any] = {"precision": precision, "paths": num_paths, "steps": scenario.steps}
    result = race(
        "Mean final share of savings over an ensemble",
        {name: contender(name, scenario, num_paths) for name in CONTENDERS},
        work=num_paths * scenario.steps,
        settings=settings | peaks,
        repeats=arguments.repeats,
    )
    print(table(result, baselines=("mean",)))
    if arguments.json is not None:
        arguments.json.write_text(as_json("ensemble_gradient", [result]))


if __name__ == "__main__":
    main()
