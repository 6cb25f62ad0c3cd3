"""What a savings rate costs the protocol, and whether its revenue bears it."""

import numpy as np
import xarray
from numpy.typing import ArrayLike

from camjax.analysis.quantities import check_deposit, check_paths, step_days
from camjax.analysis.revenue import DAYS_A_YEAR, deposit_tables, protocol_revenue
from camjax.analysis.times import time_to_event
from camjax.errors import CamjaxError, refusal

Revenue = ArrayLike | xarray.DataArray
"""Of each step: one number, a series [T], or an array over (setting,) path, step."""


def savings_cost(
    results: xarray.Dataset, rate: float | None = None, deposit: str | None = None
) -> xarray.DataArray:
    """What each step's savings rate costs, path by path.

    cost_t = balance_t · rate_t · Δt / 365

    Add it up along `step`, never across paths: `bands(results, cost.cumsum("step"))`.

    Args:
      results: of a run or a sweep that kept its paths.
      rate: 1/year; None: the rate quoted in each step. Another rate leaves the balances as they
        are, although holders would have moved: it is accounting, not a forecast.
      deposit: whose rate it is; None: the one savings deposit of the scenario.

    Returns:
      [path, step] in the token.

    Raises:
      CamjaxError: an unknown deposit, none named where there is not one alone, a rate that is not
        finite, results without paths.
    """
    check_paths(results)
    deposit = deposit or _payer(results)
    check_deposit(results, deposit)
    if rate is not None and not np.isfinite(rate):
        raise CamjaxError(refusal("rate", "a finite number", rate))
    own = results.sel(deposit=deposit, drop=True)
    quoted = own.yield_rate if rate is None else rate
    cost = own.balance * quoted * step_days(results) / DAYS_A_YEAR
    about = {"long_name": f"cost of the rate of {deposit}", "of": "savings_cost"}
    return cost.transpose(*own.balance.dims).assign_attrs(results.balance.attrs | about)


def profit(
    results: xarray.Dataset,
    revenue: Revenue | None = None,
    rate: float | None = None,
    deposit: str | None = None,
) -> xarray.DataArray:
    """What a revenue leaves of each step once the savings rate is paid.

    Args:
      results: of a run or a sweep that kept its paths.
      revenue: of each step, in the token; None: as the scenario declares it.
      rate: as `savings_cost`.
      deposit: whose rate it is.

    Returns:
      [path, step] in the token.

    Raises:
      CamjaxError: as `savings_cost`, a series that is not as long as the run, or no revenue where
        the scenario declares none.
    """
    cost = savings_cost(results, rate, deposit)
    revenue = protocol_revenue(results) if revenue is None else revenue
    if not isinstance(revenue, xarray.DataArray):
        given = np.asarray(revenue, np.float64)
        if given.shape not in ((), (cost.sizes["step"],)):
            expected = f"a number, or a series of {cost.sizes['step']} steps"
            raise CamjaxError(refusal("revenue", expected, f"an array of shape {given.shape}"))
        revenue = xarray.DataArray(given, dims=("step",)[: given.ndim])
    left = (revenue - cost).transpose(*cost.dims)
    return left.assign_attrs(cost.attrs, long_name="revenue less cost of the rate", of="profit")


def deficit(
    results: xarray.Dataset,
    revenue: Revenue | None = None,
    rate: float | None = None,
    deposit: str | None = None,
    level: float = 0.95,
) -> xarray.Dataset:
    """How probable a budget deficit is, and when the first comes: a step of negative profit.

    Returns:
      As `time_to_event`; paths that never see one count as such.

    Raises:
      CamjaxError: as `profit`.
    """
    left = profit(results, revenue, rate, deposit)
    short = (left < 0).where(left.notnull())
    return time_to_event(results, short.assign_attrs(event="profit < 0"), level)


def _payer(results: xarray.Dataset) -> str:
    """The one savings deposit of the scenario.

    Raises:
      CamjaxError: there is none, or there are several.
    """
    tables = [table for deposits in deposit_tables(results) for table in deposits]
    found = list(dict.fromkeys(t["name"] for t in tables if t["type"] == "savings"))
    if len(found) != 1:
        remedy = f"Name one of {', '.join(found)}: --deposit." if found else ""
        raise CamjaxError(refusal("deposit", "one savings deposit", len(found), remedy))
    return str(found[0])
