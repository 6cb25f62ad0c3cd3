"""Constant-product pool that arbitrage keeps at the market price."""

from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from camjax._fusion import derivative_once
from camjax._pytree import pytree, static
from camjax.deposits.base import Info
from camjax.errors import CamjaxError, refusal
from camjax.market import Market, Series
from camjax.vector import at_least, positive_or, quotient, quotients


@pytree
class PoolState:
    """Reserves of the pool. User and protocol hold both assets in the pool's own proportion."""

    fei_user: Array
    """[] FEI."""
    fei_protocol: Array
    """[] FEI."""
    volatile_per_fei: Array
    """[] z/x, the pool's proportion; of an empty pool, the market's."""
    tokens: Array
    """[] pool tokens."""
    inverse_first_price: Array
    """[] F_0/P_0."""

    @property
    def fei(self) -> Array:
        """x, total FEI reserve."""
        return self.fei_user + self.fei_protocol

    @property
    def volatile(self) -> Array:
        """z, volatile asset of user and protocol together."""
        return self.fei * self.volatile_per_fei


@pytree
class LiquidityPool:
    """FEI against a volatile asset, x z = k, with liquidity of users and of the protocol.

    Every step arbitrage trades the reserves to x* = √(k P/F), z* = √(k F/P), and the incoming
    asset pays the fee on top, which stays in the pool. Quoted yield:
    max(0, fees / TVL · 365/Δt - |IL|), with IL the impermanent loss since the start.

    Users who arrive bring volatile asset along and leave with it. Conserving accounting: α = g/x,
    so that the user's FEI changes by exactly the g that was moved. Reference accounting values
    an inflow at the market price instead, α = (g F/P)/z, and so leaks or creates a little FEI.

    Args:
      user_balance: [] FEI of users before the first step.
      protocol_tvl_usd: [] USD of protocol liquidity before the first step, both assets.
      trading_fee: [] share of the incoming asset, in [0, 1).
      accounting: "conserving" or "reference".

    References:
      Specification, 3.2, 3.9 and 4.4.
    """

    type: ClassVar[str] = "liquidity_pool"
    series: ClassVar[tuple[str, ...]] = ()
    dimension: ClassVar[str] = "pool"

    user_balance: Array
    protocol_tvl_usd: Array
    trading_fee: Array
    accounting: str = static(default="conserving")

    def init(self, market: Market) -> PoolState:
        """Protocol liquidity half in each asset; the user's FEI in the same proportion."""
        fei_protocol = self.protocol_tvl_usd / 2 / market.fei_price
        price = _price_in_fei(market)
        return PoolState(
            fei_user=self.user_balance,
            fei_protocol=fei_protocol,
            volatile_per_fei=1 / price,
            tokens=self.user_balance + fei_protocol,
            inverse_first_price=1 / price,
        )

    def evolve(
        self, state: PoolState, market: Market, series: Series
    ) -> tuple[PoolState, Array, Info]:
        """Arbitrage to the market price, and quote what fees earned less what prices lost.

        All but amounts follows from s = x*/x = z/z* = √((z/x) P/F): in units of x FEI, both sides
        are worth s after the trade, and the fee, φ |s - 1| on FEI or φ s |s - 1| worth of volatile
        asset, comes on top of one.
        """
        del series
        price, fei = _price_in_fei(market), state.fei
        swing = lax.sqrt(jnp.where(fei > 0, state.volatile_per_fei * price, 1))
        swing = derivative_once(swing, market.step)
        moved = jnp.where(jnp.abs(swing - 1) > _rounding(price.dtype), swing - 1, 0)
        fei_fee = self.trading_fee * at_least(0, moved)
        volatile_fee = self.trading_fee * at_least(0, -moved) * swing
        fei_fee, volatile_fee = derivative_once((fei_fee, volatile_fee), market.step)
        growth, volatile_worth = swing + fei_fee, swing + volatile_fee
        ratio = price * state.inverse_first_price
        root_change = lax.sqrt(ratio) - 1
        proportion, earned, lost = quotients(
            (volatile_worth, fei_fee + volatile_fee, root_change * root_change),
            (growth * price, growth + volatile_worth, 1 + ratio),
        )
        traded = PoolState(
            fei_user=state.fei_user * growth,
            fei_protocol=state.fei_protocol * growth,
            volatile_per_fei=proportion,
            tokens=state.tokens,
            inverse_first_price=state.inverse_first_price,
        )
        fei_usd = fei * market.fei_price
        info = {
            "pool_tvl": fei_usd * (growth + volatile_worth),
            "pool_trading_fees": fei_usd * (fei_fee + volatile_fee),
            "pool_impermanent_loss": -lost,
            "pool_minted_redeemed": fei * (swing - 1 + fei_fee),
        }
        return traded, at_least(0, earned * market.steps_per_year - lost), info

    def receive(self, state: PoolState, amount: Array, market: Market) -> PoolState:
        """Add or remove user liquidity in the pool's proportion; an empty pool opens at market."""
        fei, gained = state.fei, amount
        if self.accounting == "reference":
            worth = amount / (state.volatile_per_fei * _price_in_fei(market))
            gained = jnp.where((amount > 0) & (fei > 0), worth, amount)
        return PoolState(
            fei_user=state.fei_user + gained,
            fei_protocol=state.fei_protocol,
            volatile_per_fei=state.volatile_per_fei,
            tokens=_grown(state.tokens, gained, fei),
            inverse_first_price=state.inverse_first_price,
        )

    def observe(self, state: PoolState, balance: Array) -> PoolState:
        """Users hold the observed FEI; the volatile side keeps the pool's proportion."""
        return PoolState(
            fei_user=balance,
            fei_protocol=state.fei_protocol,
            volatile_per_fei=state.volatile_per_fei,
            tokens=_grown(state.tokens, balance - state.fei_user, state.fei),
            inverse_first_price=state.inverse_first_price,
        )

    def balance(self, state: PoolState) -> Array:
        """User FEI in the pool."""
        return state.fei_user

    def inspect(self, state: PoolState) -> Info:
        """Reserves, invariant and tokens."""
        return {
            "pool_invariant": state.fei * state.volatile,
            "pool_fei_protocol": state.fei_protocol,
            "pool_volatile_protocol": state.fei_protocol * state.volatile_per_fei,
            "pool_volatile_user": state.fei_user * state.volatile_per_fei,
            "pool_tokens": state.tokens,
        }


def _grown(tokens: Array, gained: Array, fei: Array) -> Array:
    """Pool tokens after a gain of FEI: as many more as reserves grow; one per FEI at first."""
    return tokens + jnp.where(fei > 0, quotient(tokens, positive_or(fei)), 1) * gained


def _rounding(dtype: np.dtype) -> float:
    """How far rounding may leave the ratio of equal prices from 1: no trade, and so no fee."""
    return 4 * float(jnp.finfo(dtype).eps)


def _price_in_fei(market: Market) -> Array:
    """P/F."""
    if market.volatile_asset_price is None:
        raise CamjaxError(
            refusal("liquidity_pool deposit", "a volatile_asset_price series", "none")
        )
    return market.volatile_asset_price / market.fei_price
