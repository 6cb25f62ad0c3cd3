"""The model run over what was observed and on into what was not, many times at once.

One program serves histories of all lengths: they are padded, and by the number of rows a scan knows
where to put the model back on what was observed and where to let it go on.
"""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

import camjax
from calibration.undone import Undone, undone_in
from camjax import DriverProcesses, ExogenousRule, Model, Row, State

OBSERVED_YIELD = "observed_yield_"
"""How driver columns begin that say what a deposit really quoted."""


class Past(NamedTuple):
    """What is known of steps 0…t−1 of a scenario, padded to L rows; D deposits of the model."""

    num_rows: Array
    """[] t, whole."""
    balances: Array
    """[L, D] FEI; NaN where a deposit was not observed, and in the padding."""
    columns: dict[str, Array]
    """[L] each, driver columns known up to the origin."""
    known_ahead: dict[str, Array]
    """[L + H] each, driver columns known, or assumed, beyond the origin; they win."""


@functools.partial(jax.jit, static_argnames="horizon")
def simulate_ahead(
    model: Model, processes: DriverProcesses, past: Past, noise: Array, keys: Array, horizon: int
) -> tuple[Array, Undone]:
    """Weights of the rows after a history, once for each key, and what could not be done there.

    At every observed row the model takes a step and what holders have is then replaced by what was
    observed; after the last it goes on by itself. Drivers whose past is known follow their process
    from their last value, or keep it where they have none. Those whose past is not known are drawn
    from the first row on.

    Args:
      model: parameters and structure.
      processes: random driver processes; their own series and number of steps are not used.
      past: the history.
      noise: [] standard deviation of the ilr coordinates of an observation. The last one is taken
        for the truth with as much noise, and the result has noise like an observation.
      keys: [S] random keys.
      horizon: H, rows.

    Returns:
      [S, H, N] on the simplex; [S, H].

    References:
      Specification, 5.
    """
    run = functools.partial(_path, model, processes, past, noise, horizon=horizon)
    return jax.vmap(run)(keys)


def _path(
    model: Model,
    processes: DriverProcesses,
    past: Past,
    noise: Array,
    key: Array,
    *,
    horizon: int,
) -> tuple[Array, Undone]:
    """One future: [H, N], [H]."""
    noise_key, step_key, *driver_keys = jax.random.split(key, 5)
    columns = driver_columns(model, processes, past, driver_keys, horizon)
    drivers = model.drivers(columns, len(past.balances) + horizon - 1)

    shape = (1 + horizon, len(model.deposits))
    errors = noise * jax.random.normal(noise_key, shape, past.balances.dtype)
    observed = _with_uncertain_end(past, errors[0])
    model = _starting_from(model, observed[0])

    positions = jnp.array(model.positions)

    def advance(state: State, inputs: tuple[Row, Array]) -> tuple[State, tuple[Array, Undone]]:
        row, seen = inputs
        state, record = camjax.step(model, state, row, jax.random.fold_in(step_key, row.step))
        own = record.balance.stack()
        corrected = camjax.observe(model, state, jnp.where(jnp.isnan(seen), own, seen))
        anything_seen = ~jnp.isnan(seen).all()
        state = jax.tree.map(lambda new, old: jnp.where(anything_seen, new, old), corrected, state)
        held = own[positions]
        # The last weights stand in for balances where redemption has left none.
        weights = jnp.where(held.sum() > 0, held, record.target_weight.stack())
        return state, (weights, undone_in(record))

    unseen = jnp.full((horizon, len(model.deposits)), jnp.nan, observed.dtype)
    seen = jnp.concatenate([observed, unseen])[1:]
    _, found = jax.lax.scan(
        advance, camjax.initial_state(model, drivers), (model.rows(drivers), seen)
    )
    ahead, undone = jax.tree.map(
        lambda steps: jax.lax.dynamic_slice_in_dim(steps, past.num_rows - 1, horizon), found
    )
    return _perturbed(ahead, errors[1:, positions]), undone


def _starting_from(model: Model, balances: Array) -> Model:
    """The model with other initial balances [D], its own where they are NaN."""
    deposits: tuple[Any, ...] = model.deposits
    start = (
        dataclasses.replace(
            deposit, user_balance=jnp.where(jnp.isnan(balance), deposit.user_balance, balance)
        )
        for deposit, balance in zip(deposits, balances, strict=True)
    )
    return dataclasses.replace(model, deposits=tuple(start))


def _with_uncertain_end(past: Past, errors: Array) -> Array:
    """[L, D] observed balances, the last as the truth may have been."""
    row = jnp.arange(len(past.balances), dtype=jnp.int32)[:, None]
    last = jax.lax.dynamic_index_in_dim(past.balances, past.num_rows - 1, keepdims=False)
    shares = _perturbed(jnp.nan_to_num(last), errors)
    truth = jnp.where(jnp.isnan(last), jnp.nan, shares * jnp.nansum(last))
    return jnp.where(row == past.num_rows - 1, truth[None], past.balances)


def _perturbed(parts: Array, errors: Array) -> Array:
    """Weights [..., N] of parts with errors in their logarithms; what is empty stays so.

    Independent normal errors of the logarithms are, once closed, such errors of ilr coordinates.
    """
    wrong = parts * jnp.exp(errors)
    return wrong / wrong.sum(axis=-1, keepdims=True)


def driver_columns(
    model: Model, processes: DriverProcesses, past: Past, keys: Sequence[Array], horizon: int
) -> dict[str, Array]:
    """Driver columns over padded history and horizon, [L + H] each, from three keys."""
    past_key, ahead_key, draw_key = keys
    num_padded = len(past.balances)
    row = jnp.arange(num_padded + horizon, dtype=jnp.int32)
    laws = processes.processes
    drawn = {}
    if not laws.keys() <= past.columns.keys():
        drawn = dataclasses.replace(processes, given={}, steps=num_padded - 1).sample(past_key)
    before = {**drawn, **past.columns}
    last = {name: values[past.num_rows - 1] for name, values in before.items()}

    onward = {name: _from(law, last[name]) for name, law in laws.items()}
    after = dataclasses.replace(processes, processes=onward, given={}, steps=horizon).sample(
        ahead_key
    )
    held = {
        name: jnp.full(horizon + 1, _kept(name, value))
        for name, value in last.items()
        if name not in after
    }
    joined = {
        name: jnp.where(
            row < past.num_rows,
            before[name][jnp.minimum(row, num_padded - 1)],
            values[jnp.clip(row - past.num_rows + 1, 0, horizon)],
        )
        for name, values in {**held, **after}.items()
    }
    return {**joined, **_dirichlet(model, draw_key, len(row)), **past.known_ahead}


def _from(law: Any, value: Array) -> Any:
    """A process that starts from a value, if where it starts matters to it."""
    starts_somewhere = any(field.name == "initial" for field in dataclasses.fields(law))
    return dataclasses.replace(law, initial=value) if starts_somewhere else law


def _kept(column: str, value: Array) -> Array:
    """What is assumed of a driver that no process tells: it stays, but flows cease."""
    if column == "mint_redeem":
        return jnp.zeros_like(value)
    return jnp.full_like(value, jnp.nan) if column.startswith(OBSERVED_YIELD) else value


def _dirichlet(model: Model, key: Array, num_rows: int) -> dict[str, Array]:
    """Draws that the exogenous rule needs."""
    rule = model.weights.rule
    if not isinstance(rule, ExogenousRule):
        return {}
    concentration = rule.concentration
    draws = jax.random.dirichlet(key, concentration, (num_rows,), concentration.dtype)
    names = [model.names[position] for position in model.positions]
    return {f"dirichlet_{name}": draws[:, column] for column, name in enumerate(names)}
