"""The structures in which derivatives are tested, in general position and on their edges."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from camjax import Drivers, Model, load_scenario

STEPS = 12

Columns = dict[str, np.ndarray]


def pool(name: str = "pool", user_balance: float = 12e6) -> dict[str, Any]:
    return {
        "name": name,
        "type": "liquidity_pool",
        "user_balance": user_balance,
        "protocol_tvl_usd": 5e7,
    }


def market(name: str = "market", user_balance: float = 30e6) -> dict[str, Any]:
    return {
        "name": name,
        "type": "money_market",
        "user_balance": user_balance,
        "protocol_balance": 3e7,
        "base_rate_per_block": 2e-8,
    }


def savings(name: str = "savings", rate: Any = ((0, 0.028), (5, 0.012))) -> dict[str, Any]:
    return {"name": name, "type": "savings", "user_balance": 8e6, "rate": [*map(list, rate)]}


def venue(name: str, rate: float) -> dict[str, Any]:
    return {"name": name, "type": "external", "user_balance": 5e6, "rate": rate}


IDLE = {"name": "idle", "type": "idle", "user_balance": 95e6}
FOUR = [pool(), market(), savings(), IDLE]
THREE = [pool(), market(), IDLE]
CLAMPED = [pool(user_balance=1e5), market(user_balance=2e5), IDLE]
POOLLESS = [market(), savings(), IDLE]
VENUES = [market(), savings(), venue("venue", 0.02), IDLE]
TEN = [
    pool(),
    market(),
    savings(),
    IDLE,
    pool("other_pool", 4e6),
    market("second_market", 1e7),
    venue("venue", 0.02),
    market("third_market", 2e7),
    venue("second_venue", 0.03),
    savings("old_savings", ((0, 0.005), (3, 0.02))),
]


def tastes(deposits: list[dict[str, Any]]) -> dict[str, Any]:
    """Preferences of which none is neutral."""
    names = [deposit["name"] for deposit in deposits]
    return {
        "asset_risk_aversion": 1.2,
        "yield_risk_aversion": 0.7,
        "factor": {name: 1 + 0.1 * i for i, name in enumerate(names)},
        "exposure": {name: 0.9 - 0.08 * i for i, name in enumerate(names)},
        "convenience_yield": {name: 0.006 + 0.002 * i for i, name in enumerate(names)},
    }


def prices() -> Columns:
    """A price that wanders by about a per cent a step, utilization on both sides of the kink."""
    generator = np.random.default_rng(11)
    utilization = np.where(np.arange(STEPS + 1) % 3 == 1, 0.95, 0.6)
    return {
        "volatile_asset_price": 2000 * np.exp(generator.normal(0, 0.012, STEPS + 1).cumsum()),
        "utilization": utilization + generator.uniform(-0.03, 0.03, STEPS + 1),
    }


def dirichlet() -> Columns:
    drawn = np.random.default_rng(5).dirichlet(np.full(4, 2.0), STEPS + 1)
    return {f"dirichlet_{deposit['name']}": drawn[:, i] for i, deposit in enumerate(FOUR)}


def demand() -> Columns:
    """Borrow demand on both sides of the kink, never more than supply."""
    return {"borrow_demand": np.where(np.arange(STEPS + 1) % 2 == 0, 2.5e7, 5.2e7)}


def outside() -> Columns:
    generator = np.random.default_rng(2)
    return {f"risk_{name}": generator.uniform(0, 1, STEPS + 1) for name in ("market", "idle")}


def supply(closing: str) -> Columns:
    """Minting that turns into redemption, and a deposit that closes for a while."""
    return {
        "mint_redeem": np.linspace(2e6, -3e6, STEPS + 1),
        f"available_{closing}": np.repeat([1.0, 0.0, 1.0], [4, 4, STEPS - 7]),
    }


STRUCTURES: dict[str, tuple[dict[str, Any], Columns]] = {
    "endogenous, netted": ({"weights": tastes(FOUR)}, prices()),
    "sequential, reference accounting": (
        {
            "deposits": CLAMPED,
            "weights": tastes(CLAMPED),
            "rebalancing": {"settlement": "sequential", "accounting": "reference"},
        },
        prices(),
    ),
    "half-life, elasticity, outside risk, minted, closing": (
        {
            "deposits": THREE,
            "weights": {**tastes(THREE), "yield_half_life_days": 2.0, "elasticity": 1.4},
        },
        prices() | outside() | supply(closing="market"),
    ),
    "pairwise": (
        {
            "deposits": POOLLESS,
            "weights": {
                **tastes(POOLLESS),
                "rule": "pairwise",
                "gain": 0.8,
                "conductance": [["savings", "idle", 0.4]],
            },
        },
        prices(),
    ),
    "logit, minted, closing": (
        {"weights": {**tastes(FOUR), "rule": "logit", "sensitivity": 14.0}},
        prices() | supply(closing="savings"),
    ),
    "inert with habits, minted, closing": (
        {
            "deposits": THREE,
            "weights": tastes(THREE),
            "rebalancing": {"active_share": 0.3, "habit_days": 25.0},
        },
        prices() | supply(closing="market"),
    ),
    "inert, sequential, logit": (
        {
            "weights": {**tastes(FOUR), "rule": "logit", "sensitivity": 14.0},
            "rebalancing": {"active_share": 0.4, "settlement": "sequential"},
        },
        prices(),
    ),
    "exogenous, exponential law, minted, closing": (
        {"weights": {"rule": "exogenous"}, "rebalancing": {"law": "exponential"}},
        prices() | dirichlet() | supply(closing="savings"),
    ),
    "cap, idle zero": (
        {
            "deposits": VENUES,
            "weights": {**tastes(VENUES), "cap": 0.46, "idle_weight": "zero"},
        },
        prices(),
    ),
    "borrow demand": (
        {"deposits": POOLLESS, "weights": tastes(POOLLESS)},
        {"volatile_asset_price": prices()["volatile_asset_price"], **demand()},
    ),
    "ten deposits": ({"deposits": TEN, "weights": tastes(TEN)}, prices()),
}


AT_THE_FLOOR: dict[str, tuple[dict[str, Any], Columns]] = {
    "neutral": ({}, prices()),
    "pairwise, elasticity of 50, factor of 1e12": (
        {
            "deposits": POOLLESS,
            "weights": {
                "rule": "pairwise",
                "gain": 0.7,
                "elasticity": 50.0,
                "factor": {"savings": 1e12, "idle": 1e-12},
            },
        },
        prices(),
    ),
    "half-life, averse, losing": (
        {
            "deposits": VENUES,
            "weights": {
                "yield_half_life_days": 2.0,
                "yield_risk_aversion": 1e3,
                "asset_risk_aversion": 1e3,
            },
        },
        prices() | {"yield_rate_venue": np.linspace(-0.02, 0.03, STEPS + 1)},
    ),
    "elasticity of 50, factor of 1e12": (
        {"deposits": THREE, "weights": {"elasticity": 50.0, "factor": {"market": 1e12}}},
        prices(),
    ),
}
"""Holders without a convenience yield, so that a deposit that earns nothing is at the floor."""


def built(name: str) -> tuple[Model, Drivers]:
    """Model and drivers of a structure."""
    tables, columns = (STRUCTURES | AT_THE_FLOOR)[name]
    return model_of(tables, columns), drivers_of(tables, columns)


def model_of(tables: dict[str, Any], columns: Columns) -> Model:
    own = {"steps": STEPS, "deposits": FOUR, **tables}
    constants = {
        column: {"process": "constant", "value": float(values[0])}
        for column, values in columns.items()
        if not column.startswith("dirichlet_")
    }
    return load_scenario({**own, "drivers": constants}).model


def drivers_of(tables: dict[str, Any], columns: Columns) -> Drivers:
    arrays = {column: jnp.asarray(values) for column, values in columns.items()}
    return model_of(tables, columns).drivers(arrays)


def constant(like: jax.Array | None, value: Any) -> jax.Array | None:
    return None if like is None else jnp.broadcast_to(jnp.asarray(value, like.dtype), like.shape)


def changed(model: Model, drivers: Drivers, fields: dict[str, float], columns: dict[str, Any]):
    """The same structure with other numbers in all deposits but idle, and other series."""
    deposits = [
        dataclasses.replace(
            deposit,
            **{
                field: constant(getattr(deposit, field), value)
                for field, value in fields.items()
                if hasattr(deposit, field) and deposit.type != "idle"
            },
        )
        for deposit in model.deposits
    ]
    shared = {
        column: constant(getattr(drivers, column), values)
        for column, values in columns.items()
        if hasattr(drivers, column)
    }
    own = tuple(
        {column: constant(values, columns.get(column, values)) for column, values in series.items()}
        for series in drivers.deposits
    )
    return (
        dataclasses.replace(model, deposits=tuple(deposits)),
        dataclasses.replace(drivers, deposits=own, **shared),
    )


NO_RATES = {
    "rate": 0.0,
    "base_rate": 0.0,
    "multiplier": 0.0,
    "jump_multiplier": 0.0,
    "trading_fee": 0.0,
}
NOTHING_HELD = {"user_balance": 0.0, "protocol_tvl_usd": 0.0, "protocol_balance": 0.0}
STILL = {"volatile_asset_price": 2000.0, "fei_price": 1.0}
IDLE_MARKETS = {"utilization": 0.0, "borrow_demand": 0.0}
EDGES: dict[str, tuple[dict[str, float], dict[str, Any]]] = {
    "constant prices": ({}, STILL),
    "yields that never move": ({"rate": 0.02}, STILL),
    "no yields": (NO_RATES, STILL | IDLE_MARKETS),
    "all capital idle": ({"user_balance": 0.0}, {}),
    "an empty pool and empty markets": (NOTHING_HELD, {}),
    "nothing anywhere, and nothing earned": (NOTHING_HELD | NO_RATES, STILL | IDLE_MARKETS),
    "utilization at the kink": ({"kink": 0.7}, STILL | {"utilization": 0.7}),
    "everything lent out": ({"risk_discount": 0.0}, {"utilization": 1.0, "borrow_demand": 1e9}),
    "a price that falls to its floor": (
        {},
        {"volatile_asset_price": np.geomspace(2e3, 2e-3, STEPS + 1)},
    ),
}
