"""`[[deposits]]`: one table a deposit type, each named in the registry below."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Union

from pydantic import Field

from camjax.domains import Domain
from camjax.scenario.kinds import Name, Number, Rate, Schedule
from camjax.scenario.tables import NonNegative, Share, Table


class DepositTable(Table):
    """Keys of every deposit."""

    exposure: ClassVar[float] = 0.0
    """Exposure to the volatile-asset risk where `[weights.exposure]` names none."""
    columns: ClassVar[Mapping[str, Domain]] = {}
    """Driver columns that only this type reads, `<column>_<deposit>`, and what they may hold."""

    name: Annotated[str, Name()]
    type: str
    user_balance: NonNegative
    allocated: bool = True


class LiquidityPoolTable(DepositTable):
    """Constant-product pool, specification 3.2."""

    exposure: ClassVar[float] = 1.0

    type: Literal["liquidity_pool"]
    protocol_tvl_usd: NonNegative
    trading_fee: Annotated[float, Number("[0, 1)", "A fee of 0.3 % is written 0.003.")] = 0.003


class MoneyMarketTable(DepositTable):
    """Lending market with a jump-rate model, specification 3.3."""

    exposure: ClassVar[float] = 1.0

    type: Literal["money_market"]
    protocol_balance: NonNegative
    base_rate_per_block: NonNegative = 0.0
    multiplier_per_block: NonNegative = 2.3782343987e-8
    jump_multiplier_per_block: NonNegative = 5.18455098934e-7
    kink: Annotated[
        float, Number("(0, 1)", "The kink is a utilization, so 80 % is written 0.8.")
    ] = 0.8
    reserve_factor: Share = 0.25
    risk_discount: Share = 0.5


class SavingsTable(DepositTable):
    """Savings deposit, specification 3.4 and 4.8."""

    type: Literal["savings"]
    rate: Annotated[float | Schedule, Rate("[0, inf)")] | None = None


class ExternalTable(DepositTable):
    """Venue whose yield is observed, specification 4.9."""

    type: Literal["external"]
    rate: Annotated[float | Schedule, Rate("(-inf, inf)")] | None = None


class IdleTable(DepositTable):
    """Wallets, specification 3.4."""

    type: Literal["idle"]


DEPOSIT_TABLES: dict[str, type[DepositTable]] = {
    "liquidity_pool": LiquidityPoolTable,
    "money_market": MoneyMarketTable,
    "savings": SavingsTable,
    "idle": IdleTable,
    "external": ExternalTable,
}
"""Every deposit type that a scenario may name, and its keys; `register_deposit` adds to it."""


def deposit_entries() -> Any:
    """What a list of deposits holds: tables of the registry, told apart by their type."""
    tables: Any = Union[tuple(DEPOSIT_TABLES.values())]  # noqa: UP007
    return list[Annotated[tables, Field(discriminator="type")]]
