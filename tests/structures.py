"""The structures in which the fast model is held against the oracle.

Where a pool is allocated, something else has a yield well above rounding: a pool whose price does
not move quotes rounding errors of 1e-17, and against quotes that are exactly zero those would
decide where capital goes.
"""

from typing import Any

from hypothesis import strategies as st
from worlds import (
    AMOUNT,
    AVAILABLE,
    BORROW_DEMAND,
    FEI_PRICE,
    LIQUIDITY,
    OUTSIDE_RISK,
    POSITIVE_AMOUNT,
    RATE,
    SAVINGS_RATE,
    SHARE,
    SOLID_RATE,
    YIELD_RATE,
    column,
    columns,
    mint_redeem,
    price,
    shares,
    sketches,
    utilization,
)

DURATION = st.just(1.0) | st.floats(1.0, 100.0)
FEE = st.sampled_from([0.0, 0.003, 0.3]) | st.floats(0.0, 0.1)
AVERSION = st.sampled_from([0.0, 1.0]) | st.floats(0.0, 5.0)
COMMON = (column("volatile_asset_price", price()), column("utilization", utilization()))


def pool(name: str, **keys: Any) -> dict[str, Any]:
    """A pool with protocol liquidity, which is not dwarfed by what users can bring."""
    drawn = {"user_balance": AMOUNT, "protocol_tvl_usd": LIQUIDITY}
    return {"name": name, "type": "liquidity_pool", **drawn, "trading_fee": FEE, **keys}


def money_market(name: str, **keys: Any) -> dict[str, Any]:
    """A money market, its rates drawn."""
    drawn = {
        "base_rate_per_block": RATE.map(lambda rate: 1e-6 * rate),
        "multiplier_per_block": RATE.map(lambda rate: 1e-6 * rate),
        "jump_multiplier_per_block": RATE.map(lambda rate: 1e-5 * rate),
        "kink": st.floats(0.01, 0.99),
        "reserve_factor": SHARE,
        "risk_discount": SHARE,
    }
    balances = {"user_balance": AMOUNT, "protocol_balance": AMOUNT}
    return {"name": name, "type": "money_market", **balances, **drawn, **keys}


def quoted(name: str, kind: str, **keys: Any) -> dict[str, Any]:
    """A savings deposit or an external venue."""
    return {"name": name, "type": kind, "user_balance": AMOUNT, **keys}


def idle(name: str = "idle", **keys: Any) -> dict[str, Any]:
    """Wallets that hold something, so that there is something to allocate."""
    return {"name": name, "type": "idle", "user_balance": POSITIVE_AMOUNT, **keys}


SAVINGS = quoted("savings", "savings", rate=SOLID_RATE)
FOUR = [pool("pool"), money_market("market"), SAVINGS, idle()]
NAMES = ["pool", "market", "savings", "idle"]
OPENING = ["pool", "market", "savings", "venue"]
SEQUENTIAL = {"settlement": "sequential", "duration_days": DURATION}
INERT = {"active_share": st.just(1.0) | st.floats(0.01, 1.0)}
COMFORT = {"pool": 0.02, "market": SOLID_RATE, "savings": SOLID_RATE, "idle": SOLID_RATE}
TASTES = {
    "asset_risk_aversion": AVERSION,
    "yield_risk_aversion": AVERSION,
    "factor": {"pool": st.floats(0.1, 10.0), "savings": SHARE},
    "exposure": {"market": AVERSION, "savings": SHARE},
    "convenience_yield": COMFORT,
}
TWELVE = [
    pool("pool_a"),
    money_market("market_a"),
    quoted("savings_a", "savings", rate=SOLID_RATE),
    pool("pool_b"),
    money_market("market_b"),
    idle(),
    quoted("venue_a", "external", rate=RATE),
    money_market("market_c"),
    quoted("savings_b", "savings"),
    quoted("venue_b", "external"),
    quoted("venue_c", "external", rate=[[0.0, RATE], [5.0, RATE]]),
    pool("pool_c", allocated=False),
]
TWELVE_COLUMNS = (
    column("volatile_asset_price", price()),
    column("fei_price", FEI_PRICE),
    column("utilization_market_a", utilization()),
    column("utilization_market_b", utilization()),
    column("utilization_market_c", utilization()),
    column("savings_rate_savings_b", SAVINGS_RATE),
    column("yield_rate_venue_b", YIELD_RATE),
    column("risk_market_b", OUTSIDE_RISK),
    column("mint_redeem", mint_redeem()),
)

STRUCTURES = {
    "reference": sketches(
        FOUR,
        *COMMON,
        column("savings_rate", SAVINGS_RATE.map(lambda rate: rate + 0.001)),
        rebalancing={**SEQUENTIAL, "accounting": "reference"},
    ),
    "netted": sketches(
        FOUR, *COMMON, column("fei_price", FEI_PRICE), rebalancing={"duration_days": DURATION}
    ),
    "two pools, one of them empty": sketches(
        [pool("pool"), pool("small", protocol_tvl_usd=0.0), SAVINGS, idle()],
        column("volatile_asset_price", price()),
        column("fei_price", FEI_PRICE),
        rebalancing={"accounting": "reference", "transfers": "minimum_norm"},
        market={"risk_window": 5},
    ),
    "three money markets": sketches(
        [money_market("a"), money_market("b"), money_market("c"), idle()],
        column("volatile_asset_price", price()),
        column("utilization_a", utilization()),
        column("utilization_b", utilization()),
        column("borrow_demand_c", BORROW_DEMAND),
        rebalancing=SEQUENTIAL,
        market={"risk_window": 2},
    ),
    "venues without a price": sketches(
        [
            quoted("a", "external", rate=st.floats(-0.2, 0.2)),
            quoted("b", "external"),
            SAVINGS,
            idle(),
        ],
        column("yield_rate_b", YIELD_RATE),
        weights={"yield_window": 14},
    ),
    "two deposits, window of one": sketches(
        [money_market("market"), idle()],
        column("borrow_demand", BORROW_DEMAND),
        weights={"yield_window": 1, "exposure": {"market": 0.0}},
        rebalancing=SEQUENTIAL,
    ),
    "twelve netted": sketches(TWELVE, *TWELVE_COLUMNS),
    "twelve sequential": sketches(TWELVE, *TWELVE_COLUMNS, rebalancing=SEQUENTIAL),
    "fading memory and tastes": sketches(
        FOUR,
        *COMMON,
        column("risk_market", OUTSIDE_RISK),
        weights={
            "yield_half_life_days": st.floats(0.3, 50.0),
            "elasticity": st.floats(0.0, 4.0),
            **TASTES,
        },
    ),
    "cap without idle": sketches(
        FOUR,
        *COMMON,
        weights={"cap": st.floats(0.34, 1.0), "idle_weight": "zero"},
        rebalancing={"duration_days": DURATION},
    ),
    "opening and closing under a cap": sketches(
        [*FOUR, quoted("venue", "external", rate=RATE)],
        *COMMON,
        *(column(f"available_{name}", AVAILABLE) for name in OPENING),
        weights={
            "cap": st.floats(0.25, 1.0),
            "idle_weight": "zero",
            "convenience_yield": dict.fromkeys(OPENING, SOLID_RATE),
        },
        rebalancing={"duration_days": DURATION},
    ),
    "pairwise": sketches(
        FOUR,
        *COMMON,
        column("available_market", AVAILABLE),
        weights={
            "rule": "pairwise",
            "gain": st.floats(0.1, 5.0),
            "conductance": [["idle", "pool", SHARE], ["market", "savings", SHARE]],
            **TASTES,
        },
        rebalancing=SEQUENTIAL,
    ),
    "pairwise along a chain": sketches(
        [
            quoted("a", "external"),
            money_market("b"),
            quoted("c", "savings", rate=RATE),
            idle(),
        ],
        column("yield_rate_a", YIELD_RATE),
        column("utilization", utilization()),
        weights={"rule": "pairwise", "yield_half_life_days": 2.0, "exposure": {"b": 0.0}},
        rebalancing={"pairs": [["b", "a"], ["c", "idle"], ["b", "c"]]},
    ),
    "logit": sketches(
        [*FOUR, quoted("venue", "external")],
        *COMMON,
        column("yield_rate_venue", YIELD_RATE),
        *(column(f"available_{name}", AVAILABLE) for name in OPENING),
        weights={
            "rule": "logit",
            "sensitivity": st.sampled_from([0.0, 20.0, 1e4]) | st.floats(0.0, 300.0),
            "cap": st.floats(0.25, 1.0),
            "idle_weight": "zero",
            **TASTES,
            "factor": {"pool": st.floats(0.1, 10.0), "savings": st.floats(0.1, 1.0)},
        },
        rebalancing=SEQUENTIAL,
    ),
    "logit with a fading memory": sketches(
        [money_market("market"), SAVINGS, quoted("venue", "external"), idle()],
        column("utilization", utilization()),
        column("yield_rate_venue", YIELD_RATE),
        column("available_savings", AVAILABLE),
        weights={
            "rule": "logit",
            "yield_half_life_days": st.floats(0.3, 50.0),
            "yield_risk_aversion": AVERSION,
            "factor": {"market": st.sampled_from([0.0, 1e-30]) | st.floats(0.1, 10.0)},
        },
    ),
    "exogenous": sketches(
        FOUR,
        *COMMON,
        columns("dirichlet", NAMES, shares(4)),
        column("available_savings", AVAILABLE),
        weights={"rule": "exogenous", "cap": st.floats(0.5, 1.0)},
        rebalancing=SEQUENTIAL,
    ),
    "prescribed target": sketches(
        FOUR,
        *COMMON,
        columns("target", NAMES, shares(4)),
        column("available_market", AVAILABLE),
        weights={"rule": "prescribed"},
        rebalancing={"duration_days": DURATION},
    ),
    "prescribed allocation on a graph": sketches(
        FOUR,
        *COMMON,
        columns("target", NAMES, shares(4)),
        weights={"rule": "prescribed", "prescribed_as": "allocation"},
        rebalancing={
            "pairs": [["idle", "pool"], ["idle", "market"], ["pool", "market"], ["savings", "pool"]]
        },
    ),
    "inert, sequential": sketches(
        FOUR,
        *COMMON,
        column("mint_redeem", mint_redeem()),
        column("available_market", AVAILABLE),
        rebalancing={**SEQUENTIAL, "accounting": "reference", **INERT},
    ),
    "inert, netted, logit": sketches(
        FOUR,
        *COMMON,
        column("mint_redeem", mint_redeem()),
        column("available_savings", AVAILABLE),
        weights={"rule": "logit", "sensitivity": st.floats(0.0, 100.0)},
        rebalancing={"duration_days": DURATION, **INERT, "habit_days": st.floats(0.1, 100.0)},
    ),
    "inert, pairwise": sketches(
        FOUR,
        *COMMON,
        column("available_market", AVAILABLE),
        weights={"rule": "pairwise", **TASTES},
        rebalancing={**SEQUENTIAL, **INERT},
    ),
    "inert, exogenous": sketches(
        FOUR,
        *COMMON,
        columns("dirichlet", NAMES, shares(4)),
        column("mint_redeem", mint_redeem()),
        weights={"rule": "exogenous", "cap": st.floats(0.5, 1.0)},
        rebalancing={"habit_days": st.floats(0.1, 100.0), **INERT},
    ),
    "inert, prescribed allocation": sketches(
        FOUR,
        *COMMON,
        columns("target", NAMES, shares(4)),
        column("mint_redeem", mint_redeem()),
        weights={"rule": "prescribed", "prescribed_as": "allocation"},
        rebalancing={**SEQUENTIAL, **INERT},
    ),
    "inert, twelve": sketches(TWELVE, *TWELVE_COLUMNS, rebalancing=INERT),
    "redeemed to the last": sketches(
        [quoted("savings", "savings", rate=RATE, user_balance=0.0), idle(), idle("vault")],
        column("mint_redeem", mint_redeem()),
        weights={"factor": {"savings": st.sampled_from([0.0, 1.0]), "vault": 0.0}},
    ),
    "by the hour": sketches(
        [
            pool("pool", allocated=False),
            money_market("market"),
            quoted(
                "savings", "savings", rate=[[0.0, SOLID_RATE], [7 / 24, RATE], [0.5, SOLID_RATE]]
            ),
            idle("left", allocated=False),
            idle(),
        ],
        *COMMON,
        column("mint_redeem", mint_redeem()),
        dt_days=1 / 24,
        rebalancing={"law": "exponential", "duration_days": st.floats(0.01, 10.0)},
    ),
}
