"""The model run along history: put back on the observed balances every step, or only at first."""

import dataclasses
import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from calibration.undone import Undone, undone_in
from camjax import Model, State, initial_state, observe, step
from camjax.market import Drivers, Row


class Replay(NamedTuple):
    """What the model did in steps 1…T after the first observation.

    D deposits in all, N of them under allocation.
    """

    balance: Array
    """[T, D] user balances at the end of the step, before any observation replaces them."""
    target_weight: Array
    """[T, N] dimensionless."""
    yield_rate: Array
    """[T, D] 1/year, the mechanisms' own quotes."""
    undone: Undone
    """[T] what could not be done."""


@functools.partial(jax.jit, static_argnames=("lead_in", "one_step"))
def replay(
    model: Model,
    drivers: Drivers,
    balances: ArrayLike,
    key: Array | None = None,
    *,
    lead_in: int = 0,
    one_step: bool = True,
) -> Replay:
    """Run a model from observed balances, through one scan over its steps.

    One-step: after every step the balances become the observed ones, so each step starts from what
    was there. Free run: only the start is observed. Row t of the drivers is read by step t as in
    `camjax.simulate`; columns `observed_yield_<deposit>` feed the yield memory.

    Observations may begin after the model's day 0. The steps up to then, the lead-in, are run with
    balances held at the first observed ones, so that quotes and prices before are remembered.

    Jitted; works under `jax.vmap` and `jax.grad`.

    Args:
      model: parameters and structure; its own initial balances are not used.
      drivers: at least lead_in + T steps.
      balances: [T + 1, D] user balances of all deposits; row 0 is the start.
      key: random key, needed only where holders are uncertain (weights.dirichlet_precision).
      lead_in: steps before the first observation.
      one_step: whether every step starts from observed balances, or the first one alone.

    References:
      Specification, 5.
    """
    held = jnp.asarray(balances, model.rebalancing.duration_days.dtype)
    model = _starting_from(model, held[0])

    def advance(state: State, row_and_seen: tuple[Row, Array | None]) -> tuple[State, Replay]:
        row, seen = row_and_seen
        step_key = None if key is None else jax.random.fold_in(key, row.step)
        state, record = step(model, state, row, step_key)
        if seen is not None:
            state = observe(model, state, seen)
        return state, Replay(
            balance=record.balance.stack(),
            target_weight=record.target_weight.stack(),
            yield_rate=record.yield_rate.stack(),
            undone=undone_in(record),
        )

    rows = model.rows(drivers)
    state = initial_state(model, drivers)
    if lead_in:
        before = jax.tree.map(lambda values: values[:lead_in], rows)
        first = jnp.broadcast_to(held[0], (lead_in, *held.shape[1:]))
        state, _ = jax.lax.scan(advance, state, (before, first))
    during = jax.tree.map(lambda values: values[lead_in : lead_in + len(held) - 1], rows)
    _, run = jax.lax.scan(advance, state, (during, held[1:] if one_step else None))
    return run


def _starting_from(model: Model, balances: Array) -> Model:
    """The model with other initial balances, [D]."""
    deposits: tuple[Any, ...] = model.deposits
    start = (
        dataclasses.replace(deposit, user_balance=balance)
        for deposit, balance in zip(deposits, balances, strict=True)
    )
    return dataclasses.replace(model, deposits=tuple(start))
