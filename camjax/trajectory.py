"""What a run recorded, under the names of the results table."""

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from camjax._pytree import pytree
from camjax.model import Model, Record, State
from camjax.vector import Vector


@pytree
class Trajectory:
    """Recorded variables of one path, and the state it ended in.

    `variables` maps names of the results table to arrays; each is also an attribute:
    `trajectory.balance` [T, deposits], `trajectory.pool_tvl` [T], `trajectory.status` [T].
    Deposits are in network order. Behind `jax.vmap` a path axis comes first.
    """

    variables: dict[str, Array]
    final_state: State

    def __getattr__(self, name: str) -> Array:
        try:
            return self.__dict__["variables"][name]
        except KeyError:
            recorded = ", ".join(sorted(self.__dict__.get("variables", ())))
            raise AttributeError(f"{name} was not recorded; recorded: {recorded}") from None


Read = Callable[[Model, Record], Any]
"""Picks a variable out of a step's record, in the form in which it is cheap to carry."""

Assemble = Callable[[Model, Any], Array]
"""Turns what was picked, now with a time axis in front, into the array of the results table."""


def variables_of(model: Model, record: Record) -> dict[str, tuple[Any, Assemble]]:
    """Every variable a model records: its value in this step, and how it becomes an array."""
    found: dict[str, tuple[Any, Assemble]] = {
        "balance": (record.balance, _over_deposits),
        "target_weight": (record.target_weight, _over_allocated),
        "yield_rate": (record.yield_rate, _over_deposits),
        "transfer": (record.transfers, _transfer_matrix),
        "remainder": (record.remainder, _over_allocated),
        "mint_redeem_shortfall": (record.mint_redeem_shortfall, _as_it_is),
        "volatile_asset_risk": (record.volatile_asset_risk, _as_it_is),
        "status": (record.status, _as_it_is),
    }
    if record.volatile_asset_price is not None:
        found["volatile_asset_price"] = (record.volatile_asset_price, _as_it_is)
    for name in sorted({name for info in record.info for name in info}):
        found[name] = ([info.get(name) for info in record.info], _over_reporting)
    return found


def _as_it_is(model: Model, values: Array) -> Array:
    del model
    return values


def _over_deposits(model: Model, values: Vector) -> Array:
    del model
    return values.stack()


def _over_allocated(model: Model, values: Vector) -> Array:
    """Over all deposits, NaN where the model leaves one out of the allocation."""
    stacked = values.stack()
    if all(model.allocated):
        return stacked
    shape = (*stacked.shape[:-1], len(model.deposits))
    everywhere = jnp.full(shape, jnp.nan, stacked.dtype)
    return everywhere.at[..., np.array(model.positions)].set(stacked)


def _transfer_matrix(model: Model, transfers: Vector) -> Array:
    """[..., source, destination], at least 0: d_(i,j) > 0 moves from j to i."""
    flows = transfers.stack()
    positions = np.array(model.positions)
    first, second = (positions[end] for end in model.network.ends)
    count = len(model.deposits)
    matrix = jnp.zeros((*flows.shape[:-1], count, count), flows.dtype)
    matrix = matrix.at[..., second, first].set(jnp.maximum(flows, 0))
    return matrix.at[..., first, second].set(jnp.maximum(-flows, 0))


def _over_reporting(model: Model, values: Sequence[Array | None]) -> Array:
    """Over the deposits that report a variable, in network order; no axis where it is one."""
    groups = [
        members
        for members, value in zip(model.groups.members, values, strict=True)
        if value is not None
    ]
    found = [value for value in values if value is not None]
    if len(groups) == 1 and len(groups[0]) == 1:
        return found[0]
    columns = [
        value[..., None] if len(members) == 1 else value
        for members, value in zip(groups, found, strict=True)
    ]
    order = np.argsort([i for members in groups for i in members])
    return jnp.concatenate(columns, axis=-1)[..., order]
