"""How capital gets from where it is towards the target: rate, planned transfers, settlement."""

import jax
import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree, static
from camjax.inertia import Inertia
from camjax.network import Network
from camjax.vector import Vector, at_least, at_most
from camjax.weights import Target

LAWS = ("sqrt", "exponential")
SETTLEMENTS = ("netted", "sequential")
TRANSFERS = ("constrained", "minimum_norm")


@pytree
class Rebalancing:
    """Partial adjustment of balances to target weights.

    Args:
      duration_days: [] τ, at least one step under the square-root law.
      law: "sqrt", r = √(Δt/τ), or "exponential", r = 1 - exp(-Δt/τ), whose progress per day does
        not depend on the step length.
      settlement: "netted", all transfers at once, or "sequential", pair by pair, each clamped to
        what the source holds at that moment.
      transfers: "constrained" or "minimum_norm", see `Network.transfers`.
      inertia: what part of the capital moves at all; None: all of it.

    References:
      Specification, 3.7, 3.8, 4.3, 4.4 and 6.1.
    """

    duration_days: Array
    inertia: Inertia | None = None
    law: str = static(default="sqrt")
    settlement: str = static(default="netted")
    transfers: str = static(default="constrained")

    def rate(self, dt_days: float) -> Array:
        """R [], share of the way to the target covered in a step of dt_days."""
        share = dt_days / self.duration_days
        return jnp.sqrt(share) if self.law == "sqrt" else -jnp.expm1(-share)


@pytree
class Plan:
    """What this step is to move, before settlement. In FEI."""

    change: Vector
    """Δ [N], sums to zero."""
    flows: Vector | None = None
    """d [E] where the rule decides flows itself; else they follow from Δ: `transfers`."""


def plan(
    rebalancing: Rebalancing,
    network: Network,
    balances: Vector,
    total: Array,
    target: Target,
    rate: Array,
) -> Plan:
    """Changes that bring balances, of capital that moves, rate r of the way to the target.

    Δ_i = r (W_i S - b_i) with S the total of the balances. For a rule that decides flows itself
    the transfers are S δ, and Δ their net.

    References:
      Specification, 3.7 and 4.5.
    """
    if target.flows is not None:
        flows = target.flows * total
        return Plan(change=network.net(flows).map(_within, balances), flows=flows)
    change = target.weights * total - balances
    if not target.at_once:
        change = change * rate
    return Plan(change=change)


def transfers(rebalancing: Rebalancing, network: Network, plan: Plan) -> Vector:
    """Planned transfers d [E], FEI, positive from the second to the first deposit of a pair.

    References:
      Specification, 3.7.
    """
    if plan.flows is not None:
        return plan.flows
    return network.planned(plan.change, rebalancing.transfers == "constrained")


def _within(change: Array, balance: Array) -> Array:
    """A change that many flows add up to, kept by rounding's width from taking more than is held.

    By `where`, since the derivative of `maximum` is a half where a deposit is emptied exactly.
    """
    return jnp.where(change < -balance, -balance, change)


def settle(rebalancing: Rebalancing, network: Network, balances: Vector, plan: Plan) -> Vector:
    """Balances [N] after this step's transfers, in FEI, none negative.

    Netted: b + Δ. Sequential: pairs are visited in row-major order and each transfer is clamped
    to what its source holds at that moment, b_i += f, b_j -= f, f = min(max(d, -b_i), b_j).

    References:
      Specification, 3.8 and 4.4.
    """
    if rebalancing.settlement == "netted":
        return balances + plan.change
    settle_in_turn = _settle_unrolled if balances.unrolled else _settle_looped
    return settle_in_turn(network, balances, transfers(rebalancing, network, plan))


def _settle_unrolled(network: Network, balances: Vector, planned: Vector) -> Vector:
    held = list(balances.parts)
    for (i, j), amount in zip(network.edges, planned.parts, strict=True):
        moved = at_most(held[j], at_least(-held[i], amount))
        held[i] = held[i] + moved
        held[j] = held[j] - moved
    return Vector(parts=tuple(held), unrolled=True)


def _settle_looped(network: Network, balances: Vector, planned: Vector) -> Vector:
    def visit(held: Array, pair: tuple[Array, Array, Array]) -> tuple[Array, None]:
        i, j, amount = pair
        moved = at_most(held[j], at_least(-held[i], amount))
        return held.at[i].add(moved).at[j].add(-moved), None

    first, second = (jnp.asarray(end) for end in network.ends)
    held, _ = jax.lax.scan(visit, balances.parts[0], (first, second, planned.parts[0]))
    return Vector(parts=(held,), unrolled=False)


def remainder(balances: Vector, plan: Plan, settled: Vector) -> Vector:
    """b_i + Δ_i minus the settled balance [N], FEI: what settlement could not move.

    References:
      Specification, 3.8.
    """
    return balances + plan.change - settled
