"""Settings with more paths than are held: folded as they run, in constant memory."""

from collections.abc import Iterator, Sequence

import jax
import numpy as np
import xarray
from numpy.typing import NDArray

from camjax.ensemble import Bands, Flags, Moments, UndonePaths
from camjax.ensemble.blocks import blocks_of
from camjax.ensemble.engine import run_blocks
from camjax.ensemble.lanes import LANES
from camjax.ensemble.program import BlockProgram
from camjax.ensemble.quantities import SHARE
from camjax.results import ensemble_dataset
from camjax.scenario import Scenario
from camjax.sweeps.order import Clock, Order
from camjax.sweeps.program import variables_of
from camjax.sweeps.structures import Stack


def run_streamed(order: Order, stack: Stack, clock: Clock) -> Iterator[tuple[int, xarray.Dataset]]:
    """Settings of one structure as they are done: place in the sweep, and statistics over paths.

    Quantiles are read off histograms. Their bins cover what the first paths of all settings reach.
    """
    key, num_paths = jax.random.key(order.seed), order.num_paths
    settings = [stack.setting(row) for row in range(len(stack.places))]
    names = [name for name in (*variables_of(stack.scenario), SHARE) if name != "status"]
    first = BlockProgram(settings[0], [Moments(name) for name in names], key)
    low, high = _ranges(first, settings, names, min(num_paths, LANES))
    bands = [Bands(name, low[name], high[name]) for name in names]
    undone = UndonePaths(stack.scenario.model.names)
    program = BlockProgram(settings[0], [Flags(), undone, *bands], key)
    clock.compile_seconds += first.compile_seconds + program.compile_seconds
    clock.num_programs += 1
    for place, setting in zip(stack.places, settings, strict=True):
        found = run_blocks(program.with_scenario(setting), blocks_of(num_paths), num_paths)
        clock.run_seconds += found.run_seconds
        yield place, ensemble_dataset(order.sweep.scenarios[place], found, order.seed)


def _ranges(
    program: BlockProgram, settings: Sequence[Scenario], names: Sequence[str], num_paths: int
) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
    """Ends of the range of each variable over one block of paths of every setting."""
    ends = []
    for setting in settings:
        found = run_blocks(program.with_scenario(setting), range(1), num_paths)
        ends.append({name: found[f"moments({name})"] for name in names})
    low = {name: np.minimum.reduce([one[name].minimum for one in ends]) for name in names}
    high = {name: np.maximum.reduce([one[name].maximum for one in ends]) for name in names}
    return low, high
