"""Lending market with a jump-rate interest model."""

from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree
from camjax.deposits.base import Info
from camjax.deposits.plain import PlainDeposit
from camjax.errors import CamjaxError, refusal
from camjax.market import Market, Series
from camjax.vector import at_least, positive_or, quotient


@pytree
class MoneyMarket(PlainDeposit):
    """Lending market whose borrow rate steepens past a kink in utilization.

    borrow rate = base + multiplier · min(u, kink) + jump multiplier · max(0, u - kink)
    supply rate = borrow rate · u · (1 - reserve factor);  quoted yield = u · supply rate

    Utilization u is the driver `utilization` U (1 - risk discount · ρ), or follows from the
    driver `borrow_demand` B (FEI): u = min(1, B (1 - risk discount · ρ) / supply).

    Args:
      user_balance: [] FEI that users supply before the first step.
      protocol_balance: [] FEI that the protocol supplies, constant.
      base_rate: [] 1/year.
      multiplier: [] 1/year per unit of utilization.
      jump_multiplier: [] 1/year per unit of utilization above the kink.
      kink: [] utilization in (0, 1).
      reserve_factor: [] share of interest that the market keeps, in [0, 1).
      risk_discount: [] fall of utilization at full volatile-asset risk, in [0, 1].

    References:
      Specification, 3.3 and 4.12. Jump-rate model: Compound v2.
    """

    type: ClassVar[str] = "money_market"
    series: ClassVar[tuple[str, ...]] = ("utilization", "borrow_demand")
    dimension: ClassVar[str] = "money_market"

    protocol_balance: Array
    base_rate: Array
    multiplier: Array
    jump_multiplier: Array
    kink: Array
    reserve_factor: Array
    risk_discount: Array

    def evolve(self, state: Array, market: Market, series: Series) -> tuple[Array, Array, Info]:
        """Set rates at the step's utilization; balances do not change."""
        supply = state + self.protocol_balance
        utilization = self._utilization(supply, market, series)
        beyond = at_least(0, utilization - self.kink)
        borrow_rate = (
            self.base_rate
            + self.multiplier * (utilization - beyond)
            + self.jump_multiplier * beyond
        )
        supply_rate = borrow_rate * utilization * (1 - self.reserve_factor)
        info = {
            "utilization": utilization,
            "borrow_rate": borrow_rate,
            "supply_rate": supply_rate,
            "borrowed": utilization * supply,
        }
        return state, utilization * supply_rate, info

    def _utilization(self, supply: Array, market: Market, series: Series) -> Array:
        if len(series) > 1:
            raise CamjaxError(
                refusal("money_market deposit", "a utilization or borrow_demand series", "both")
            )
        appetite = 1 - self.risk_discount * market.volatile_asset_risk
        if "utilization" in series:
            return series["utilization"] * appetite
        if "borrow_demand" in series:
            demand = series["borrow_demand"] * appetite
            lent_out = (demand >= supply) & (demand > 0)
            return jnp.where(lent_out, 1, quotient(demand, positive_or(supply)))
        raise CamjaxError(
            refusal("money_market deposit", "a utilization or borrow_demand series", "neither")
        )
