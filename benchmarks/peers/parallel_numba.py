"""The default scenario in Numba: paths in parallel over cores, one path at a time in registers.

Each thread takes an equal share of the paths and a generator of its own (so the numbers drawn
depend on how many threads there are). For each path it draws the two series into arrays that stay
in its cache, then walks through the steps with scalars alone.

Three things make it fast. The yield window is a tuple, so its length is known to the compiler and
the quotes stay in registers. What all paths share, the score of a constant savings rate, is
computed once. `fastmath=True` lets the compiler reorder sums and `error_model="numpy"` spares a
test for zero before every division; both are harmless, because every value is finite and the tests
hold the result to 1e-9 of all FEI. Blocks of paths side by side, for the sake of vector
instructions, were tried: Numba cannot promise LLVM that the block's twenty arrays do not overlap,
so LLVM does not vectorise, and what was left was a sixth less time for a program hard to read.

Numba computes float32 with a literal in float64. `real`, the type itself, is passed along to write
literals in the precision of the path.
"""

import math

import numba
import numpy as np
from numba import njit, prange

from benchmarks.peers.workload import (
    DAYS_PER_YEAR,
    DEFAULT,
    FLAT_SLOPE,
    MINIMUM_YIELD,
    NUM_DEPOSITS,
    PRICE_FLOOR,
    Parameters,
    Result,
    Series,
    Settlement,
    check_series,
)

_compiled = njit(fastmath=True, error_model="numpy")


def run(
    num_paths: int,
    steps: int,
    seed: int = 0,
    *,
    settlement: Settlement = "netted",
    dtype: type[np.floating] = np.float64,
    drivers: Series | None = None,
    record_mean: bool = False,
    parameters: Parameters = DEFAULT,
) -> Result:
    """Simulate `num_paths` paths, drawing prices and utilizations unless `drivers` gives them.

    Given series are fastest in C order, where all steps of one path lie side by side.
    """
    if drivers is not None:
        check_series(drivers, num_paths, steps)
    num_threads = numba.get_num_threads()
    seeds = np.random.SeedSequence(seed).spawn(num_threads)
    generators = tuple(np.random.Generator(np.random.SFC64(child)) for child in seeds)
    given = (np.empty((0, 0)), np.empty((0, 0))) if drivers is None else drivers
    prices, utilizations = (np.ascontiguousarray(series, dtype) for series in given)
    numbers = (dtype(value) if isinstance(value, float) else value for value in parameters)
    final_balances = np.empty((num_paths, NUM_DEPOSITS), dtype)
    sums = np.zeros((num_threads, steps if record_mean else 0, NUM_DEPOSITS))
    _simulate_paths(
        generators,
        prices,
        utilizations,
        drivers is not None,
        steps,
        settlement == "sequential",
        (dtype(0),) * parameters.yield_window,
        Parameters._make(numbers),
        dtype,
        final_balances,
        sums,
    )
    return Result(final_balances, sums.sum(axis=0) / num_paths if record_mean else None)


@njit(parallel=True, fastmath=True, error_model="numpy")
def _simulate_paths(
    generators,
    prices,
    utilizations,
    given,
    steps,
    sequential,
    no_quotes,
    p,
    real,
    final_balances,
    sums,
):
    """Fill `final_balances` [P, 4], and add each thread's balances to its part of `sums`."""
    num_paths = final_balances.shape[0]
    num_shares = len(generators)
    for share in prange(num_shares):
        savings_scores = _savings_scores(steps, no_quotes, p, real)
        price = np.empty(steps + 1, real)
        utilization = np.empty(steps + 1, real)
        for path in range(share * num_paths // num_shares, (share + 1) * num_paths // num_shares):
            if given:
                price[:] = prices[path, : steps + 1]
                utilization[:] = utilizations[path, : steps + 1]
            else:
                _draw(generators[share], price, utilization, p, real)
            final_balances[path] = _simulate(
                price, utilization, savings_scores, sequential, no_quotes, p, real, sums[share]
            )


@_compiled
def _draw(rng, price, utilization, p, real):
    """Fill one path's prices, a Brownian motion, and utilizations, clipped noise (section 2).

    Normals are float64 whatever the precision: Numba draws those in half the time.
    """
    drift = p.price_drift * p.dt_days
    volatility = p.price_volatility * math.sqrt(p.dt_days)
    floor = real(PRICE_FLOOR) * p.initial_price
    price[0] = current = p.initial_price
    for step in range(1, price.size):
        current += drift + volatility * real(rng.standard_normal())
        if current <= floor:
            price[step:] = floor
            break
        price[step] = current
    for step in range(1, utilization.size):
        drawn = p.mean_utilization + p.std_utilization * real(rng.standard_normal())
        utilization[step] = min(max(drawn, real(0)), real(1))


@_compiled
def _simulate(price, utilization, savings_scores, sequential, no_quotes, p, real, sums):
    """Take one path through all steps; returns its final balances and adds to `sums` [T, 4]."""
    one, minimum_yield = real(1), real(MINIMUM_YIELD)
    rate = math.sqrt(p.dt_days / p.rebalance_duration_days)
    user_pool, user_market = p.user_pool, p.user_money_market
    user_savings, user_idle = p.user_savings, p.user_idle
    pool_quotes = market_quotes = no_quotes
    fei = real(0.5) * p.protocol_tvl_usd + user_pool  # the pool's two sides, user and protocol
    volatile = fei / price[0]
    window_sum = moment = price_sum = lowest = highest = real(0)
    for step in range(1, price.size):
        price_sum += price[step]
        window_sum, moment = _slide(price, step, p.risk_window, window_sum, moment, real)
        raw = _raw_risk(step, p.risk_window, moment, price_sum, real)
        lowest, highest = min(lowest, raw), max(highest, raw)
        risk = (raw - lowest) / (highest - lowest) if highest > lowest else raw

        new_fei, value, pool_yield = _arbitrage(fei, volatile, price[step], price[0], p, real)
        user_pool *= new_fei / fei
        fei = new_fei
        market_yield = _supply_yield(utilization[step], risk, p, real)

        pool_score = _score(pool_quotes, step, one + risk, real)
        market_score = _score(market_quotes, step, one + risk, real)
        savings_score = savings_scores[step]
        total_score = pool_score + market_score + savings_score + minimum_yield
        total_balance = user_pool + user_market + user_savings + user_idle
        scale = rate * total_balance / total_score
        to_pool = scale * pool_score - rate * user_pool
        to_market = scale * market_score - rate * user_market
        to_savings = scale * savings_score - rate * user_savings
        to_idle = scale * minimum_yield - rate * user_idle
        pool_quotes = _shift(pool_quotes, pool_yield)
        market_quotes = _shift(market_quotes, market_yield)

        if sequential:
            settled_pool, user_market, user_savings, user_idle = _settle_sequentially(
                (user_pool, user_market, user_savings, user_idle),
                (to_pool, to_market, to_savings, to_idle),
                real,
            )
            received = settled_pool - user_pool
            growth = received / (value if received > real(0) else fei)
        else:
            user_market += to_market
            user_savings += to_savings
            user_idle += to_idle
            growth = to_pool / fei
        user_pool += growth * fei
        fei += growth * fei
        volatile = (value + growth * value) / price[step]
        if sums.size > 0:
            sums[step - 1, 0] += user_pool
            sums[step - 1, 1] += user_market
            sums[step - 1, 2] += user_savings
            sums[step - 1, 3] += user_idle
    return user_pool, user_market, user_savings, user_idle


@_compiled
def _slide(price, step, window, window_sum, moment, real):
    """Move the risk metric's two running sums to this step's window of n prices (3.1).

    They are Σ P_j and Σ (j − (n−1)/2) P_j, with prices as deviations from the first, so that
    float32 sums stay exact enough.
    """
    half_width = real(0.5) * real(min(step, window) - 2)
    if step > window:
        entering, leaving = price[step - 2] - price[0], price[step - 1 - window] - price[0]
        window_sum -= leaving
        moment += half_width * (entering + leaving) - window_sum
        window_sum += entering
    elif step > 1:
        entering = price[step - 2] - price[0]
        moment += half_width * entering - real(0.5) * window_sum
        window_sum += entering
    return window_sum, moment


@_compiled
def _raw_risk(step, window, moment, price_sum, real):
    """Least-squares slope of the window's prices over the mean price, sign turned (3.1)."""
    num_prices = real(min(step, window) - 1)
    if num_prices < real(2):
        return real(0)
    squares = num_prices * (num_prices * num_prices - real(1)) / real(12)
    raw = -real(step) / squares * moment / price_sum
    return raw if abs(raw) >= real(FLAT_SLOPE) else real(0)


@_compiled
def _arbitrage(fei, volatile, price, initial_price, p, real):
    """Trade the pool to the market price; FEI side, value of the volatile side, yield (3.2).

    Both sides are worth √(FEI · value of the volatile side) after the trade; the fee is charged on
    the one that was worth less. |IL| = (√P − √P_0)² / (P + P_0).
    """
    value = volatile * price
    target = math.sqrt(fei * value)
    fees = p.trading_fee * (target - min(fei, value))
    total_value = target + target + fees
    new_fei = max(target, target + p.trading_fee * (target - fei))
    root_change = math.sqrt(price) - math.sqrt(initial_price)
    impermanent_loss = root_change * root_change / (price + initial_price)
    fee_yield = fees / total_value * (real(DAYS_PER_YEAR) / p.dt_days)
    return new_fei, total_value - new_fei, max(fee_yield - impermanent_loss, real(0))


@_compiled
def _supply_yield(utilization, risk, p, real):
    """The money market's quote, u² (1 − reserve factor) borrow(u) (3.3)."""
    used = utilization * (real(1) - p.risk_discount * risk)
    above = max(used - p.kink, real(0))
    borrow = p.base_rate + p.multiplier * used + (p.jump_multiplier - p.multiplier) * above
    return used * used * (real(1) - p.reserve_factor) * borrow


@_compiled
def _score(quotes, step, exposure, real):
    """Unnormalised weight from the last quotes, of which step 0 quoted zero (3.5)."""
    window = len(quotes)
    share = real(1) / real(min(step, window))
    total = variance = real(0)
    for quote in quotes:
        total += quote
    mean = total * share
    for slot in range(window):
        if slot >= window - step:
            deviation = quotes[slot] - mean
            variance += deviation * deviation
    yield_risk = math.sqrt(variance * share) / (mean + real(MINIMUM_YIELD))
    return max(total / real(window), real(MINIMUM_YIELD)) / (exposure + yield_risk)


@_compiled
def _shift(quotes, newest):
    """The window's quotes one step later. Numba joins tuples, but does not unpack them."""
    entering = (newest,)
    return quotes[1:] + entering


@_compiled
def _savings_scores(steps, no_quotes, p, real):
    """The scores [T+1] of a constant rate without asset risk, the same on every path."""
    scores = np.empty(steps + 1, real)
    quotes = no_quotes
    for step in range(1, steps + 1):
        scores[step] = _score(quotes, step, real(1), real)
        quotes = _shift(quotes, p.savings_rate)
    return scores


@_compiled
def _settle_sequentially(balances, changes, real):
    """Move capital pair by pair, never more than the source holds; new balances (3.7, 3.8)."""
    b0, b1, b2, b3 = balances
    d0, d1, d2, d3 = changes
    quarter = real(0.25)
    half_skew = real(0.125) * (real(3) * (d0 - d3) + (d1 - d2))  # q / 2 of 3.7
    b0, b1 = _move(quarter * (d0 - d1) - half_skew, b0, b1)
    b0, b2 = _move(quarter * (d0 - d2), b0, b2)
    b0, b3 = _move(quarter * (d0 - d3) + half_skew, b0, b3)
    b1, b2 = _move(quarter * (d1 - d2) - half_skew, b1, b2)
    b1, b3 = _move(quarter * (d1 - d3), b1, b3)
    b2, b3 = _move(quarter * (d2 - d3) - half_skew, b2, b3)
    return b0, b1, b2, b3


@_compiled
def _move(planned, b_i, b_j):
    """Move `planned` from j to i, or from i to j where it is negative, as far as balances go."""
    moved = min(max(planned, -b_i), b_j)
    return b_i + moved, b_j - moved
