"""Deposits whose yield is a rate given to the model: savings deposits and external venues."""

from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree, static
from camjax.deposits.base import Info
from camjax.deposits.plain import PlainDeposit
from camjax.errors import CamjaxError, refusal
from camjax.market import Market, Series

DAY_TOLERANCE_STEPS = 1e-6
"""Share of a step within which a scheduled day counts as reached."""


@pytree
class QuotedDeposit(PlainDeposit):
    """A deposit that quotes its driver series if there is one, else its own rate.

    The rate is constant ([], no schedule days) or a schedule: `rate` [K] with K ascending
    `schedule_days`, of which the last at or before day t Δt holds.
    """

    type: ClassVar[str] = ""
    series: ClassVar[tuple[str, ...]] = ()
    dimension: ClassVar[str] = ""

    rate: Array | None
    schedule_days: tuple[float, ...] = static(default=())

    def evolve(self, state: Array, market: Market, series: Series) -> tuple[Array, Array, Info]:
        """Quote the rate of the day."""
        (column,) = self.series
        if column in series:
            return state, series[column], {}
        if self.rate is None:
            raise CamjaxError(
                refusal(f"{self.type} deposit", f"a rate or a {column} series", "neither")
            )
        # A day that a step falls on must not be missed by rounding of t Δt.
        rounding = 4 * float(jnp.finfo(market.time_days.dtype).eps)
        now = market.time_days * (1 + rounding) + DAY_TOLERANCE_STEPS * market.dt_days
        rate = scheduled(self.rate, self.schedule_days, now)
        return state, rate, {}


def scheduled(rate: Array, schedule_days: tuple[float, ...], time_days: Array) -> Array:
    """The rate that holds on a day: the constant, or the last entry whose day has come."""
    if not schedule_days:
        return rate
    current = rate[0]
    for day, later in zip(schedule_days[1:], rate[1:], strict=True):
        current = jnp.where(time_days >= day, later, current)
    return current


@pytree
class Savings(QuotedDeposit):
    """Savings deposit whose rate the protocol sets.

    Args:
      user_balance: [] FEI before the first step.
      rate: savings rate in 1/year, [] or [K]; None where the driver `savings_rate` gives it.
      schedule_days: K days of a schedule, first day 0.

    References:
      Specification, 3.4 and 4.8.
    """

    type: ClassVar[str] = "savings"
    series: ClassVar[tuple[str, ...]] = ("savings_rate",)
    dimension: ClassVar[str] = "savings"


@pytree
class External(QuotedDeposit):
    """Venue whose yield is observed rather than modelled; only transfers move its balance.

    Args:
      user_balance: [] FEI before the first step.
      rate: yield rate in 1/year, [] or [K]; None where the driver `yield_rate` gives it.
      schedule_days: K days of a schedule, first day 0.

    References:
      Specification, 4.9.
    """

    type: ClassVar[str] = "external"
    series: ClassVar[tuple[str, ...]] = ("yield_rate",)
    dimension: ClassVar[str] = "external"
