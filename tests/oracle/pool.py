"""Sections 3.2 and 3.9, and the conserving accounting of 4.4: the liquidity pool."""

from numpy import sqrt

from .market import Market
from .settings import Table


class LiquidityPool:
    """Constant-product pool of FEI and the volatile asset, arbitraged to the market price."""

    def __init__(self, table: Table, accounting: str, start: Market) -> None:
        """3.2, reserves at t = 0."""
        self.fee_rate = table["trading_fee"]
        self.accounting = accounting
        self.initial_relative_price = start.price / start.fei_price
        self.fei_protocol = table["protocol_tvl_usd"] / 2 / start.fei_price
        self.volatile_protocol = table["protocol_tvl_usd"] / 2 / start.price
        self.balance = table["user_balance"]
        self.volatile_user = self.balance / self.initial_relative_price
        self.tokens = self.fei
        self.tvl = self.trading_fees = self.impermanent_loss = self.minted_redeemed = 0.0

    @property
    def fei(self) -> float:
        """x = x_user + x_protocol."""
        return self.balance + self.fei_protocol

    @property
    def volatile(self) -> float:
        """z = z_user + z_protocol."""
        return self.volatile_user + self.volatile_protocol

    def evolve(self, market: Market) -> float:
        """3.2: arbitrage to the market price, fees against impermanent loss."""
        self.trading_fees = self.minted_redeemed = 0.0
        if self.fei > 0:
            self.arbitrage(market)
        self.tvl = self.fei * market.fei_price + self.volatile * market.price
        ratio = self.initial_relative_price / (market.price / market.fei_price)
        self.impermanent_loss = 2 * sqrt(ratio) / (1 + ratio) - 1
        if not self.fei > 0:
            return 0.0
        fee_yield = self.trading_fees / self.tvl * 365 / market.dt_days
        return max(0.0, fee_yield - abs(self.impermanent_loss))

    def arbitrage(self, market: Market) -> None:
        """3.2: trade to x*, z*; the fee stays in the pool, on the incoming asset."""
        fei, volatile = self.fei, self.volatile
        share_user, share_protocol = self.balance / fei, self.fei_protocol / fei
        invariant = fei * volatile
        fei_in = sqrt(invariant * market.price / market.fei_price) - fei
        volatile_in = sqrt(invariant * market.fei_price / market.price) - volatile
        if fei_in > 0:
            fee = self.fee_rate * fei_in
            self.trading_fees = fee * market.fei_price
            fei_in += fee
        else:
            fee = self.fee_rate * volatile_in
            self.trading_fees = fee * market.price
            volatile_in += fee
        self.minted_redeemed = fei_in
        self.fei_protocol = share_protocol * (fei + fei_in)
        self.balance = share_user * (fei + fei_in)
        self.volatile_protocol = share_protocol * (volatile + volatile_in)
        self.volatile_user = share_user * (volatile + volatile_in)

    def receive(self, amount: float, market: Market) -> None:
        """3.9, and the conserving accounting of 4.4."""
        fei, volatile = self.fei, self.volatile
        if not fei > 0:
            self.balance += amount
            self.volatile_user += amount * market.fei_price / market.price
            self.tokens += amount
            return
        if self.accounting == "reference" and amount > 0:
            growth = amount * market.fei_price / market.price / volatile
        else:
            growth = amount / fei
        self.balance += growth * fei
        self.volatile_user += growth * volatile
        self.tokens *= 1 + growth

    def observables(self) -> dict[str, float]:
        """The pool_* columns."""
        return {
            "pool_invariant": self.fei * self.volatile,
            "pool_fei_protocol": self.fei_protocol,
            "pool_volatile_protocol": self.volatile_protocol,
            "pool_volatile_user": self.volatile_user,
            "pool_tokens": self.tokens,
            "pool_tvl": self.tvl,
            "pool_trading_fees": self.trading_fees,
            "pool_impermanent_loss": self.impermanent_loss,
            "pool_minted_redeemed": self.minted_redeemed,
        }
