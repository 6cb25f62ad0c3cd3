"""What every contender computes, so that the work compared is the same.

The scenario is the specification's section 2: a liquidity pool, a money market, a savings deposit
and idle FEI, all under allocation, with the endogenous rule, the square-root rate and constrained
transfers, FEI at 1 USD and neither minting nor redemption. Two settlements:

    netted       all transfers at once, FEI conserved (Specification, 4.4)
    sequential   the reference: clamped pair by pair, reference accounting (3.8, 3.9)

The result is each path's balances after the last step and, if asked for, the mean over paths of
the balances after every step. What neither needs is not computed: netted settlement needs net
changes only, so it plans no transfers between pairs; remainders, pool tokens and circulating FEI
are left out. Everything else in section 3 is computed at every step of every path.
"""

from typing import Literal, NamedTuple

import numpy as np

Settlement = Literal["netted", "sequential"]
Series = tuple[np.ndarray, np.ndarray]
"""Prices [P, T+1], USD, and utilizations [P, T+1], in [0, 1], given instead of drawn."""

NUM_DEPOSITS = 4
MINIMUM_YIELD = 1e-18
"""Least average yield a rule sees, 1/year, and what keeps ratios to a mean yield finite (3.5)."""
FLAT_SLOPE = 1e-12
"""Slopes smaller than this share of the mean price count as none (3.1)."""
PRICE_FLOOR = 1e-6
"""Share of the initial price at which a drawn price is held for good (section 1)."""
DAYS_PER_YEAR = 365.0
BLOCKS_PER_YEAR = 2_102_400


class Parameters(NamedTuple):
    """Numbers of the default scenario (Specification, section 2)."""

    initial_price: float = 2000.0  # USD
    price_drift: float = -50 / 366  # USD per day
    price_volatility: float = 20.0  # USD per √day
    mean_utilization: float = 0.7
    std_utilization: float = 0.05
    savings_rate: float = 0.015  # 1/year
    user_pool: float = 0.0  # FEI, as the next three
    user_money_market: float = 30e6
    user_savings: float = 0.0
    user_idle: float = 195e6
    protocol_tvl_usd: float = 50e6
    protocol_supply: float = 30e6  # FEI; only what is lent out, not recorded here, depends on it
    trading_fee: float = 0.003
    base_rate: float = 0.0  # 1/year
    multiplier: float = 23782343987e-18 * BLOCKS_PER_YEAR  # 1/year per unit of utilization
    jump_multiplier: float = 518455098934e-18 * BLOCKS_PER_YEAR  # the same, above the kink
    kink: float = 0.8
    reserve_factor: float = 0.25
    risk_discount: float = 0.5
    dt_days: float = 1.0
    rebalance_duration_days: float = 30.0
    yield_window: int = 3  # steps
    risk_window: int = 30  # steps


DEFAULT = Parameters()


class Result(NamedTuple):
    """What a run of a peer returns."""

    final_balances: np.ndarray  # [P, 4] FEI, in network order
    mean_balances: np.ndarray | None  # [T, 4] FEI, float64; None unless asked for


def check_series(drivers: Series, num_paths: int, steps: int) -> None:
    """Raise ValueError unless the given series cover every path and every step."""
    for name, series in zip(("prices", "utilizations"), drivers, strict=True):
        if series.ndim != 2 or series.shape[0] != num_paths or series.shape[1] <= steps:
            raise ValueError(
                f"{name}: expected shape ({num_paths}, {steps + 1}) or more columns, "
                f"got {series.shape}."
            )


def draw_series(
    num_paths: int, steps: int, dtype: type[np.floating], seed: int = 0, p: Parameters = DEFAULT
) -> Series:
    """Series to give to every contender of a race without random numbers, in C order."""
    rng = np.random.default_rng(seed)
    normals = rng.standard_normal((2, num_paths, steps + 1))
    increments = p.price_drift * p.dt_days + p.price_volatility * np.sqrt(p.dt_days) * normals[0]
    increments[:, 0] = p.initial_price
    prices = np.maximum(increments.cumsum(axis=1), PRICE_FLOOR * p.initial_price)
    utilizations = np.clip(p.mean_utilization + p.std_utilization * normals[1], 0.0, 1.0)
    return prices.astype(dtype), utilizations.astype(dtype)
