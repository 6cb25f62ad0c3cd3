"""Capital that lies where it was, whatever its deposit yields, and what moves it all the same."""

import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree
from camjax.vector import Vector, at_least, positive_or, quotient


@pytree
class Inertia:
    """The share of capital that follows yields, and how fast the rest gets used to where it is.

    Args:
      active_share: [] k in (0, 1]; the rest of every deposit is inert.
      habit_days: [] τ_a, in which what arrived becomes inert and what left is made up for; None:
        habits never follow.

    References:
      Specification, 6.1.
    """

    active_share: Array
    habit_days: Array | None = None

    def of(self, balances: Vector) -> Vector:
        """Inert FEI [N] of deposits at rest, a_i = (1 - k) b_i."""
        return balances * (1 - self.active_share)

    def after_minting(self, inert: Vector, before: Vector, after: Vector) -> Vector:
        """A mint brings (1 - k) of itself; a redemption takes inert FEI in proportion."""
        kept = in_proportion(inert, before, after)
        return kept.map(
            lambda a, old, b, c: jnp.where(c > b, old + (1 - self.active_share) * (c - b), a),
            inert,
            before,
            after,
        )

    def after_step(self, inert: Vector, balances: Vector, dt_days: float) -> Vector:
        """Habits of a step: a_i += (1 - exp(-Δt/τ_a)) ((1 - k) b_i - a_i)."""
        if self.habit_days is None:
            return inert
        followed = -jnp.expm1(-dt_days / self.habit_days)
        return inert + (self.of(balances) - inert) * followed


def in_proportion(inert: Vector, before: Vector, after: Vector) -> Vector:
    """Inert FEI [N] where balances changed by what takes all alike; 0 where there was nothing."""
    return inert.map(
        lambda a, b, c: jnp.where(b > 0, a * quotient(c, positive_or(b)), 0), before, after
    )


def movable(balances: Vector, inert: Vector | None) -> Vector:
    """What may move [N] FEI: balances less what is inert in them."""
    if inert is None:
        return balances
    return balances.map(lambda b, a: at_least(0, b - a), inert)


def where_open(inert: Vector, available: Vector | None) -> Vector:
    """Inert FEI [N] with none in closed deposits, which everyone has to leave."""
    return inert if available is None else inert * available
