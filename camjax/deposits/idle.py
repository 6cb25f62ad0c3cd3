"""FEI that users keep in their wallets."""

from typing import ClassVar

from jax import Array
from jax import numpy as jnp

from camjax._pytree import pytree
from camjax.deposits.base import Info
from camjax.deposits.plain import PlainDeposit
from camjax.market import Market, Series


@pytree
class Idle(PlainDeposit):
    """Wallets: earn nothing, and receive what is minted and pay what is redeemed.

    Args:
      user_balance: [] FEI before the first step.

    References:
      Specification, 3.4.
    """

    type: ClassVar[str] = "idle"
    series: ClassVar[tuple[str, ...]] = ()
    dimension: ClassVar[str] = "idle"

    def evolve(self, state: Array, market: Market, series: Series) -> tuple[Array, Array, Info]:
        """Quote a yield of zero."""
        del market, series
        return state, jnp.zeros_like(state), {}
