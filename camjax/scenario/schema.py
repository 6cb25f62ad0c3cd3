"""The scenario file: one model a TOML table, with the defaults of keys left out.

What one key may hold is settled here; what keys ask of each other is in `requirements`.
"""

import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from camjax.scenario.deposit_tables import deposit_entries
from camjax.scenario.kinds import Number, Pair, Whole
from camjax.scenario.process_tables import ProcessEntry
from camjax.scenario.tables import Finite, NonNegative, Positive, Share, Table

DEFAULT_YIELD_WINDOW = 3

BY_DEPOSIT = ("factor", "exposure", "convenience_yield")
"""Keys of `[weights]` that hold a number for each allocated deposit, by its name."""

LOGIT_DEFAULTS = {"sensitivity": 20.0, "asset_risk_aversion": 0.0, "yield_risk_aversion": 0.0}


class WeightsTable(Table):
    """`[weights]`: how holders decide where capital should be, specification 3.5, 3.6, 4, 6.2."""

    rule: Literal["endogenous", "exogenous", "logit", "pairwise", "prescribed"] = "endogenous"
    yield_window: Annotated[int, Whole(1)] | None = None
    yield_half_life_days: Positive | None = None
    elasticity: NonNegative | None = None
    sensitivity: NonNegative | None = None
    asset_risk_aversion: NonNegative = 1.0
    yield_risk_aversion: NonNegative = 1.0
    idle_weight: Literal["floor", "zero"] = "floor"
    cap: Annotated[float, Number("(0, 1]")] | None = None
    dirichlet_precision: Positive | None = None
    gain: Positive | None = None
    conductance: list[Annotated[tuple[str, str, float], Pair("deposits", "[0, 1]")]] | None = None
    concentration: list[Positive] | None = None
    prescribed_as: Literal["target", "allocation"] | None = None
    factor: dict[str, NonNegative] = Field(default_factory=dict)
    exposure: dict[str, NonNegative] = Field(default_factory=dict)
    convenience_yield: dict[str, Finite] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _default_tastes(cls, keys: Any) -> Any:
        """Under the logit rule aversions are yields asked for, none unless the file says so."""
        if isinstance(keys, dict) and keys.get("rule") == "logit":
            return LOGIT_DEFAULTS | keys
        return keys

    @model_validator(mode="before")
    @classmethod
    def _default_memory(cls, keys: Any) -> Any:
        """A window of three steps, unless the file says how holders remember."""
        remembers = ("yield_window", "yield_half_life_days")
        if isinstance(keys, dict) and not any(key in keys for key in remembers):
            return {**keys, "yield_window": DEFAULT_YIELD_WINDOW}
        return keys


class RebalancingTable(Table):
    """`[rebalancing]`: how fast and how capital moves, specification 3.7 to 3.9, 4.3, 4.4, 6.1."""

    duration_days: Positive = 30.0
    law: Literal["sqrt", "exponential"] = "sqrt"
    settlement: Literal["netted", "sequential"] = "netted"
    accounting: Literal["conserving", "reference"] = "conserving"
    transfers: Literal["constrained", "minimum_norm"] = "constrained"
    active_share: Annotated[float, Number("(0, 1]")] | None = None
    habit_days: Positive | None = None
    pairs: list[Annotated[tuple[str, str], Pair("deposits")]] | None = None

    @model_validator(mode="before")
    @classmethod
    def _default_transfers(cls, keys: Any) -> Any:
        """Chosen pairs imply minimum-norm transfers: no others are defined on them."""
        if isinstance(keys, dict) and "pairs" in keys:
            return {"transfers": "minimum_norm", **keys}
        return keys


class MarketTable(Table):
    """`[market]`: the volatile-asset risk metric, specification 3.1."""

    risk_window: Annotated[int, Whole(1, "It is a number of steps.")] = 30


class DriversTable(Table):
    """`[drivers]`: a file, correlations, and a process for any column.

    With `as_is`, yields of files are taken as they stand where they look like another unit.
    """

    model_config = ConfigDict(extra="allow")

    file: str | None = None
    as_is: bool | None = None
    correlation: list[Annotated[tuple[str, str, float], Pair("columns", "(-1, 1)")]] | None = None
    __pydantic_extra__: dict[str, ProcessEntry] = Field(init=False)

    @property
    def processes(self) -> dict[str, ProcessEntry]:
        """Processes by the column they drive."""
        return self.__pydantic_extra__


class RevenueTable(Table):
    """`[revenue]`: what the protocol earns; left out, nothing is said of a deficit.

    Of a year, in USD: stable_usd · stable_rate + volatile_units · P · volatile_rate. The last two
    keys add what balances of the protocol earn in the deposits, and what redemption pays.
    """

    file: str | None = None
    stable_usd: NonNegative | None = None
    stable_rate: NonNegative | None = None
    volatile_units: NonNegative | None = None
    volatile_rate: NonNegative | None = None
    own_deposits: bool | None = None
    redemption_fee: Share | None = None


class Document(Table):
    """A whole scenario file."""

    format: Literal[1] = Field(default=1, alias="schema")
    name: str = "fei"
    token: str = "FEI"
    start_date: datetime.date | None = None
    steps: Annotated[int, Whole(1)]
    dt_days: Positive = 1.0
    precision: Literal["float64", "float32"] = "float64"
    noise: Literal["float64", "float32"] = "float32"
    deposits: deposit_entries()  # type: ignore[valid-type]
    weights: WeightsTable = WeightsTable()
    rebalancing: RebalancingTable = RebalancingTable()
    market: MarketTable = MarketTable()
    drivers: DriversTable = DriversTable()
    revenue: RevenueTable | None = None
    sweep: dict[str, Any] | None = None

    @property
    def allocated(self) -> list[str]:
        """Names of the deposits under allocation, in network order."""
        return [deposit.name for deposit in self.deposits if deposit.allocated]
