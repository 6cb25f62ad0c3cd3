"""Good inputs, which are then damaged: scenarios, tables, questions, keys and values."""

import json
from typing import Any

PAIR: dict[str, Any] = {
    "name": "pair",
    "steps": 3,
    "deposits": [
        {"name": "a", "type": "external", "user_balance": 60.0, "rate": 0.03},
        {"name": "b", "type": "external", "user_balance": 40.0, "rate": 0.05},
    ],
    "weights": {"elasticity": 1.0, "factor": {"a": 1.0}},
    "rebalancing": {"duration_days": 30.0},
}
POOLED: dict[str, Any] = {
    "steps": 3,
    "deposits": [
        {"name": "pool", "type": "liquidity_pool", "user_balance": 5.0, "protocol_tvl_usd": 100.0},
        {"name": "b", "type": "money_market", "user_balance": 30.0, "protocol_balance": 30.0},
        {"name": "a", "type": "savings", "user_balance": 4.0, "rate": 0.02},
        {"name": "idle", "type": "idle", "user_balance": 100.0},
    ],
    "market": {"risk_window": 3},
    "weights": {"yield_window": 2, "idle_weight": "zero"},
    "drivers": {
        "volatile_asset_price": {
            "process": "brownian_motion",
            "initial": 2000.0,
            "volatility": 20.0,
            "drift": 0.0,
        },
        "utilization": {"process": "gaussian_noise", "mean": 0.7, "std": 0.05},
    },
}
TABLE = "time,a,b\n" + "\n".join(
    f"2024-01-{day + 1:02},{60 - 0.3 * day + day % 3:.1f},{40 + 0.5 * day:.1f}" for day in range(20)
)
LONG = "time,venue,deposit,balance,yield_rate\n" + "\n".join(
    f"{day},{name}1,{name},{50 + day + len(name)},{0.03 + day % 4 / 100:.2f}"
    for day in range(12)
    for name in ("a", "b")
)
POOL = "timestamp,tvlUsd,apy,apyBase,apyReward\n" + "\n".join(
    f"2024-01-{day + 1:02}T00:01:{day:02}.123Z,{60e6 + day * 1e5:.0f},{3 + day % 4},{3},{day % 4}"
    for day in range(12)
)
CHART = json.dumps(
    {
        "status": "success",
        "data": [
            {"timestamp": f"2024-01-{day + 1:02}T00:00:00Z", "tvlUsd": 1e6 + day, "apy": 4.5}
            for day in range(8)
        ],
    }
)
DAILY = json.dumps(
    {
        "data": {
            "marketDailySnapshots": [
                {
                    "timestamp": str(1_700_000_000 + 86_400 * day),
                    "totalDepositBalanceUSD": "1000.5",
                    "rates": [{"side": "LENDER", "type": "VARIABLE", "rate": "3.5"}],
                }
                for day in range(8)
            ]
        }
    }
)
SOURCES = {"pool.csv": POOL, "chart.json": CHART, "daily.json": DAILY, "table.csv": LONG}
QUESTIONS = (
    "P( share[b] > 0.4 )",
    "E( share[a] | rebalancing.duration_days=5 ) - E( share[a] )",
    "quantile( balance[a] , 0.05 )",
    "P( time to ( share[b] > 0.41 ) = never )",
    "E( mean ( share[a] + share[b] ) at step 2 )",
    "E( cost )",
)
KEYS = (
    *("deposits.a.rate", "deposits.b.user_balance", "rebalancing.duration_days", "steps"),
    *("weights.elasticity", "weights.factor", "weights.factor.a", "weights.yield_window", "nope"),
)
VALUES = (
    *("0.1", "1", "0", "-1", "2", "1e308", "nan", "inf", "[1, 2]", "'x'", "true", "1e-18", "30"),
    *("[[0, 0.1], [1, 0.2]]", "{a = 1}", "٣", "", "=", "10000000000000000000000", "1:2", "0.5:x"),
)
