"""From a checked document to the model."""

from collections.abc import Callable
from typing import Any

from camjax.deposits import (
    DEPOSITS,
    Deposit,
    External,
    LiquidityPool,
    MoneyMarket,
    Savings,
)
from camjax.inertia import Inertia
from camjax.model import Model
from camjax.network import Network
from camjax.rebalancing import Rebalancing
from camjax.scenario.build_weights import build_weights
from camjax.scenario.deposit_tables import (
    DepositTable,
    ExternalTable,
    LiquidityPoolTable,
    MoneyMarketTable,
    SavingsTable,
)
from camjax.scenario.precision import Real, optional
from camjax.scenario.schema import Document, RebalancingTable

BLOCKS_PER_YEAR = 2_102_400
"""Ethereum blocks a year as Compound counts them, one every 15 seconds. Specification, 2."""


def build_model(document: Document, real: Real) -> Model:
    """The model that a checked document describes."""
    names = document.allocated
    pairs = document.rebalancing.pairs
    edges = None if pairs is None else tuple((names.index(a), names.index(b)) for a, b in pairs)
    network = Network(len(names), edges)
    rebalancing = document.rebalancing
    return Model(
        deposits=tuple(_deposit(deposit, document, real) for deposit in document.deposits),
        weights=build_weights(document, network, real),
        rebalancing=Rebalancing(
            duration_days=real(rebalancing.duration_days),
            inertia=_inertia(rebalancing, real),
            law=rebalancing.law,
            settlement=rebalancing.settlement,
            transfers=rebalancing.transfers,
        ),
        names=tuple(deposit.name for deposit in document.deposits),
        allocated=tuple(deposit.allocated for deposit in document.deposits),
        network=network,
        risk_window=document.market.risk_window,
        dt_days=document.dt_days,
    )


def _inertia(table: RebalancingTable, real: Real) -> Inertia | None:
    if table.active_share is None:
        return None
    return Inertia(
        active_share=real(table.active_share), habit_days=optional(table.habit_days, real)
    )


def _deposit(table: DepositTable, document: Document, real: Real) -> Deposit:
    user_balance = real(table.user_balance)
    match table:
        case LiquidityPoolTable():
            return LiquidityPool(
                user_balance=user_balance,
                protocol_tvl_usd=real(table.protocol_tvl_usd),
                trading_fee=real(table.trading_fee),
                accounting=document.rebalancing.accounting,
            )
        case MoneyMarketTable():
            return MoneyMarket(
                user_balance=user_balance,
                protocol_balance=real(table.protocol_balance),
                base_rate=real(table.base_rate_per_block * BLOCKS_PER_YEAR),
                multiplier=real(table.multiplier_per_block * BLOCKS_PER_YEAR),
                jump_multiplier=real(table.jump_multiplier_per_block * BLOCKS_PER_YEAR),
                kink=real(table.kink),
                reserve_factor=real(table.reserve_factor),
                risk_discount=real(table.risk_discount),
            )
        case SavingsTable():
            return Savings(user_balance=user_balance, **_rate(table, real))
        case ExternalTable():
            return External(user_balance=user_balance, **_rate(table, real))
        case _:
            build: Callable[..., Deposit] = DEPOSITS[table.type]
            return build(user_balance=user_balance, **_own(table, real))


def _own(table: DepositTable, real: Real) -> dict[str, Any]:
    """What a table has beyond the keys of every deposit, numbers as arrays."""
    keys = type(table).model_fields.keys() - DepositTable.model_fields.keys()
    return {key: _parameter(getattr(table, key), real) for key in keys}


def _parameter(value: Any, real: Real) -> Any:
    is_structure = value is None or isinstance(value, bool | str)
    return value if is_structure else real(value)


def _rate(table: SavingsTable | ExternalTable, real: Real) -> dict[str, Any]:
    """A constant, a schedule, or nothing where a series gives the rate."""
    if isinstance(table.rate, tuple):
        days, rates = zip(*table.rate, strict=True)
        return {"rate": real(rates), "schedule_days": days}
    return {"rate": optional(table.rate, real)}
