"""One block of an ensemble: a fixed number of paths simulated side by side and folded at once."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from camjax.dynamics import state_at, step
from camjax.ensemble.base import PathSource
from camjax.ensemble.quantities import STEP
from camjax.ensemble.reducers import AlongReducer, Reducer
from camjax.ensemble.reducers.base import SCOPES
from camjax.ensemble.stacking import Stacked, fold_as_one, separate
from camjax.ensemble.values import asked
from camjax.feed import Feed
from camjax.model import Model, Record
from camjax.processes import DriverProcesses
from camjax.simulation import run_steps
from camjax.trajectory import assemble, assemble_path, choose

LANES = 512
"""Paths in a block, always: enough to fill vector units, few enough that rows stay in cache.

A fixed number makes a path the same numbers in any ensemble: another width may be compiled to
other instructions, whose rounding differs.
"""

AXIS = "lane"
"""The axis over which a block's paths are vmapped: within it reducers see all of them."""

Variables = dict[str, Any]


class Memory(NamedTuple):
    """What a path carries from step to step for reducers."""

    last: Variables
    """The latest step's variables, for those that look at the end."""
    along: dict[str, Any]
    """Memories of those that look along the path, by name."""


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
    return fold_paths(source.with_leaves(model, processes), reducers, keys, paths < num_paths)


def fold_paths(
    source: PathSource, reducers: Sequence[Reducer], keys: Array, counted: Array
) -> tuple[Any, ...]:
    """Simulate one path for each key, side by side, and fold them.

    What a reducer looks at decides where it folds: within the scan, so that no more than a step is
    ever held; at the last step; or behind the scan, over whole trajectories.

    Args:
      source: what to run.
      reducers: what folds the paths.
      keys: [L] of the paths.
      counted: [L], False for padding.
    """
    path = jax.vmap(
        partial(fold_path, source, reducers, counted),
        in_axes=(0, -1),
        out_axes=(None, -1),
        axis_name=AXIS,
    )
    # What is laid out beforehand is drawn for all keys at once, and lies as a scan reads it.
    in_place = source.processes.draws_in_place(keys)
    folded, seen = path(keys, None if in_place else source.processes.normals(keys))
    rest = [reducer for reducer in reducers if reducer.scope != "step"]
    folded |= {reducer.name: reducer.fold(seen[reducer.name], counted) for reducer in rest}
    return tuple(folded[reducer.name] for reducer in reducers)


def fold_path(
    source: PathSource,
    reducers: Sequence[Reducer],
    counted: Array,
    key: Array,
    normals: Variables | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """One path among those side by side on the axis `AXIS`.

    Args:
      source: what to run.
      reducers: what folds the paths.
      counted: [L], False for padding.
      key: of this path.
      normals: in place of those that the key gives.

    Returns:
      By name what reducers have folded of each step, and what the others are to fold.
    """
    model, feed = source.model, source.feed(key, normals)
    groups = feed.start()[1].groups
    table = partial(assemble, model, groups)
    scoped = {scope: [each for each in reducers if each.scope == scope] for scope in SCOPES}
    rememberers = cast("list[AlongReducer]", scoped["along"])

    def see(memory: Memory, record: Record) -> tuple[Memory, tuple[list[Stacked], Variables]]:
        wanted = {scope: _names(scoped[scope]) for scope in ("step", "end", "path")}
        found = asked(model, record, {*wanted["step"], *wanted["end"], *wanted["path"]})
        last = choose(found, wanted["end"])
        along = {
            each.name: each.advance(model, memory.along[each.name], record) for each in rememberers
        }
        together = jax.lax.all_gather(choose(found, wanted["step"]), AXIS)
        now = {name: jax.vmap(partial(table, name), out_axes=-1)(v) for name, v in together.items()}
        now[STEP] = record.step
        folded = fold_as_one(scoped["step"], now, counted)
        return Memory(last, along), (folded, choose(found, wanted["path"]))

    nothing = _nothing(model, feed, key, _names(scoped["end"]))
    start = Memory(nothing, {each.name: each.start(model) for each in rememberers})
    _, memory, (folded, kept) = run_steps(model, feed, key, start, see)
    last = {name: table(name, values) for name, values in memory.last.items()}
    whole = assemble_path(model, groups, kept)
    seen = {each.name: choose(last, each.variables) for each in scoped["end"]}
    seen |= {each.name: choose(whole, each.variables) for each in scoped["path"]}
    return separate(folded), seen | memory.along


def _nothing(model: Model, feed: Feed, key: Array, names: tuple[str, ...]) -> Variables:
    """Variables as they are carried before the first step: zeros of their shapes."""

    def first_step() -> Variables:
        fed, first = feed.start()
        _, row = feed.advance(fed, jax.tree.map(lambda rows: rows[0], feed.rows))
        _, record = step(model, state_at(model, first), row, key)
        return asked(model, record, names)

    return jax.tree.map(jnp.zeros_like, jax.eval_shape(first_step)) if names else {}


def _names(reducers: Iterable[Reducer]) -> tuple[str, ...]:
    return tuple(sorted({name for reducer in reducers for name in reducer.variables}))
