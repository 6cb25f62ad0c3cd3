"""A path of the model: one scan over steps."""

import functools
from typing import Any

import jax
from jax import Array

from camjax.dynamics import initial_state, step_grouped
from camjax.errors import CamjaxError, refusal
from camjax.market import Drivers, Row
from camjax.model import Model, State
from camjax.trajectory import Trajectory, assemble, variables_of


@functools.partial(jax.jit, static_argnames="record")
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
    rows = model.rows(drivers)
    deposits = rows.groups.stack(model.deposits)

    # Backwards, a step is run again from its state, which is far less to store than its inside.
    @functools.partial(jax.checkpoint, prevent_cse=False)
    def advance(state: State, row: Row) -> tuple[State, dict[str, Any]]:
        step_key = None if key is None else jax.random.fold_in(key, row.step)
        state, seen = step_grouped(model, deposits, state, row, step_key)
        return state, _chosen(variables_of(seen), record)

    final_state, recorded = jax.lax.scan(advance, initial_state(model, drivers), rows)
    variables = {
        name: assemble(model, rows.groups, name, values) for name, values in recorded.items()
    }
    return Trajectory(variables=variables, final_state=final_state)


def _chosen(variables: dict[str, Any], names: tuple[str, ...] | None) -> dict[str, Any]:
    """The variables asked for by name; all where none are named."""
    if names is None:
        return variables
    for name in names:
        if name not in variables:
            raise CamjaxError(refusal("record", f"any of {', '.join(variables)}", repr(name)))
    return {name: variables[name] for name in names}
