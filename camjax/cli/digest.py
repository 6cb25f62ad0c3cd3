"""The little that the table needs of every path, computed where the path is simulated."""

from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from camjax.results import STATUS_FLAGS

RECORD = ("balance", "transfer", "remainder", "status")
"""Variables that `digest` reads."""


class PathDigest(NamedTuple):
    """One path in short."""

    final_balance: Array
    """[N] FEI at the end."""
    mean_transfer: Array
    """[N, N] FEI a step, from source (row) to destination (column)."""
    remainder_steps: Array
    """[] steps in which settlement could not move all that was planned."""
    flagged_steps: Array
    """[F] first step in which each of `STATUS_FLAGS` was raised, 0 for never."""
    lost_deposit: Array
    """[] first deposit whose balance is not finite where it happened first."""


def digest(variables: Mapping[str, Array]) -> PathDigest:
    """Put one path in short, from the variables of `RECORD`, [T, ...] each."""
    balance, remainder = variables["balance"], variables["remainder"]
    rounding = 64 * jnp.finfo(balance.dtype).eps * balance.sum(axis=-1, keepdims=True)
    stuck = jnp.abs(remainder) > rounding
    raised = jnp.stack([(variables["status"] & flag) != 0 for flag in STATUS_FLAGS], axis=-1)
    first = jnp.argmax(raised, axis=0)
    lost = ~jnp.isfinite(balance)
    return PathDigest(
        final_balance=balance[-1],
        mean_transfer=variables["transfer"].mean(axis=0),
        remainder_steps=stuck.any(axis=-1).sum(),
        flagged_steps=jnp.where(raised.any(axis=0), first + 1, 0),
        lost_deposit=jnp.argmax(lost[jnp.argmax(lost.any(axis=-1))]),
    )
