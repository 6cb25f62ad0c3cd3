"""What happens outside the deposits: driver series, what one step sees of them, and the risk metric.

Nothing here knows of deposits beyond their number: exogenous and endogenous are kept apart.
"""

import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree, static
from camjax.vector import Vector, positive_or

DAYS_PER_YEAR = 365.0

MINIMUM_SLOPE = 1e-12
"""Slopes below this share of the mean price are rounding and count as none."""

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
    steps: int = static()
    """T."""


@pytree
class Row:
    """What step t reads of the drivers; stacked over t it is what the scan runs over."""

    step: Array
    """t, 1 to T."""
    volatile_asset_price: Array | None
    departed_price: Array | None
    """Price that leaves the risk window after this step, P_{t - risk window}; P_0 before that."""
    fei_price: Array | None
    mint_redeem: Array | None
    deposits: tuple[Series, ...]
    risk: Vector | None
    available: Vector | None
    dirichlet: Vector | None
    target: Vector | None


@pytree
class Market:
    """The market as one step's deposits see it."""

    volatile_asset_price: Array | None
    """P_t, USD."""
    fei_price: Array
    """F_t, USD."""
    initial_volatile_asset_price: Array | None
    """P_0, USD."""
    initial_fei_price: Array
    """F_0, USD."""
    volatile_asset_risk: Array
    """ρ_t in [0, 1]."""
    time_days: Array
    """t Δt."""
    dt_days: float = static()
    """Δt."""

    @property
    def steps_per_year(self) -> float:
        """365 / Δt: turns what a step earns into a yearly rate."""
        return DAYS_PER_YEAR / self.dt_days


def departed_prices(prices: Array, window: int) -> Array:
    """P_{t - window} for t = 1…T, and P_0 where that lies before the start: [T] from [T + 1]."""
    steps = prices.shape[0] - 1
    before = min(window, steps)
    held = jnp.broadcast_to(prices[:1], (before,))
    return jnp.concatenate([held, prices[1 : 1 + steps - before]]) if before < steps else held


@pytree
class RiskState:
    """Running sums from which the risk metric of the next step follows.

    Prices enter as Q = P - P_0, which keeps the sums of a constant price exactly zero.
    """

    initial_price: Array
    """P_0."""
    previous: Array
    """Q_{t-1}."""
    price_sum: Array
    """Σ Q_k over the n prices in the window."""
    ranked_sum: Array
    """Σ k Q_k, k = 0 for the oldest price in the window."""
    mean_price: Array
    """μ_{t-1}, mean of P_1…P_{t-1}."""
    lowest: Array
    highest: Array

    @classmethod
    def start(cls, initial_price: Array) -> "RiskState":
        """Before the first step: an empty window, extremes at zero."""
        zero = jnp.zeros_like(initial_price)
        return cls(
            initial_price=initial_price,
            previous=zero,
            price_sum=zero,
            ranked_sum=zero,
            mean_price=zero,
            lowest=zero,
            highest=zero,
        )


def volatile_asset_risk(state: RiskState, row: Row, window: int) -> tuple[RiskState, Array]:
    """Falling prices as a risk in [0, 1], relative to the path's own history.

    slope = (Σ k Q_k - (n-1)/2 Σ Q_k) / (n (n²-1)/12) over the n = min(t, window) - 1 prices
    P_{t-1-n}…P_{t-2};  raw = -slope / μ_t;  ρ = (raw - lo)/(hi - lo), lo and hi the running
    extremes of raw, both starting at 0.

    The slope is 0 for fewer than two prices or below 1e-12 μ_t. The sums slide with the window,
    so the cost of a step does not depend on the window.

    Args:
      state: sums over the window of step t.
      row: P_t, the price that departs from the window after this step, and t.
      window: risk window in steps.

    Returns:
      The state of step t + 1, and ρ_t [].

    References:
      Specification, 3.1.
    """
    price, departed_price = row.volatile_asset_price, row.departed_price
    assert price is not None and departed_price is not None
    step = row.step.astype(price.dtype)
    count = jnp.minimum(step, window) - 1
    mean_price = state.mean_price + (price - state.mean_price) / step

    spread = count * (count * count - 1) / 12
    slope = (state.ranked_sum - (count - 1) / 2 * state.price_sum) / positive_or(spread)
    significant = (count >= 2) & (jnp.abs(slope) >= MINIMUM_SLOPE * mean_price)
    raw = jnp.where(significant, -slope / mean_price, 0)
    lowest = jnp.minimum(state.lowest, raw)
    highest = jnp.maximum(state.highest, raw)
    span = highest - lowest
    risk = jnp.where(span > 0, (raw - lowest) / positive_or(span), raw)

    departed = departed_price - state.initial_price
    full = step >= window
    demoted = jnp.where(full, state.price_sum - departed + state.previous, 0)
    slid = RiskState(
        initial_price=state.initial_price,
        previous=price - state.initial_price,
        price_sum=state.price_sum - departed + state.previous,
        ranked_sum=state.ranked_sum + count * state.previous - demoted,
        mean_price=mean_price,
        lowest=lowest,
        highest=highest,
    )
    return slid, risk
