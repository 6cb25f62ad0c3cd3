"""What happens outside the deposits: driver series, what a step sees of them, the risk metric.

Nothing here knows of deposits beyond their number: exogenous and endogenous are kept apart.
"""

import dataclasses
from functools import partial
from typing import Self

import jax
import jax.numpy as jnp
from jax import Array

from camjax._fusion import derivative_once
from camjax._pytree import pytree, static
from camjax.groups import Groups
from camjax.vector import Vector, at_least, at_most, positive_or

DAYS_PER_YEAR = 365.0

MINIMUM_SLOPE = 1e-12
"""Slopes below this share of the mean price are rounding and count as none."""

SHORT_PRECISION = 1e-10
"""Types that round by more than this have their sliding sums made anew."""

Series = dict[str, Array]
"""Driver series of one deposit (or group of like deposits) by their column name."""


@pytree
class Drivers:
    """Exogenous series of one path, [T + 1] each: row 0 is the start, step t reads row t.

    Build one with `Model.drivers`, which sorts named columns into this structure.
    """

    volatile_asset_price: Array | None
    """USD; None where nothing needs it."""
    fei_price: Array | None
    """USD; None: 1 throughout."""
    mint_redeem: Array | None
    """FEI per step into idle, negative for redemption; None: no supply change."""
    deposits: tuple[Series, ...]
    """Each deposit's own series, in network order."""
    risk: Vector | None
    """Outside risk of each allocated deposit, dimensionless, at least 0."""
    available: Vector | None
    """1 where an allocated deposit is open, 0 where it is closed."""
    dirichlet: Vector | None
    """Draws of the exogenous rule, on the simplex."""
    target: Vector | None
    """Weights of the prescribed rule, on the simplex."""
    observed_yield: Vector | None
    """1/year, what each allocated deposit really quoted; NaN where its own quote is to count."""
    steps: int = static()
    """T."""


@pytree
class Row:
    """What step t reads of the drivers."""

    groups: Groups = static()
    """Which deposits' series are stacked."""
    step: Array
    """t, from 1; 0 before the first step."""
    volatile_asset_price: Array | None
    volatile_asset_risk: Array | None
    """ρ_t in [0, 1]; None in row 0 and without a price, where it is 0."""
    price_held: Array | None
    """Whether P_t is at its floor; None in row 0 and without a price."""
    fei_price: Array | None
    mint_redeem: Array | None
    deposits: tuple[Series, ...]
    risk: Vector | None
    available: Vector | None
    dirichlet: Vector | None
    target: Vector | None
    observed_yield: Vector | None


@pytree
class Market:
    """The market as one step's deposits see it."""

    volatile_asset_price: Array | None
    """P_t, USD."""
    fei_price: Array
    """F_t, USD."""
    volatile_asset_risk: Array
    """ρ_t in [0, 1]."""
    step: Array
    """t; 0 at the start."""
    dt_days: float = static()
    """Δt."""

    @property
    def time_days(self) -> Array:
        """The time, t Δt."""
        return self.step.astype(self.fei_price.dtype) * self.dt_days

    @property
    def steps_per_year(self) -> float:
        """365 / Δt: turns what a step earns into a yearly rate."""
        return DAYS_PER_YEAR / self.dt_days


@pytree
class RiskState:
    """Running sums from which the risk metric of the next step follows.

    Prices enter as Q = P - origin, which keeps the sums of a constant price exactly zero.
    """

    previous: Array
    """P_{t-1}, USD."""
    origin: Array
    """P_0, or a later price where sums are made anew."""
    price_sum: Array
    """Σ Q_k over the n prices in the window."""
    ranked_sum: Array
    """Σ k Q_k, k = 0 for the oldest price in the window."""
    mean_price: Array
    """μ_{t-1}, mean of P_1…P_{t-1}."""
    lowest: Array
    highest: Array
    upkeep: "Upkeep | None"
    """What keeps the sums true in a short type; None where they keep enough digits for good."""

    @classmethod
    def at(cls, initial_price: Array) -> Self:
        """Before step 1."""
        zero = jnp.zeros_like(initial_price)
        short = float(jnp.finfo(initial_price.dtype).eps) > SHORT_PRECISION
        return cls(
            previous=initial_price,
            origin=initial_price,
            price_sum=zero,
            ranked_sum=zero,
            mean_price=zero,
            lowest=zero,
            highest=zero,
            upkeep=_first_upkeep(initial_price) if short else None,
        )


@pytree
class Upkeep:
    """Sums of the prices since a recent one, which take over once they fill a window.

    A sum that slides for ever keeps every rounding it ever made: in float32 it would be all
    rounding after a hundred thousand steps. The mean of all prices, which is never made anew, has
    what it lost in the step before added again.

    References:
      Kahan 1965, Further remarks on reducing truncation errors.
    """

    origin: Array
    price_sum: Array
    ranked_sum: Array
    rank: Array
    """How many prices are in the sums."""
    mean_lost: Array
    """What rounding added to μ_{t-1}, USD."""


def _first_upkeep(initial_price: Array) -> Upkeep:
    zero = jnp.zeros_like(initial_price)
    return Upkeep(origin=initial_price, price_sum=zero, ranked_sum=zero, rank=zero, mean_lost=zero)


def volatile_asset_risk(prices: Array, window: int) -> Array:
    """Falling prices as a risk in [0, 1], relative to the path's own history.

    slope = (Σ k Q_k - (n-1)/2 Σ Q_k) / (n (n²-1)/12) over the n = min(t, window) - 1 prices
    P_{t-1-n}…P_{t-2};  raw = -slope / μ_t;  ρ = (raw - lo)/(hi - lo), lo and hi the running
    extremes of raw, both starting at 0.

    The slope is 0 for fewer than two prices or below 1e-12 μ_t. The sums slide with the window,
    so the cost of a step does not depend on it. A scan of its own: ρ depends on drivers alone,
    and a gradient by the model's parameters need not pass through it.

    Args:
      prices: [T + 1] USD, from P_0.
      window: risk window in steps, at least 1.

    Returns:
      ρ [T], for steps 1 to T.

    References:
      Specification, 3.1.

    >>> volatile_asset_risk(jnp.array([4.0, 4.0, 3.0, 2.0, 1.0]), window=30)
    Array([0., 0., 0., 1.], dtype=float...)
    """
    steps = jnp.arange(1, prices.shape[0], dtype=prices.dtype)
    rows = (steps, prices[1:], departed_prices(prices[1:], window))

    # Backwards, a step is run again from its state, which is less to store than its inside.
    @partial(jax.checkpoint, prevent_cse=False)
    def advance(state: RiskState, row: tuple[Array, Array, Array]) -> tuple[RiskState, Array]:
        return risk_step(state, *row, window)

    _, risk = jax.lax.scan(advance, RiskState.at(prices[0]), rows)
    return risk


def departed_prices(prices: Array, window: int) -> Array:
    """P_{t - window} for t = 1…T from P_1…P_T, and anything where that lies before P_1: [T]."""
    steps = prices.shape[0]
    before = min(window, steps)
    return jax.lax.pad(prices[: steps - before], jnp.zeros((), prices.dtype), [(before, 0, 0)])


def risk_step(
    state: RiskState,
    step: Array,
    price: Array,
    departed_price: Array,
    window: int,
) -> tuple[RiskState, Array]:
    """ρ_t, and the window slid on by a step: P_{t-1} enters, P_{t - window} departs.

    Args:
      state: of step t-1.
      step: [] t, in the prices' type.
      price: [] P_t.
      departed_price: [] P_{t - window}.
      window: as in `volatile_asset_risk`.
    """
    count = jnp.minimum(step, window) - 1
    change = (price - state.mean_price) * (1 / step)
    if state.upkeep is not None:
        change = change - state.upkeep.mean_lost
    mean_price = state.mean_price + change

    spread = count * (count * count - 1) / 12
    slope = (state.ranked_sum - (count - 1) / 2 * state.price_sum) * (1 / positive_or(spread))
    significant = (count >= 2) & (jnp.abs(slope) >= MINIMUM_SLOPE * mean_price)
    raw = jnp.where(significant, -slope / mean_price, 0)
    raw = derivative_once(raw, step)
    lowest = at_most(state.lowest, raw)
    highest = at_least(state.highest, raw)
    risk = (raw - lowest) / positive_or(highest - lowest)  # without a span, raw = lowest = 0

    departed = jnp.where(step > window, departed_price - state.origin, 0)
    arrived = state.previous - state.origin
    remaining = state.price_sum - departed + arrived
    demoted = jnp.where(step >= window, remaining, 0)
    slid = RiskState(
        previous=price,
        origin=state.origin,
        price_sum=remaining,
        ranked_sum=state.ranked_sum + count * arrived - demoted,
        mean_price=mean_price,
        lowest=lowest,
        highest=highest,
        upkeep=None,
    )
    if state.upkeep is None:
        return slid, risk
    lost = (mean_price - state.mean_price) - change
    return _kept_up(slid, state.previous, state.upkeep, lost, window), risk


def _kept_up(slid: RiskState, previous: Array, sums: Upkeep, lost: Array, window: int) -> RiskState:
    """The next sums with P_{t-1} in them; they become the sums each time they fill a window."""
    arrived = previous - sums.origin
    price_sum, ranked_sum = sums.price_sum + arrived, sums.ranked_sum + sums.rank * arrived
    full = sums.rank >= window - 2

    def chosen(anew: Array, otherwise: Array) -> Array:
        return jnp.where(full, anew, otherwise)

    return dataclasses.replace(
        slid,
        origin=chosen(sums.origin, slid.origin),
        price_sum=chosen(price_sum, slid.price_sum),
        ranked_sum=chosen(ranked_sum, slid.ranked_sum),
        upkeep=Upkeep(
            origin=chosen(slid.previous, sums.origin),
            price_sum=chosen(jnp.zeros_like(price_sum), price_sum),
            ranked_sum=chosen(jnp.zeros_like(ranked_sum), ranked_sum),
            rank=chosen(jnp.zeros_like(sums.rank), sums.rank + 1),
            mean_lost=lost,
        ),
    )
