"""Deposit types, one file each. To add one, write it and name it here."""

from camjax.deposits.base import Deposit
from camjax.deposits.idle import Idle
from camjax.deposits.liquidity_pool import LiquidityPool
from camjax.deposits.money_market import MoneyMarket
from camjax.deposits.quoted import External, Savings

DEPOSITS: dict[str, type[Deposit]] = {
    deposit.type: deposit for deposit in (LiquidityPool, MoneyMarket, Savings, Idle, External)
}
"""Every deposit type by its name in scenario files."""

__all__ = ["DEPOSITS", "Deposit", "External", "Idle", "LiquidityPool", "MoneyMarket", "Savings"]
