"""Settings whose paths are held: trajectories, last steps, or exact statistics."""

import time
from collections.abc import Iterator

import jax.numpy as jnp
import numpy as np
import xarray
from numpy.typing import NDArray

from camjax.ensemble.quantities import SHARE, shares
from camjax.memory import bytes_of
from camjax.results import statistics, to_dataset
from camjax.sweeps.order import Clock, Order
from camjax.sweeps.program import StackProgram, variables_of
from camjax.sweeps.structures import Stack


def run_kept(order: Order, stack: Stack, clock: Clock) -> Iterator[tuple[int, xarray.Dataset]]:
    """Settings of one structure as they are done: place in the sweep, and what is kept."""
    program = StackProgram(stack, order.num_paths, order.seed, last_only=order.keep == "final")
    clock.compile_seconds += program.compile_seconds
    clock.num_programs += 1
    started = time.perf_counter()
    for places, variables in program.run():
        for row, place in enumerate(places):
            own = {name: values[row] for name, values in variables.items()}
            yield place, _labelled(order, place, own)
    clock.run_seconds += time.perf_counter() - started


def setting_bytes(stack: Stack, num_paths: int) -> int:
    """Size of the trajectories of one setting."""
    return num_paths * bytes_of(variables_of(stack.scenario))


def _labelled(order: Order, place: int, variables: dict[str, NDArray]) -> xarray.Dataset:
    """What is kept of one setting."""
    scenario = order.sweep.scenarios[place]
    if order.keep == "statistics":
        held = (jnp.asarray(variables[name]) for name in ("balance", "target_weight"))
        variables = variables | {SHARE: np.asarray(shares(scenario.model, *held))}
    dataset = to_dataset(
        variables, scenario.model, scenario=scenario, seed=order.seed, last_step=scenario.steps
    )
    if order.keep == "statistics":
        return statistics(dataset).assign_attrs(paths=order.num_paths)
    return dataset
