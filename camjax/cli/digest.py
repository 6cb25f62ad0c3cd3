"""The little that the table needs of every path, kept up step by step where it is simulated."""

from functools import partial
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree
from camjax.model import Model, Record
from camjax.rebalancing import transfers
from camjax.results import STATUS_FLAGS
from camjax.trajectory import transfers_between
from camjax.vector import Vector


@pytree
class Digest:
    """One path up to a step."""

    balance: Vector
    """[all deposits] FEI, the latest."""
    forth: Vector
    """[E] FEI, all that moved from the second to the first deposit of a pair."""
    back: Vector
    """[E] FEI, all that moved the other way."""
    remainder_steps: Array
    """[] steps in which settlement could not move all that was planned."""
    flagged_steps: tuple[Array, ...]
    """[] for each of `STATUS_FLAGS`, the first step in which it was raised, 0 for never."""
    lost_deposit: Array
    """[] first deposit whose balance is not finite where it happened first, -1 for none."""


class PathDigest(NamedTuple):
    """One path in short."""

    final_balance: Array
    """[N] FEI at the end."""
    mean_transfer: Array
    """[N, N] FEI a step, from source (row) to destination (column)."""
    remainder_steps: Array
    """[] as in `Digest`."""
    flagged_steps: Array
    """[F] as in `Digest`."""
    lost_deposit: Array
    """[] as in `Digest`."""


def start_digest(model: Model) -> Digest:
    """A path before its first step."""
    dtype = model.rebalancing.duration_days.dtype
    none = jnp.zeros((), jnp.int32)
    unmoved = model.network.split(jnp.zeros(len(model.network.ends[0]), dtype))
    return Digest(
        balance=Vector.split(jnp.zeros(len(model.deposits), dtype)),
        forth=unmoved,
        back=unmoved,
        remainder_steps=none,
        flagged_steps=(none,) * len(STATUS_FLAGS),
        lost_deposit=none - 1,
    )


def advance_digest(model: Model, digest: Digest, record: Record) -> Digest:
    """A path after one more step."""
    moved = transfers(model.rebalancing, model.network, record.planned)
    raised = [(record.status & flag) != 0 for flag in STATUS_FLAGS]
    first = jnp.where(digest.lost_deposit < 0, _not_finite(record.balance), digest.lost_deposit)
    return Digest(
        balance=record.balance,
        forth=digest.forth + moved.map(partial(jnp.maximum, 0)),
        back=digest.back + moved.map(lambda flow: jnp.maximum(-flow, 0)),
        remainder_steps=digest.remainder_steps + _falls_short(record),
        flagged_steps=tuple(
            jnp.where((before == 0) & now, record.step, before)
            for before, now in zip(digest.flagged_steps, raised, strict=True)
        ),
        lost_deposit=first,
    )


def finish_digest(model: Model, digest: Digest, steps: int) -> PathDigest:
    """A path of so many steps in short."""
    moved = transfers_between(model, digest.forth.stack(), digest.back.stack())
    return PathDigest(
        final_balance=digest.balance.stack(),
        mean_transfer=moved / steps,
        remainder_steps=digest.remainder_steps,
        flagged_steps=jnp.stack(digest.flagged_steps),
        lost_deposit=digest.lost_deposit,
    )


def _falls_short(record: Record) -> Array:
    """[] 1 where more than rounding is left over, else 0."""
    total = record.balance.sum()
    rounding = 64 * jnp.finfo(total.dtype).eps * total
    stuck = record.remainder.map(lambda left: (jnp.abs(left) > rounding).astype(jnp.int32))
    return (stuck.sum() > 0).astype(jnp.int32)


def _not_finite(balance: Vector) -> Array:
    """[] number of the first deposit whose balance is not finite, -1 for none."""
    if not balance.unrolled:
        lost = ~jnp.isfinite(balance.parts[0])
        return jnp.where(lost.any(), jnp.argmax(lost).astype(jnp.int32), -1)
    first = jnp.full((), -1, jnp.int32)
    for i, held in reversed(list(enumerate(balance.parts))):
        first = jnp.where(jnp.isfinite(held), first, i)
    return first
