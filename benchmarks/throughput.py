"""How fast the engine is beside its peers: `python -m benchmarks.throughput`.

The default scenario from random numbers to final balances, as an ensemble of the default lanes on
all cores; the peers in float64, their faster precision; and what parts of the engine take alone:
its random numbers, its drivers and its steps.
"""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import camjax
from benchmarks.harness import Race, argument_parser, as_json, race, table
from benchmarks.peers import parallel_numba, vectorised_numpy
from benchmarks.peers.workload import Settlement
from camjax.ensemble.blocks import blocks_of
from camjax.ensemble.engine import run_blocks
from camjax.ensemble.lanes import LANES
from camjax.ensemble.program import BlockProgram
from camjax.ensemble.quantities import Quantity
from camjax.ensemble.reducers import FinalMean
from camjax.model import Model
from camjax.processes import DriverProcesses
from camjax.processes.normals import normal_of_row, normal_pair

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
    reducer = FinalMean(OF)
    program = BlockProgram(scenario, [reducer], jax.random.key(0))
    return partial(run_blocks, program, blocks_of(num_paths), num_paths)


class Part(BlockProgram):
    """A part of what the engine does, in blocks as the engine runs them.

    Args:
      scenario: what to run.
      of_block: a number that the part makes of the keys of a block's paths.
    """

    def __init__(
        self, scenario: camjax.Scenario, of_block: Callable[[camjax.Scenario, Array], Array]
    ) -> None:
        self._of_block = of_block
        super().__init__(scenario, [FinalMean(OF)], jax.random.key(0))

    def fold_block(
        self, model: Model, processes: DriverProcesses, key: Array, first: Array, num_paths: Array
    ) -> tuple[Array, ...]:
        """The part's number."""
        del num_paths
        paths = first + jnp.arange(LANES, dtype=np.uint32)
        keys = jax.vmap(partial(jax.random.fold_in, key))(paths)
        return (self._of_block(self.scenario.with_leaves(model, processes), keys),)

    def run(self, num_paths: int) -> None:
        """The part, of so many paths."""
        for _ in self.fold(blocks_of(num_paths), num_paths):
            pass


def normals_alone(scenario: camjax.Scenario, keys: Array) -> Array:
    """Every normal that the drivers consume, drawn row by row as they draw it, and summed."""

    def path(key: Array) -> Array:
        words = scenario.processes.stream(key).keys

        def add(carry: Any, row: Array) -> tuple[Any, None]:
            pairs, total = carry
            drawn = {name: normal_of_row(words[name], row, pairs[name]) for name in words}
            pairs = {name: pair for name, (_, pair) in drawn.items()}
            return (pairs, total + sum(normal for normal, _ in drawn.values())), None

        pairs = {name: normal_pair(each, jnp.uint32(0)) for name, each in words.items()}
        rows = jnp.arange(1, scenario.steps + 1, dtype=np.int32)
        (_, total), _ = jax.lax.scan(add, (pairs, jnp.zeros((), np.float32)), rows)
        return total

    return jax.vmap(path)(keys).sum()


def drivers_alone(scenario: camjax.Scenario, keys: Array) -> Array:
    """Every row of the drivers, normals and risk included, summed."""

    def path(key: Array) -> Array:
        feed = scenario.feed(key)

        def add(carry: Any, row: Any) -> tuple[Any, None]:
            state, total = carry
            state, now = feed.advance(state, row)
            return (state, total + sum(_numbers(now))), None

        state, first = feed.start()
        nothing = jnp.zeros((), _numbers(first)[0].dtype)
        (_, total), _ = jax.lax.scan(add, (state, nothing), feed.rows)
        return total

    return jax.vmap(path)(keys).sum()


def _numbers(row: Any) -> list[Array]:
    """What of a row is no count and no flag."""
    leaves = jax.tree.leaves(row)
    return [leaf for leaf in leaves if jnp.issubdtype(leaf.dtype, jnp.floating)]


def steps_alone(drivers: camjax.Drivers, scenario: camjax.Scenario, keys: Array) -> Array:
    """Every step of drivers that lie ready; the same for all blocks, but for its last digits."""
    tiny = (jax.random.key_data(keys[0])[0] >> 8).astype(scenario.precision) * 1e-16

    def path(drivers: camjax.Drivers) -> Array:
        price = drivers.volatile_asset_price
        drivers = dataclasses.replace(drivers, volatile_asset_price=price * (1 + tiny))
        return sum(_numbers(camjax.simulate(scenario.model, drivers, record=()).final_state))

    return jax.vmap(path, in_axes=-1)(drivers).sum()


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


def race_parts(num_paths: int, precision: str, repeats: int) -> Race:
    """What parts of the engine take alone, in blocks as it runs them."""
    scenario = scenario_of(precision, "netted")
    keys = jax.random.split(jax.random.key(0), LANES)
    drivers = jax.jit(jax.vmap(scenario.sample_drivers, out_axes=-1))(keys)
    parts = {
        "random numbers alone": normals_alone,
        "drivers alone, their random numbers too": drivers_alone,
        "steps alone, risk too, of drivers that lie ready": partial(steps_alone, drivers),
    }
    contenders = {"all of it": ensemble(scenario, num_paths)}
    for name, of_block in parts.items():
        contenders[name] = partial(Part(scenario, of_block).run, num_paths)
    settings = {"precision": precision, "paths": num_paths, "steps": scenario.steps}
    title, work = "Parts of the engine alone", num_paths * scenario.steps
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
        results.append(race_parts(arguments.paths, precision, arguments.repeats))
        print(table(results[-1], baselines=("all of it",)), flush=True)
    if arguments.json is not None:
        arguments.json.write_text(as_json("throughput", results) + "\n")


if __name__ == "__main__":
    main()
