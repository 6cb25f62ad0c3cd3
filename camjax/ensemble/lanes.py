"""One block of an ensemble: a fixed number of paths simulated side by side and folded at once."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from camjax.ensemble.base import PathSource
from camjax.ensemble.quantities import SHARE, shares
from camjax.ensemble.reducers import Reducer
from camjax.model import Model
from camjax.processes import DriverProcesses
from camjax.simulation import simulate

LANES = 1024
"""Paths in a block, always: enough to fill vector units, few enough that states stay in cache.

A fixed number makes a path the same numbers in any ensemble: another width may be compiled to
other instructions, whose rounding differs.
"""

Variables = dict[str, Array]


def simulate_lanes(
    source: PathSource, names: Sequence[str], model: Model, processes: DriverProcesses, keys: Array
) -> Variables:
    """Simulate one path for each key, side by side.

    Args:
      source: structure of the run.
      names: variables to record: names of the results table, and "share".
      model: parameters, in place of the source's own.
      processes: driver processes, in place of the source's own.
      keys: [L] random keys.

    Returns:
      By name [T, L] or [T, deposits, L]: lanes last, so that each row is contiguous.
    """
    source = source.with_leaves(model, processes)
    record = tuple(sorted({"balance" if name == SHARE else name for name in names}))

    def path(key: Array) -> Variables:
        drivers = source.sample_drivers(key)
        found = dict(simulate(model, drivers, key, record).variables)
        if SHARE in names:
            found[SHARE] = shares(model, found["balance"])
        return {name: found[name] for name in names}

    return jax.vmap(path, out_axes=-1)(keys)


def fold_lanes(
    source: PathSource,
    reducers: Sequence[Reducer],
    model: Model,
    processes: DriverProcesses,
    key: Array,
    first: Array,
    num_paths: Array,
) -> tuple[Any, ...]:
    """Simulate the block of paths from `first` on and fold it: one partial result per reducer.

    Paths at `num_paths` and beyond are padding and do not count. Path i draws from
    `fold_in(key, i)`.
    """
    paths = first + jnp.arange(LANES, dtype=np.uint32)
    keys = jax.vmap(lambda path: jax.random.fold_in(key, path))(paths)
    names = sorted({name for reducer in reducers for name in reducer.variables})
    variables = simulate_lanes(source, names, model, processes, keys)
    counted = paths < num_paths
    return tuple(
        reducer.fold({name: variables[name] for name in reducer.variables}, counted)
        for reducer in reducers
    )
