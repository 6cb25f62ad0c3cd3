"""A path of the model: one scan over steps."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import jax
from jax import Array

from camjax.dynamics import state_at, step_grouped
from camjax.feed import Feed, GivenFeed
from camjax.market import Drivers
from camjax.model import Model, Record, State
from camjax.trajectory import Trajectory, assemble_path, choose, variables_of
from camjax.weights.blocks import READ

Memory = TypeVar("Memory")

Carry = tuple[Any, State, Any]
"""What a scan carries: what the feed, the model and whoever looks need of the step before."""

See = Callable[[Memory, Record], tuple[Memory, Any]]
"""From what is remembered and the record of a step to what is remembered next, and kept."""


@partial(jax.jit, static_argnames="record")
def simulate(
    model: Model,
    drivers: Drivers,
    key: Array | None = None,
    record: tuple[str, ...] | None = None,
) -> Trajectory:
    """Run a model along one path of its drivers.

    Jitted; works under `jax.vmap`, `jax.grad`, `jax.jacfwd` and `jax.jvp`, in float32 and float64
    as the model's numbers are. Batch paths with `jax.vmap(simulate, in_axes=(None, 0))`.

    Args:
      model: parameters and structure.
      drivers: one path, T steps.
      key: random key, needed only where holders are uncertain (weights.dirichlet_precision).
      record: names of the results table to record; None: all that the model has. What is not
        recorded is not computed; `()` keeps only the final state.

    Returns:
      Trajectory with a leading time axis, step 1 to T.

    Raises:
      CamjaxError: a name that this model does not record, or a driver that it lacks.

    References:
      Specification, 3 and 4.

    >>> import camjax
    >>> scenario = camjax.load_scenario("fei")
    >>> drivers = scenario.sample_drivers(jax.random.key(0))
    >>> camjax.simulate(scenario.model, drivers).balance.shape
    (365, 4)
    """

    def see(memory: None, seen: Record) -> tuple[None, dict[str, Any]]:
        found = variables_of(seen)
        return memory, found if record is None else choose(found, record)

    feed = GivenFeed(model=model, drivers=drivers)
    final_state, _, recorded = run_steps(model, feed, key, None, see)
    variables = assemble_path(model, final_state.groups, recorded)
    return Trajectory(variables=variables, final_state=final_state)


def run_steps(
    model: Model, feed: Feed, key: Array | None, memory: Memory, see: See[Memory]
) -> tuple[State, Memory, Any]:
    """The scan under every run: what is seen of a step is kept, or only remembered.

    Args:
      model: parameters and structure.
      feed: the drivers of one path.
      key: as in `simulate`.
      memory: what `see` is given in step 1.
      see: maps (memory, record of a step) to (memory, what to keep of the step).

    Returns:
      The final state, the last memory, and what was kept with a leading time axis.
    """
    fed, first = feed.start()
    deposits = first.groups.stack(model.deposits)

    # Backwards, a step is run again from its state, which is far less to store than its inside; and
    # what it read of a long memory is kept, which is far less than the memory.
    only_reads = jax.checkpoint_policies.save_only_these_names(READ)

    @partial(jax.checkpoint, prevent_cse=False, policy=only_reads)
    def advance(carry: Carry, row: Any) -> tuple[Carry, Any]:
        fed, state, memory = carry
        fed, now = feed.advance(fed, row)
        step_key = None if key is None else jax.random.fold_in(key, now.step)
        state, record = step_grouped(model, deposits, state, now, step_key)
        memory, kept = see(memory, record)
        return (fed, state, memory), kept

    start = fed, state_at(model, first), memory
    (_, final_state, memory), kept = jax.lax.scan(advance, start, feed.rows)
    return final_state, memory, kept
