"""The default scenario in NumPy: arrays over a batch of paths, a loop over steps, one thread.

A batch is long enough for the cost of calling NumPy to vanish and short enough for its few dozen
arrays to stay in the cache (`batch_size`). At that length an expression that allocates its result
costs what `out=` costs, so in-place arithmetic is used only where it also reads well. Parameters
stay Python floats, so that they take the arrays' dtype.
"""

import math
from collections.abc import Iterator
from functools import reduce

import numpy as np

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
    batch_size: int = 16_384,
) -> Result:
    """Simulate `num_paths` paths, drawing prices and utilizations unless `drivers` gives them.

    Given series are fastest in Fortran order, where all paths of one step lie side by side.
    """
    if drivers is not None:
        check_series(drivers, num_paths, steps)
    rng = np.random.Generator(np.random.SFC64(seed))
    final_balances = np.empty((num_paths, NUM_DEPOSITS), dtype)
    sums = np.zeros((steps, NUM_DEPOSITS)) if record_mean else None
    for start in range(0, num_paths, batch_size):
        paths = slice(start, min(start + batch_size, num_paths))
        if drivers is None:
            initial_price = np.full(paths.stop - start, parameters.initial_price, dtype)
            series = _draw(rng, initial_price, steps, parameters)
        else:
            prices, utilizations = (np.asarray(given[paths].T, dtype) for given in drivers)
            initial_price = prices[0]
            series = zip(prices[1 : steps + 1], utilizations[1 : steps + 1], strict=True)
        balances = _simulate(series, initial_price, settlement, parameters, sums)
        final_balances[paths] = np.stack(balances, axis=1)
    return Result(final_balances, None if sums is None else sums / num_paths)


def _draw(
    rng: np.random.Generator, initial_price: np.ndarray, steps: int, p: Parameters
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield each step's prices, a Brownian motion, and utilizations, clipped noise (section 2).

    The array of prices is advanced in place.
    """
    price = initial_price.copy()
    normals = np.empty((2, price.size), price.dtype)
    floor = PRICE_FLOOR * p.initial_price
    held, any_held = np.zeros(price.size, bool), False
    drift, volatility = p.price_drift * p.dt_days, p.price_volatility * math.sqrt(p.dt_days)
    for _ in range(steps):
        rng.standard_normal(out=normals, dtype=normals.dtype)
        increment, utilization = normals
        increment *= volatility
        increment += drift
        price += increment
        any_held = any_held or price.min() <= floor
        if any_held:
            held |= price <= floor
            price[held] = floor
        utilization *= p.std_utilization
        utilization += p.mean_utilization
        np.maximum(utilization, 0.0, out=utilization)
        np.minimum(utilization, 1.0, out=utilization)
        yield price, utilization


def _simulate(
    series: Iterator[tuple[np.ndarray, np.ndarray]],
    initial_price: np.ndarray,
    settlement: Settlement,
    p: Parameters,
    sums: np.ndarray | None,
) -> list[np.ndarray]:
    """Take one batch through all steps; returns the final balances and adds to `sums` [T, 4]."""
    rate = math.sqrt(p.dt_days / p.rebalance_duration_days)
    balances = [
        np.full_like(initial_price, user)
        for user in (p.user_pool, p.user_money_market, p.user_savings, p.user_idle)
    ]
    risk_metric = _RiskMetric(initial_price, p.risk_window)
    pool = _Pool(initial_price, p)
    quotes = [np.zeros((2, initial_price.size), initial_price.dtype)]
    savings_quotes = [0.0]
    for step, (price, utilization) in enumerate(series, start=1):
        risk = risk_metric.update(step, price)
        newest = np.empty_like(quotes[0])
        balances[0] *= pool.arbitrage(price, out=newest[0])
        _supply_yield(utilization, risk, p, out=newest[1])

        scores = _scores(quotes, 1.0 + risk, p.yield_window)
        constant = _constant_score(savings_quotes, p.yield_window), MINIMUM_YIELD
        total_balance = balances[0] + balances[1] + balances[2] + balances[3]
        scale = total_balance * rate / (scores[0] + scores[1] + sum(constant))
        changes = [
            score * scale - balance * rate
            for score, balance in zip((*scores, *constant), balances, strict=True)
        ]
        if settlement == "netted":
            balances[1:] = [b + change for b, change in zip(balances[1:], changes[1:], strict=True)]
            balances[0] += pool.receive(changes[0], conserving=True)
        else:
            settled = _settle_sequentially(balances, changes)
            received = settled[0] - balances[0]
            balances = [balances[0] + pool.receive(received, conserving=False), *settled[1:]]

        quotes = [*quotes, newest][-p.yield_window :]
        savings_quotes = [*savings_quotes, p.savings_rate][-p.yield_window :]
        if sums is not None:
            sums[step - 1] += [balance.sum(dtype=np.float64) for balance in balances]
    return balances


class _RiskMetric:
    """Risk of the volatile asset from running sums over its price history (3.1).

    Prices are kept as deviations from the first, so that float32 sums stay exact enough.
    """

    def __init__(self, initial_price: np.ndarray, window: int) -> None:
        self.initial_price = initial_price
        self.window = window
        self.history = np.zeros((window + 1, initial_price.size), initial_price.dtype)
        # Sums over the n prices in the window: Σ P_j, Σ (j − (n−1)/2) P_j; over all steps: Σ P_t.
        zeros = np.zeros((5, initial_price.size), initial_price.dtype)
        self.window_sum, self.moment, self.price_sum, self.lowest, self.highest = zeros

    def update(self, step: int, price: np.ndarray) -> np.ndarray:
        """Take in this step's price; returns ρ [P] in [0, 1]."""
        num_prices = min(step, self.window) - 1
        half_width = (num_prices - 1) / 2
        entering = self.history[(step - 2) % (self.window + 1)]
        leaving = self.history[(step - 1 - self.window) % (self.window + 1)]
        if step > self.window:
            self.window_sum -= leaving
            self.moment += (entering + leaving) * half_width
            self.moment -= self.window_sum
            self.window_sum += entering
        elif step > 1:
            self.moment += entering * half_width
            self.moment -= self.window_sum * 0.5
            self.window_sum += entering
        np.subtract(price, self.initial_price, out=self.history[step % (self.window + 1)])
        self.price_sum += price
        if num_prices < 2:
            return np.zeros_like(price)
        squares = num_prices * (num_prices**2 - 1) / 12
        raw = self.moment * (-step / squares)
        raw /= self.price_sum
        raw[np.abs(raw) < FLAT_SLOPE] = 0.0
        np.minimum(self.lowest, raw, out=self.lowest)
        np.maximum(self.highest, raw, out=self.highest)
        span = self.highest - self.lowest
        raw -= self.lowest
        return np.divide(raw, np.maximum(span, np.finfo(raw.dtype).tiny), out=raw)


class _Pool:
    """Constant-product pool; sides are kept as totals of user and protocol (3.2)."""

    def __init__(self, initial_price: np.ndarray, p: Parameters) -> None:
        self.trading_fee = p.trading_fee
        self.periods_per_year = DAYS_PER_YEAR / p.dt_days
        self.initial_price = initial_price
        self.root_initial_price = np.sqrt(initial_price)
        self.fei = np.full_like(initial_price, p.protocol_tvl_usd / 2 + p.user_pool)
        self.volatile = self.fei / initial_price

    def arbitrage(self, price: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Trade to the market price; writes the yield, returns the growth of the FEI side.

        Both sides are worth √(FEI · value of the volatile side) after the trade; the fee is charged
        on the one that was worth less. |IL| = (√P − √P_0)² / (P + P_0).
        """
        self.price = price
        value = self.volatile * price
        target = np.sqrt(self.fei * value)
        fees = (target - np.minimum(self.fei, value)) * self.trading_fee
        new_fei = np.maximum(target, target + (target - self.fei) * self.trading_fee)
        total_value = target + target
        total_value += fees
        growth = new_fei / self.fei
        self.fei = new_fei
        self.volatile_value = total_value - new_fei

        impermanent_loss = np.sqrt(price)
        impermanent_loss -= self.root_initial_price
        impermanent_loss *= impermanent_loss
        impermanent_loss /= price + self.initial_price
        fees /= total_value
        fees *= self.periods_per_year
        fees -= impermanent_loss
        np.maximum(fees, 0.0, out=out)
        return growth

    def receive(self, change: np.ndarray, conserving: bool) -> np.ndarray:
        """Let liquidity follow the user's FEI (3.9, 4.4); returns the FEI the pool takes up."""
        if conserving:
            growth = change / self.fei
        else:
            growth = change / np.where(change > 0.0, self.volatile_value, self.fei)
        received = growth * self.fei
        self.fei += received
        growth += 1.0
        growth *= self.volatile_value
        self.volatile = growth / self.price
        return received


def _supply_yield(
    utilization: np.ndarray, risk: np.ndarray, p: Parameters, out: np.ndarray
) -> None:
    """Write the money market's quote, u² (1 − reserve factor) borrow(u) (3.3)."""
    used = utilization * (1.0 - risk * p.risk_discount)
    above = np.maximum(used - p.kink, 0.0)
    borrow = used * p.multiplier
    borrow += above * (p.jump_multiplier - p.multiplier)
    if p.base_rate:
        borrow += p.base_rate
    used *= used
    used *= 1.0 - p.reserve_factor
    np.multiply(borrow, used, out=out)


def _scores(quotes: list[np.ndarray], exposure: np.ndarray, window: int) -> np.ndarray:
    """Unnormalised weights [2, P] of pool and money market from the last quotes (3.5)."""
    mean = reduce(np.add, quotes) * (1.0 / len(quotes))
    variance = np.zeros_like(mean)
    for quote in quotes:
        deviation = quote - mean
        deviation *= deviation
        variance += deviation
    variance *= 1.0 / len(quotes)
    denominator = np.sqrt(variance, out=variance)
    denominator /= mean + MINIMUM_YIELD
    denominator += exposure
    mean *= len(quotes) / window
    return np.divide(np.maximum(mean, MINIMUM_YIELD, out=mean), denominator, out=mean)


def _constant_score(quotes: list[float], window: int) -> float:
    """The same for savings, whose quotes are those of all paths and which bears no asset risk."""
    mean = sum(quotes) / len(quotes)
    variance = sum((quote - mean) ** 2 for quote in quotes) / len(quotes)
    average = max(sum(quotes) / window, MINIMUM_YIELD)
    return average / (1.0 + math.sqrt(variance) / (mean + MINIMUM_YIELD))


def _settle_sequentially(balances: list[np.ndarray], changes: list[np.ndarray]) -> list[np.ndarray]:
    """Move capital pair by pair, never more than the source holds; new balances (3.7, 3.8)."""
    settled = [balance.copy() for balance in balances]
    quarters = [change * 0.25 for change in changes]
    skew = (quarters[0] - quarters[3]) * 3.0 + (quarters[1] - quarters[2])  # q of 3.7
    half_skew = skew * 0.5
    for i in range(NUM_DEPOSITS):
        for j in range(i + 1, NUM_DEPOSITS):
            moved = quarters[i] - quarters[j]
            if j - i == 1:
                moved -= half_skew
            elif j - i == 3:
                moved += half_skew
            np.maximum(moved, -settled[i], out=moved)
            np.minimum(moved, settled[j], out=moved)
            settled[i] += moved
            settled[j] -= moved
    return settled
