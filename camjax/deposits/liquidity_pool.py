"""Constant-product pool that arbitrage keeps at the market price."""

from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree, static
from camjax.deposits.base import Info
from camjax.errors import CamjaxError, refusal
from camjax.market import Market, Series
from camjax.vector import positive_or, sqrt


@pytree
class PoolState:
    """Reserves of the pool. User and protocol hold both assets in the pool's own proportion."""

    fei_user: Array
    """[] FEI."""
    fei_protocol: Array
    """[] FEI."""
    volatile: Array
    """[] volatile asset, user's and protocol's together."""
    tokens: Array
    """[] pool tokens."""
    first_price: Array
    """[] P_0/F_0, what the volatile asset was worth in FEI at the start."""

    @property
    def fei(self) -> Array:
        """x, total FEI reserve."""
        return self.fei_user + self.fei_protocol


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
        fei = self.user_balance + fei_protocol
        price = _given(market.volatile_asset_price) / market.fei_price
        return PoolState(
            fei_user=self.user_balance,
            fei_protocol=fei_protocol,
            volatile=fei / price,
            tokens=fei,
            first_price=price,
        )

    def evolve(
        self, state: PoolState, market: Market, series: Series
    ) -> tuple[PoolState, Array, Info]:
        """Arbitrage to the market price, and quote what fees earned less what prices lost."""
        del series
        price_usd, fei_price = _given(market.volatile_asset_price), market.fei_price
        price = price_usd / fei_price
        fei = sqrt(state.fei * state.volatile * price)
        fei_in = fei - state.fei
        volatile_in = fei / price - state.volatile
        fei_fee = self.trading_fee * jnp.where(fei_in > 0, fei_in, 0)
        volatile_fee = self.trading_fee * jnp.where(fei_in > 0, 0, volatile_in)
        fees = fei_fee * fei_price + volatile_fee * price_usd

        minted_redeemed = fei_in + fei_fee
        growth = 1 + minted_redeemed / positive_or(state.fei)
        traded = PoolState(
            fei_user=state.fei_user * growth,
            fei_protocol=state.fei_protocol * growth,
            volatile=state.volatile + volatile_in + volatile_fee,
            tokens=state.tokens,
            first_price=state.first_price,
        )
        tvl = traded.fei * fei_price + traded.volatile * price_usd
        loss = impermanent_loss(state.first_price, price)
        earned = fees / positive_or(tvl) * market.steps_per_year
        info = {
            "pool_tvl": tvl,
            "pool_trading_fees": fees,
            "pool_impermanent_loss": loss,
            "pool_minted_redeemed": minted_redeemed,
        }
        return traded, jnp.maximum(earned - jnp.abs(loss), 0), info

    def receive(self, state: PoolState, amount: Array, market: Market) -> PoolState:
        """Add or remove user liquidity in the pool's proportion; an empty pool opens at market."""
        fei = state.fei
        opening = amount * market.fei_price / _given(market.volatile_asset_price)
        change = amount / positive_or(fei)
        gained = amount
        if self.accounting == "reference":
            change = jnp.where(amount > 0, opening / positive_or(state.volatile), change)
            gained = jnp.where(fei > 0, change * fei, amount)
        return PoolState(
            fei_user=state.fei_user + gained,
            fei_protocol=state.fei_protocol,
            volatile=state.volatile + jnp.where(fei > 0, change * state.volatile, opening),
            tokens=state.tokens + jnp.where(fei > 0, change * state.tokens, amount),
            first_price=state.first_price,
        )

    def observe(self, state: PoolState, balance: Array) -> PoolState:
        """Users hold the observed FEI; the volatile side keeps the pool's proportion."""
        growth = (balance - state.fei_user) / positive_or(state.fei)
        return PoolState(
            fei_user=balance,
            fei_protocol=state.fei_protocol,
            volatile=state.volatile * (1 + growth),
            tokens=state.tokens * (1 + growth),
            first_price=state.first_price,
        )

    def balance(self, state: PoolState) -> Array:
        """User FEI in the pool."""
        return state.fei_user

    def inspect(self, state: PoolState) -> Info:
        """Reserves, invariant and tokens."""
        volatile_per_fei = state.volatile / positive_or(state.fei)
        return {
            "pool_invariant": state.fei * state.volatile,
            "pool_fei_protocol": state.fei_protocol,
            "pool_volatile_protocol": state.fei_protocol * volatile_per_fei,
            "pool_volatile_user": state.fei_user * volatile_per_fei,
            "pool_tokens": state.tokens,
        }


def impermanent_loss(first_price: Array, price: Array) -> Array:
    """Value lost against holding: 2√r/(1+r) - 1 with r = p_0/p, prices in FEI, in (-1, 0]."""
    ratio = first_price / price
    return 2 * sqrt(ratio) / (1 + ratio) - 1


def _given(price: Array | None) -> Array:
    """A price that a pool cannot do without."""
    if price is None:
        raise CamjaxError(
            refusal("liquidity_pool deposit", "a volatile_asset_price series", "none")
        )
    return price
