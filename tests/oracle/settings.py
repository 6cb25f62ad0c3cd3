"""A scenario with the defaults of the scenario format filled in."""

import itertools
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

Columns: TypeAlias = dict[str, np.ndarray]
Table: TypeAlias = dict[str, Any]

DEPOSIT_DEFAULTS: dict[str, Table] = {
    "liquidity_pool": {"trading_fee": 0.003},
    "money_market": {
        "base_rate_per_block": 0.0,
        "multiplier_per_block": 23782343987e-18,
        "jump_multiplier_per_block": 518455098934e-18,
        "kink": 0.8,
        "reserve_factor": 0.25,
        "risk_discount": 0.5,
    },
    "savings": {},
    "idle": {},
    "external": {},
}
WEIGHTS_DEFAULTS: Table = {
    "rule": "endogenous",
    "yield_window": 3,
    "elasticity": 1.0,
    "asset_risk_aversion": 1.0,
    "yield_risk_aversion": 1.0,
    "idle_weight": "floor",
    "gain": 1.0,
    "prescribed_as": "target",
    "conductance": [],
}
LOGIT_DEFAULTS: Table = {
    "sensitivity": 20.0,
    "asset_risk_aversion": 0.0,
    "yield_risk_aversion": 0.0,
}
REBALANCING_DEFAULTS: Table = {
    "duration_days": 30.0,
    "law": "sqrt",
    "settlement": "netted",
    "accounting": "conserving",
    "transfers": "constrained",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run is told: the tables of the scenario, and the allocated network in index form.

    `pairs` and `conductances` number the allocated deposits 0…N−1 in network order, i < j.
    """

    dt_days: float
    risk_window: int
    deposits: list[Table]
    weights: Table
    rebalancing: Table
    allocated: list[int]
    pairs: list[tuple[int, int]]
    conductances: dict[tuple[int, int], float]

    @property
    def allocated_deposits(self) -> list[Table]:
        """Tables of the deposits under allocation, in network order."""
        return [self.deposits[i] for i in self.allocated]

    def per_deposit(self, key: str, default: float | list[float]) -> np.ndarray:
        """[N] values of a `[weights.<key>]` table, `default` where a deposit is not named."""
        names = [deposit["name"] for deposit in self.allocated_deposits]
        defaults = np.broadcast_to(default, len(names))
        table = self.weights.get(key, {})
        return numbers([table.get(*entry) for entry in zip(names, defaults, strict=True)])


def numbers(values: list[Any]) -> np.ndarray:
    """Floating-point numbers, or complex ones where some are."""
    return np.asarray(values, np.result_type(float, *map(np.asarray, values)))


def read_settings(scenario: Table) -> Settings:
    """Settings of a TOML-shaped scenario; keys left out take the documented values."""
    deposits = [
        {"allocated": True, **DEPOSIT_DEFAULTS[deposit["type"]], **deposit}
        for deposit in scenario["deposits"]
    ]
    allocated = [i for i, deposit in enumerate(deposits) if deposit["allocated"]]
    names = [deposits[i]["name"] for i in allocated]
    given = scenario.get("weights", {})
    of_the_rule = LOGIT_DEFAULTS if given.get("rule") == "logit" else {}
    weights = {**WEIGHTS_DEFAULTS, **of_the_rule, **given}
    rebalancing = {**REBALANCING_DEFAULTS, **scenario.get("rebalancing", {})}
    if "dirichlet_precision" in weights:
        raise ValueError("the oracle draws nothing: leave dirichlet_precision out")

    if "pairs" in rebalancing:
        pairs = sorted({index_pair(names, *pair) for pair in rebalancing["pairs"]})
        rebalancing["transfers"] = "minimum_norm"
    else:
        pairs = list(itertools.combinations(range(len(names)), 2))
    conductances = dict.fromkeys(pairs, 1.0)
    for first, second, conductance in weights["conductance"]:
        conductances[index_pair(names, first, second)] = conductance

    return Settings(
        dt_days=scenario.get("dt_days", 1.0),
        risk_window=scenario.get("market", {}).get("risk_window", 30),
        deposits=deposits,
        weights=weights,
        rebalancing=rebalancing,
        allocated=allocated,
        pairs=pairs,
        conductances=conductances,
    )


def index_pair(names: list[str], first: str, second: str) -> tuple[int, int]:
    """Two names as indices i < j among the allocated deposits."""
    i, j = sorted((names.index(first), names.index(second)))
    return i, j


def series_of(columns: Columns, variable: str, deposit_name: str) -> np.ndarray | None:
    """A deposit's own column `<variable>_<name>`, else the shared one, else None."""
    return columns.get(f"{variable}_{deposit_name}", columns.get(variable))
