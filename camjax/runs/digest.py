"""The little that the table needs of every path, kept up step by step where it is simulated."""

from functools import partial
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree
from camjax.model import Model, Record
from camjax.rebalancing import transfers
from camjax.status import REMAINDER
from camjax.trajectory import over_allocated, transfers_between
from camjax.undone import PathUndone, Undone, finish_undone
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
    target_weight: Vector
    """[N] the latest."""


class PathDigest(NamedTuple):
    """One path in short."""

    final_balance: Array
    """[N] FEI at the end."""
    mean_transfer: Array
    """[N, N] FEI a step, from source (row) to destination (column)."""
    remainder_steps: Array
    """[] as in `Digest`."""
    target_weight: Array
    """[N] at the end, NaN for deposits that are not under allocation."""
    flagged_steps: Array
    """[F] as in `PathUndone`, and so all below."""
    lost_deposit: Array
    shortfall: Array
    redemption: Array

    @property
    def undone(self) -> PathUndone:
        """What it could not do."""
        return PathUndone(self.flagged_steps, self.lost_deposit, self.shortfall, self.redemption)


def start_digest(model: Model) -> Digest:
    """A path before its first step."""
    dtype = model.rebalancing.duration_days.dtype
    unmoved = model.network.split(jnp.zeros(len(model.network.ends[0]), dtype))
    balance = Vector.split(jnp.zeros(len(model.deposits), dtype))
    return Digest(
        balance=balance,
        forth=unmoved,
        back=unmoved,
        remainder_steps=jnp.zeros((), jnp.int32),
        target_weight=balance.take(model.positions),
    )


def advance_digest(model: Model, digest: Digest, record: Record) -> Digest:
    """A path after one more step."""
    moved = transfers(model.rebalancing, model.network, record.planned)
    return Digest(
        balance=record.balance,
        forth=digest.forth + moved.map(partial(jnp.maximum, 0)),
        back=digest.back + moved.map(lambda flow: jnp.maximum(-flow, 0)),
        remainder_steps=digest.remainder_steps + (record.status & REMAINDER) // REMAINDER,
        target_weight=record.target_weight,
    )


def finish_digest(model: Model, digest: Digest, undone: Undone, steps: int) -> PathDigest:
    """A path of so many steps in short."""
    return PathDigest(
        final_balance=digest.balance.stack(),
        mean_transfer=mean_transfer(model, digest, steps),
        remainder_steps=digest.remainder_steps,
        target_weight=over_allocated(model, digest.target_weight),
        **finish_undone(undone)._asdict(),
    )


def mean_transfer(model: Model, digest: Digest, steps: int) -> Array:
    """[N, N] FEI a step, from source (row) to destination (column)."""
    return transfers_between(model, digest.forth.stack(), digest.back.stack()) / steps
