"""What a run recorded, under the names of the results table."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from camjax._pytree import pytree
from camjax.errors import CamjaxError, refusal
from camjax.groups import Groups
from camjax.model import Model, Record, State
from camjax.rebalancing import Plan, transfers
from camjax.vector import Vector

OVER_ALLOCATED = ("target_weight", "remainder", "share", "inert")
"""Variables with one value for each deposit under allocation."""


@pytree
class Trajectory:
    """Recorded variables of one path, and the state it ended in.

    `variables` maps names of the results table to arrays; each is also an attribute:
    `trajectory.balance` [T, deposits], `trajectory.pool_tvl` [T], `trajectory.status` [T].
    Deposits are in network order. Behind `jax.vmap` a path axis comes first.
    """

    variables: dict[str, Array]
    final_state: State

    @property
    def path_status(self) -> Array:
        """[] what the path could not do in some step: every flag of `status`, in one number."""
        return jax.lax.reduce(
            self.status,
            np.zeros((), self.status.dtype),
            jax.lax.bitwise_or,
            (self.status.ndim - 1,),
        )

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
        "transfer": record.planned,
        "remainder": record.remainder,
        "mint_redeem_shortfall": record.mint_redeem_shortfall,
        "volatile_asset_risk": record.volatile_asset_risk,
        "status": record.status,
    }
    if record.inert is not None:
        found["inert"] = record.inert
    if record.mint_redeem is not None:
        found["mint_redeem"] = record.mint_redeem
    if record.volatile_asset_price is not None:
        found["volatile_asset_price"] = record.volatile_asset_price
    for name in sorted({name for info in record.info for name in info}):
        found[name] = [info.get(name) for info in record.info]
    return found


def choose(variables: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The variables of some names.

    Raises:
      CamjaxError: a name that is not among them.
    """
    for name in names:
        if name not in variables:
            raise CamjaxError(refusal("record", f"any of {', '.join(variables)}", repr(name)))
    return {name: variables[name] for name in names}


def assemble_path(model: Model, groups: Groups, recorded: dict[str, Any]) -> dict[str, Array]:
    """Arrays of the results table from what a scan carried out, time axis in front."""
    return {
        name: jax.vmap(partial(assemble, model, groups, name))(values)
        for name, values in recorded.items()
    }


def assemble(model: Model, groups: Groups, name: str, values: Any) -> Array:
    """The array of the results table from a step's variable as it was carried out."""
    if isinstance(values, list):
        return _over_reporting(groups, values)
    if isinstance(values, Plan):
        flows = transfers(model.rebalancing, model.network, values).stack()
        return transfers_between(model, jnp.maximum(flows, 0), jnp.maximum(-flows, 0))
    if not isinstance(values, Vector):
        return values
    if name in OVER_ALLOCATED:
        return over_allocated(model, values)
    return values.stack()


def over_allocated(model: Model, values: Vector) -> Array:
    """Over all deposits, NaN where the model leaves one out of the allocation."""
    stacked = values.stack()
    if all(model.allocated):
        return stacked
    shape = (*stacked.shape[:-1], len(model.deposits))
    everywhere = jnp.full(shape, jnp.nan, stacked.dtype)
    return everywhere.at[..., np.array(model.positions)].set(stacked)


def transfers_between(model: Model, forth: Array, back: Array) -> Array:
    """What moved [source, destination], from what pairs moved to their first deposit, and back.

    Args:
      model: whose pairs they are.
      forth: [E] FEI, at least 0, from the second to the first deposit of a pair.
      back: [E] FEI, at least 0, the other way.
    """
    num_pairs, positions = len(forth), np.array(model.positions)
    first, second = (positions[end] for end in model.network.ends)
    # One gather from both and a zero; scatters take longer to run and far longer to compile.
    source = np.full((len(model.deposits),) * 2, 2 * num_pairs)
    source[second, first] = np.arange(num_pairs)
    source[first, second] = num_pairs + np.arange(num_pairs)
    return jnp.concatenate([forth, back, jnp.zeros_like(forth[:1])])[source]


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
