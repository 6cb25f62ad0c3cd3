"""What simulated paths could not do: recorded along observations, told as runs tell it."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from camjax import Record
from camjax.flags import STATUS_FLAGS, Raised


class Undone(NamedTuple):
    """Of one step, or of the T steps of P paths along the first axes."""

    status: Array
    """[] int32, flags as `camjax.Record.status`."""
    shortfall: Array
    """[] FEI, redemption that was not paid."""
    redemption: Array
    """[] FEI, redemption that was asked for."""


def undone_in(record: Record) -> Undone:
    """What a step could not do."""
    short = record.mint_redeem_shortfall
    paid = jnp.zeros_like(short) if record.mint_redeem is None else -record.mint_redeem
    return Undone(record.status, short, jnp.maximum(short + paid, 0))


def raised_by(undone: Undone) -> tuple[Raised, ...]:
    """What some of many paths, arrays [P, T], could not do, in the order of `STATUS_FLAGS`."""
    status, shortfall, redemption = map(np.asarray, undone)
    found = []
    for bit, flag in STATUS_FLAGS.items():
        steps = (status & bit) > 0
        paths = np.flatnonzero(steps.any(axis=1))
        if not len(paths):
            continue
        first = steps[paths].argmax(axis=1)
        earliest = int(first.argmin())
        step = int(first[earliest]) + 1
        each = Raised(flag, len(paths), len(status), path=int(paths[earliest]), step=step)
        if flag == "shortfall":
            each = each.of_amounts(
                *(float(of[paths].sum(axis=1).mean()) for of in (shortfall, redemption))
            )
        found.append(each)
    return tuple(found)
