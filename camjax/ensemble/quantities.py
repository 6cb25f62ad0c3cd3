"""What an ensemble can be asked about: variables of the results table, and shares of balances."""

import dataclasses
import re
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from camjax.errors import CamjaxError, refusal
from camjax.model import Model, Record
from camjax.trajectory import variables_of
from camjax.vector import positive_or, quotient, where

SHARE = "share"
"""Share of a deposit in the balances under allocation; NaN for one that is not allocated.

Where redemption has left nothing, shares are the last there were: what `target_weight` then holds.
"""


STEP = "step"
"""Number of the step, 1 to T; without lanes."""


def quantities_of(model: Model, record: Record) -> dict[str, Any]:
    """All that can be asked of a step, in the form in which a scan carries it out cheaply."""
    held = record.balance.take(model.positions)
    total = held.sum()
    whole = positive_or(total)
    share = held.map(lambda balance: quotient(balance, whole))
    if record.mint_redeem is not None:
        share = where(total > 0, share, record.target_weight)
    return {**variables_of(record), SHARE: share}


def shares(model: Model, balances: Array, target_weights: Array) -> Array:
    """Balances [..., deposits] as shares of what is under allocation, NaN where not allocated.

    Args:
      model: whose deposits they are.
      balances: [..., deposits].
      target_weights: [..., deposits] recorded in the same steps; the shares where nothing is left.
    """
    allocated = np.array(model.allocated)
    held = jnp.where(allocated, balances, 0)
    total = held.sum(-1, keepdims=True)
    found = jnp.where(total > 0, quotient(held, positive_or(total)), target_weights)
    return jnp.where(allocated, found, jnp.nan)


@dataclasses.dataclass(frozen=True)
class Quantity:
    """A variable, of one deposit where it has one for each.

    >>> Quantity.parse("share[savings]")
    Quantity(variable='share', deposit='savings')
    """

    variable: str
    deposit: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Quantity":
        """Read `variable` or `variable[deposit]`.

        Raises:
          CamjaxError: anything else.
        """
        match = re.fullmatch(r"\s*(\w+)\s*(?:\[\s*([\w-]+)\s*\])?\s*", text)
        if match is None:
            raise CamjaxError(
                refusal("quantity", "variable or variable[deposit]", repr(text), "share[savings]?")
            )
        return cls(variable=match[1], deposit=match[2])

    def __str__(self) -> str:
        return self.variable if self.deposit is None else f"{self.variable}[{self.deposit}]"

    @property
    def key(self) -> str:
        """What a reducer asks for by it: one number a step, and not a variable of all deposits."""
        return f"{self.variable}[{self.deposit or ''}]"
