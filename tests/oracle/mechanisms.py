"""Sections 3.3, 3.4, 4.8, 4.9, 4.12: what the other deposits quote, and how they take capital."""

from typing import Any

import numpy as np

from .market import Deposit, Market
from .pool import LiquidityPool
from .settings import Columns, Table, series_of

BLOCKS_PER_YEAR = 2_102_400


class MoneyMarket:
    """Lending market with a jump-rate model."""

    def __init__(self, table: Table, columns: Columns) -> None:
        """Utilization is driven by one column: a utilization, or a borrow demand."""
        self.table = table
        self.balance = table["user_balance"]
        self.driver, self.series = utilization_driver(table["name"], columns)
        self.rates: dict[str, float] = {}

    def utilization(self, market: Market) -> float:
        """3.3: u = U (1 − discount ρ); 4.12: u = min(1, B (1 − discount ρ) / supply)."""
        appetite = 1 - self.table["risk_discount"] * market.risk
        if self.driver == "utilization":
            return self.series[market.step] * appetite
        demand = self.series[market.step] * appetite
        supply = self.balance + self.table["protocol_balance"]
        if supply > 0:
            return min(1.0, demand / supply)
        return 1.0 if demand > 0 else 0.0

    def evolve(self, market: Market) -> float:
        """3.3: borrow and supply APR; the quote is u times the supply APR."""
        table = self.table
        utilization = self.utilization(market)
        borrow_rate = BLOCKS_PER_YEAR * (
            table["base_rate_per_block"]
            + table["multiplier_per_block"] * min(utilization, table["kink"])
            + table["jump_multiplier_per_block"] * max(0.0, utilization - table["kink"])
        )
        supply_rate = borrow_rate * utilization * (1 - table["reserve_factor"])
        self.rates = {
            "utilization": utilization,
            "borrow_rate": borrow_rate,
            "supply_rate": supply_rate,
            "borrowed": utilization * (self.balance + table["protocol_balance"]),
        }
        return utilization * supply_rate

    def receive(self, amount: float, market: Market) -> None:
        """The protocol's balance is constant; the user's takes it all."""
        self.balance += amount

    def observables(self) -> dict[str, float]:
        """utilization, borrow_rate, supply_rate, borrowed."""
        return self.rates


class PlainDeposit:
    """3.4, 4.8, 4.9: savings, idle and external deposits, which only quote a rate."""

    def __init__(self, table: Table, columns: Columns) -> None:
        """A series wins over the deposit's own rate; idle quotes 0."""
        self.balance = table["user_balance"]
        variable = {"savings": "savings_rate", "external": "yield_rate", "idle": ""}[table["type"]]
        self.series = series_of(columns, variable, table["name"]) if variable else None
        self.rate: Any = table.get("rate") if variable else 0.0
        if self.series is None and self.rate is None:
            raise ValueError(f"{table['name']}: neither a {variable} column nor a rate")

    def evolve(self, market: Market) -> float:
        """The rate of the step."""
        if self.series is not None:
            return self.series[market.step]
        # A day that a step falls on must not be missed by rounding of t Δt.
        return scheduled_rate(self.rate, (market.step + 1e-6) * market.dt_days)

    def receive(self, amount: float, market: Market) -> None:
        """Holds what it is given."""
        self.balance += amount

    def observables(self) -> dict[str, float]:
        """Nothing besides balance and yield."""
        return {}


def utilization_driver(name: str, columns: Columns) -> tuple[str, np.ndarray]:
    """4.12: utilization or borrow_demand, and its series; a column of the deposit's own wins."""
    for suffix in (f"_{name}", ""):
        found = [kind for kind in ("utilization", "borrow_demand") if kind + suffix in columns]
        if len(found) == 2:
            raise ValueError(f"{name}: both utilization{suffix} and borrow_demand{suffix}")
        if found:
            return found[0], columns[found[0] + suffix]
    raise ValueError(f"{name}: neither utilization nor borrow_demand")


def scheduled_rate(rate: float | list[tuple[float, float]], day: float) -> float:
    """4.8: the last entry (day, rate) that has begun; 0 before the first."""
    if np.isscalar(rate):
        return rate
    begun = [value for start, value in rate if start <= day]
    return begun[-1] if begun else 0.0


def build_deposit(table: Table, columns: Columns, accounting: str, start: Market) -> Deposit:
    """The deposit that a `[[deposits]]` table describes."""
    if table["type"] == "liquidity_pool":
        return LiquidityPool(table, accounting, start)
    if table["type"] == "money_market":
        return MoneyMarket(table, columns)
    return PlainDeposit(table, columns)
