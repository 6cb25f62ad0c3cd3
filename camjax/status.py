"""What a step could not do, as flags of its record."""

import jax.numpy as jnp
from jax import Array

from camjax.vector import Vector

PRICE_HELD = 1
"""Status flag: the volatile asset's price has fallen to its floor."""
EMPTIED = 2
"""Status flag: no user FEI is left under allocation."""
NOT_FINITE = 4
"""Status flag: a balance is not a finite number."""
SHORTFALL = 8
"""Status flag: redemption was asked for that nobody could pay."""
REMAINDER = 16
"""Status flag: settlement could not move all that was planned, rounding apart."""


def status_of(
    *,
    price_held: Array | None,
    balances: Vector,
    allocated: Array,
    remainder: Vector,
    minted: Array | None,
    shortfall: Array,
) -> Array:
    """Sum of the flags that a step raises; what rounding alone leaves over raises none.

    Args:
      price_held: [] whether the price is at its floor; None: there is none.
      balances: [all deposits] FEI at the end of the step.
      allocated: [] FEI of those under allocation.
      remainder: [N] what settlement could not move.
      minted: [] FEI, negative where redeemed; None where nothing ever is.
      shortfall: [] redemption that was not paid.

    Returns:
      [] int32.
    """
    rounding = 64 * jnp.finfo(allocated.dtype).eps
    held = jnp.zeros((), bool) if price_held is None else price_held
    flags = [
        (held, PRICE_HELD),
        (allocated <= 0, EMPTIED),
        (~jnp.isfinite(allocated), NOT_FINITE),
        (_exceeds(remainder, rounding * balances.sum()), REMAINDER),
    ]
    if minted is not None:
        flags.append((shortfall > rounding * jnp.abs(minted - shortfall), SHORTFALL))
    return sum((flag.astype(jnp.int32) * value for flag, value in flags), jnp.int32(0))


def _exceeds(amounts: Vector, bound: Array) -> Array:
    """[] whether any amount is larger than a bound."""
    return amounts.map(lambda amount: (jnp.abs(amount) > bound).astype(jnp.int32)).sum() > 0
