"""What a path could not do, remembered from step to step where it is simulated."""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree
from camjax.flags import STATUS_FLAGS
from camjax.model import Model, Record
from camjax.vector import Vector


@pytree
class Undone:
    """One path up to a step."""

    flagged_steps: tuple[Array, ...]
    """[] for each of `STATUS_FLAGS`, the first step in which it was raised, 0 for never."""
    lost_deposit: Array
    """[] first deposit whose balance is not finite where it happened first, -1 for none."""
    shortfall: Array
    """[] FEI, redemption that was not paid so far."""
    redemption: Array
    """[] FEI, redemption that was asked for so far."""


class PathUndone(NamedTuple):
    """A whole path, or many along a first axis."""

    flagged_steps: Array
    """[F] as in `Undone`."""
    lost_deposit: Array
    """[] as in `Undone`."""
    shortfall: Array
    """[] as in `Undone`."""
    redemption: Array
    """[] as in `Undone`."""


def start_undone(model: Model) -> Undone:
    """A path before its first step."""
    none, nothing = jnp.zeros((), jnp.int32), jnp.zeros_like(model.rebalancing.duration_days)
    return Undone(
        flagged_steps=(none,) * len(STATUS_FLAGS),
        lost_deposit=none - 1,
        shortfall=nothing,
        redemption=nothing,
    )


def advance_undone(undone: Undone, record: Record) -> Undone:
    """A path after one more step."""
    raised = [(record.status & flag) != 0 for flag in STATUS_FLAGS]
    shortfall, redemption = undone.shortfall, undone.redemption
    if record.mint_redeem is not None:
        shortfall = shortfall + record.mint_redeem_shortfall
        asked = record.mint_redeem_shortfall - record.mint_redeem
        redemption = redemption + jnp.maximum(asked, 0)
    first = jnp.where(undone.lost_deposit < 0, _not_finite(record.balance), undone.lost_deposit)
    return Undone(
        flagged_steps=tuple(
            jnp.where((before == 0) & now, record.step, before)
            for before, now in zip(undone.flagged_steps, raised, strict=True)
        ),
        lost_deposit=first,
        shortfall=shortfall,
        redemption=redemption,
    )


def finish_undone(undone: Undone) -> PathUndone:
    """A whole path."""
    return PathUndone(
        flagged_steps=jnp.stack(undone.flagged_steps),
        lost_deposit=undone.lost_deposit,
        shortfall=undone.shortfall,
        redemption=undone.redemption,
    )


def _not_finite(balance: Vector) -> Array:
    """[] number of the first deposit whose balance is not finite, -1 for none."""
    if not balance.unrolled:
        lost = ~jnp.isfinite(balance.parts[0])
        return jnp.where(lost.any(), jnp.argmax(lost).astype(jnp.int32), -1)
    first = jnp.full((), -1, jnp.int32)
    for i, held in reversed(list(enumerate(balance.parts))):
        first = jnp.where(jnp.isfinite(held), first, i)
    return first
