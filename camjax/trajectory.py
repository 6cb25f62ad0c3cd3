"""What a run recorded, under the names of the results table."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from camjax._pytree import pytree
from camjax.groups import Groups
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


def variables_of(record: Record) -> dict[str, Any]:
    """Every variable that a step records, in the form in which a scan carries it out cheaply.

    What deposits report is one entry per group, None where a group does not report it.
    """
    found: dict[str, Any] = {
        "balance": record.balance,
        "target_weight": record.target_weight,
        "yield_rate": record.yield_rate,
        "transfer": record.transfers,
        "remainder": record.remainder,
        "mint_redeem_shortfall": record.mint_redeem_shortfall,
        "volatile_asset_risk": record.volatile_asset_risk,
        "status": record.status,
    }
    if record.volatile_asset_price is not None:
        found["volatile_asset_price"] = record.volatile_asset_price
    for name in sorted({name for info in record.info for name in info}):
        found[name] = [info.get(name) for info in record.info]
    return found


def assemble(model: Model, groups: Groups, name: str, values: Any) -> Array:
    """The array of the results table from a variable as it was carried out, time axis in front."""
    if isinstance(values, list):
        return _over_reporting(groups, values)
    if not isinstance(values, Vector):
        return values
    if name == "transfer":
        return _transfer_matrix(model, values)
    if name in ("target_weight", "remainder"):
        return _over_allocated(model, values)
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


def _over_reporting(groups: Groups, values: list[Array | None]) -> Array:
    """Over the deposits that report a variable, in network order; no axis where it is one."""
    reports = [
        (members, value)
        for members, value in zip(groups.members, values, strict=True)
        if value is not None
    ]
    order = [i for members, _ in reports for i in members]
    if len(order) == 1:
        return reports[0][1]
    columns = [value[..., None] if len(members) == 1 else value for members, value in reports]
    return jnp.concatenate(columns, axis=-1)[..., np.argsort(order)]
