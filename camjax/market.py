"""What happens outside the deposits: driver series, what a step sees of them, the risk metric.

Nothing here knows of deposits beyond their number: exogenous and endogenous are kept apart.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree, static
from camjax.groups import Groups
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
    observed_yield: Vector | None
    """1/year, what each allocated deposit really quoted; NaN where its own quote is to count."""
    steps: int = static()
    """T."""


@pytree
class Row:
    """What step t reads of the drivers; stacked over t it is what the scan runs over."""

    groups: Groups = static()
    """Which deposits' series are stacked."""
    step: Array
    """t, 1 to T."""
    volatile_asset_price: Array | None
    volatile_asset_risk: Array | None
    """ρ_t in [0, 1]; None without a price, where it is 0."""
    price_held: Array | None
    """Whether P_t is at its floor."""
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
    time_days: Array
    """t Δt."""
    dt_days: float = static()
    """Δt."""

    @property
    def steps_per_year(self) -> float:
        """365 / Δt: turns what a step earns into a yearly rate."""
        return DAYS_PER_YEAR / self.dt_days


@pytree
class _RiskState:
    """Running sums from which the risk metric of the next step follows.

    Prices enter as Q = P - P_0, which keeps the sums of a constant price exactly zero.
    """

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
    initial = prices[0]
    zero = jnp.zeros_like(initial)
    start = _RiskState(
        previous=zero,
        price_sum=zero,
        ranked_sum=zero,
        mean_price=zero,
        lowest=zero,
        highest=zero,
    )
    steps = jnp.arange(1, prices.shape[0], dtype=prices.dtype)
    rows = (steps, prices[1:], _departed_prices(prices, window))

    # Backwards, a step is run again from its state, which is less to store than its inside.
    @partial(jax.checkpoint, prevent_cse=False)
    def advance(state: _RiskState, row: tuple[Array, Array, Array]) -> tuple[_RiskState, Array]:
        return _risk_step(state, row, initial, window)

    _, risk = jax.lax.scan(advance, start, rows)
    return risk


def _departed_prices(prices: Array, window: int) -> Array:
    """P_{t - window} for t = 1…T, and anything where that lies before P_1: [T] from [T + 1]."""
    steps = prices.shape[0] - 1
    before = min(window, steps)
    none = jnp.zeros((), prices.dtype)
    return jax.lax.pad(prices[1 : 1 + steps - before], none, [(before, 0, 0)])


def _risk_step(
    state: _RiskState, row: tuple[Array, Array, Array], initial_price: Array, window: int
) -> tuple[_RiskState, Array]:
    """ρ_t, and the window slid on by a step: P_{t-1} enters, P_{t - window} departs."""
    step, price, departed_price = row
    count = jnp.minimum(step, window) - 1
    mean_price = state.mean_price + (price - state.mean_price) * (1 / step)

    spread = count * (count * count - 1) / 12
    slope = (state.ranked_sum - (count - 1) / 2 * state.price_sum) * (1 / positive_or(spread))
    significant = (count >= 2) & (jnp.abs(slope) >= MINIMUM_SLOPE * mean_price)
    raw = jnp.where(significant, -slope / mean_price, 0)
    lowest = jnp.minimum(state.lowest, raw)
    highest = jnp.maximum(state.highest, raw)
    risk = (raw - lowest) / positive_or(highest - lowest)  # without a span, raw = lowest = 0

    departed = jnp.where(step > window, departed_price - initial_price, 0)
    remaining = state.price_sum - departed + state.previous
    demoted = jnp.where(step >= window, remaining, 0)
    slid = _RiskState(
        previous=price - initial_price,
        price_sum=remaining,
        ranked_sum=state.ranked_sum + count * state.previous - demoted,
        mean_price=mean_price,
        lowest=lowest,
        highest=highest,
    )
    return slid, risk
