"""How fast the engine is beside its peers: `python -m benchmarks.throughput`.

The default scenario from random numbers to final balances, as an ensemble of the default lanes on
all cores; the peers in float64, their faster precision; and what bounds the engine: its random
numbers alone, and its steps alone, from drivers that lie ready.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import numpy as np
from jax import Array
from jax.sharding import Mesh, PartitionSpec

import camjax
from benchmarks.harness import Race, argument_parser, as_json, race, table
from benchmarks.peers import parallel_numba, vectorised_numpy
from benchmarks.peers.workload import Settlement
from camjax._compile import compile_for
from camjax.ensemble.blocks import blocks_of
from camjax.ensemble.engine import run_blocks
from camjax.ensemble.lanes import LANES
from camjax.ensemble.program import BlockProgram
from camjax.ensemble.quantities import Quantity
from camjax.ensemble.reducers import FinalMean

OF = Quantity.parse("balance[savings]")
SETTLEMENTS: tuple[Settlement, ...] = ("netted", "sequential")
ACCOUNTING = {"netted": "conserving", "sequential": "reference"}


def scenario_of(precision: str, settlement: Settlement, noise: str = "float32") -> camjax.Scenario:
    """The peers' workload: the default scenario without what they leave out."""
    overrides = {
        "precision": precision,
        "noise": noise,
        "rebalancing.settlement": settlement,
        "rebalancing.accounting": ACCOUNTING[settlement],
    }
    return camjax.load_scenario("fei", overrides)


def ensemble(scenario: camjax.Scenario, num_paths: int) -> Callable[[], object]:
    """The engine, down to the mean of a final balance."""
    reducer = FinalMean(OF, scenario.model.names)
    program = BlockProgram(scenario, [reducer], jax.random.key(0))
    return partial(run_blocks, program, blocks_of(num_paths), num_paths)


def normals_alone(scenario: camjax.Scenario, keys: Array) -> Any:
    """Every normal that the drivers consume, read row by row as they read it, and summed."""

    def add(totals: Any, rows: Any) -> tuple[Any, None]:
        return jax.tree.map(jax.numpy.add, totals, rows), None

    normals = scenario.processes.normals(keys)
    totals, _ = jax.lax.scan(add, jax.tree.map(lambda rows: rows[0], normals), normals)
    return totals


def steps_alone(scenario: camjax.Scenario, drivers: camjax.Drivers) -> Any:
    """Every step of drivers that are there."""
    model = scenario.model
    run = partial(camjax.simulate, model, record=())
    return jax.vmap(lambda path: run(path).final_state.deposits, in_axes=-1)(drivers)


def on_all_devices(function: Callable[[Any], Any], given: Any, num_paths: int) -> Callable[[], Any]:
    """A function of one block, over as many blocks as there are paths, on every device."""
    devices = jax.local_devices()
    rounds = num_paths // (LANES * len(devices))
    mapped = jax.shard_map(
        lambda given: jax.tree.map(lambda leaf: leaf[None], function(given)),
        mesh=Mesh(np.array(devices), ("path",)),
        in_specs=PartitionSpec(),
        out_specs=PartitionSpec("path"),
        check_vma=False,
    )
    program = compile_for(jax.jit(mapped).lower(given), devices)
    return lambda: [program(given) for _ in range(rounds)]


def race_engine(num_paths: int, settlement: Settlement, repeats: int) -> Race:
    """The engine in both precisions against both peers, random numbers drawn."""
    steps = scenario_of("float64", settlement).steps
    contenders = {
        "camjax float32": ensemble(scenario_of("float32", settlement), num_paths),
        "camjax float64": ensemble(scenario_of("float64", settlement), num_paths),
        "camjax float64, float64 noise": ensemble(
            scenario_of("float64", settlement, "float64"), num_paths
        ),
        "NumPy": partial(vectorised_numpy.run, num_paths, steps, settlement=settlement),
        "Numba": partial(parallel_numba.run, num_paths, steps, settlement=settlement),
    }
    settings = {"settlement": settlement, "paths": num_paths, "steps": steps}
    work = num_paths * steps
    return race(
        "Default scenario, drawn", contenders, work=work, settings=settings, repeats=repeats
    )


def race_limits(num_paths: int, precision: str, repeats: int) -> Race:
    """What the engine cannot be faster than, as it is built."""
    scenario = scenario_of(precision, "netted")
    keys = jax.random.split(jax.random.key(0), LANES)
    lanes = jax.vmap(
        lambda normals: scenario.sample_drivers(jax.random.key(0), normals),
        in_axes=-1,
        out_axes=-1,
    )
    drivers = jax.jit(lambda keys: lanes(scenario.processes.normals(keys)))(keys)
    contenders = {
        "all of it": ensemble(scenario, num_paths),
        "random numbers alone": on_all_devices(partial(normals_alone, scenario), keys, num_paths),
        "steps alone": on_all_devices(partial(steps_alone, scenario), drivers, num_paths),
    }
    settings = {"precision": precision, "paths": num_paths, "steps": scenario.steps}
    title, work = "What bounds the engine", num_paths * scenario.steps
    return race(title, contenders, work=work, settings=settings, repeats=repeats)


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--paths", type=int, default=65_536)
    arguments = parser.parse_args()
    camjax.configure(precision="float64")
    results = []
    for settlement in SETTLEMENTS:
        results.append(race_engine(arguments.paths, settlement, arguments.repeats))
        print(table(results[-1], baselines=("NumPy", "Numba")), flush=True)
    for precision in ("float32", "float64"):
        results.append(race_limits(arguments.paths, precision, arguments.repeats))
        print(table(results[-1], baselines=("all of it",)), flush=True)
    if arguments.json is not None:
        arguments.json.write_text(as_json("throughput", results) + "\n")


if __name__ == "__main__":
    main()
