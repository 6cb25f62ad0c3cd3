"""What derivatives cost beside a plain run: `python -m benchmarks.gradient`.

The mean final share of savings over paths whose drivers are given, and its derivatives: by every
parameter and initial balance in reverse mode, and by one of them in forward mode.
"""

import dataclasses

import jax
import jax.numpy as jnp
from jax import Array

import camjax
from benchmarks.harness import Race, argument_parser, as_json, race, table

SAVINGS = 2


def mean_final_share(model: camjax.Model, drivers: camjax.Drivers) -> Array:
    """Mean over paths of the share of savings after the last step."""

    def final_share(drivers: camjax.Drivers) -> Array:
        states = camjax.simulate(model, drivers, record=()).final_state.deposits
        balances = [d.balance(s) for d, s in zip(model.deposits, states, strict=True)]
        return balances[SAVINGS] / sum(balances[1:], balances[0])

    return jax.vmap(final_share)(drivers).mean()


def by_duration(model: camjax.Model, drivers: camjax.Drivers) -> Array:
    """Derivative by the rebalance duration alone, in forward mode."""

    def share(duration_days: Array) -> Array:
        rebalancing = dataclasses.replace(model.rebalancing, duration_days=duration_days)
        return mean_final_share(dataclasses.replace(model, rebalancing=rebalancing), drivers)

    duration_days = model.rebalancing.duration_days
    return jax.jvp(share, (duration_days,), (jnp.ones_like(duration_days),))[1]


def race_derivatives(precision: str, settlement: str, num_paths: int, repeats: int) -> Race:
    """Time a run, its reverse-mode gradient and one forward-mode derivative."""
    scenario = camjax.load_scenario(
        "fei", {"precision": precision, "rebalancing.settlement": settlement}
    )
    keys = jax.random.split(jax.random.key(0), num_paths)
    drivers = jax.block_until_ready(jax.jit(jax.vmap(scenario.sample_drivers))(keys))
    programs = {
        "run": jax.jit(mean_final_share),
        "reverse, all parameters": jax.jit(jax.grad(mean_final_share)),
        "forward, one parameter": jax.jit(by_duration),
    }
    return race(
        "Mean final share of savings and its derivatives",
        {name: lambda p=program: p(scenario.model, drivers) for name, program in programs.items()},
        work=num_paths * scenario.steps,
        settings={
            "precision": precision,
            "settlement": settlement,
            "paths": num_paths,
            "steps": scenario.steps,
        },
        repeats=repeats,
    )


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--paths", type=int, default=1000)
    arguments = parser.parse_args()
    camjax.configure(precision="float64", devices=1)
    results = []
    for precision in ("float32", "float64"):
        for settlement in ("netted", "sequential"):
            results.append(
                race_derivatives(precision, settlement, arguments.paths, arguments.repeats)
            )
            print(table(results[-1], baselines=("run",)))
    if arguments.json is not None:
        arguments.json.write_text(as_json("gradient", results))


if __name__ == "__main__":
    main()
