"""What the protocol earns, as the scenario declares it."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray
from numpy.typing import NDArray

from camjax.analysis.quantities import check_paths, step_days
from camjax.errors import CamjaxError, refusal
from camjax.results.lacking import lacking
from camjax.scenario.revenue_file import read_revenue
from camjax.scenario.schema import RevenueTable

DAYS_A_YEAR = 365.0

REMEDY = "Declare a [revenue] table in the scenario, or give a number or a file: --revenue."


def protocol_revenue(results: xarray.Dataset) -> xarray.DataArray:
    """Revenue of each step, from the `[revenue]` table of the scenario behind the results.

    (stable_usd · stable_rate + volatile_units · P_t · volatile_rate) Δt / 365

    and, with own_deposits, Σ protocol balance · y_t · Δt / 365 + Σ fees_t · σ_t; with a
    redemption_fee, that share of what arbitrage redeems. The sums run over money markets and pools;
    σ is the protocol's share in a pool. With a file, its column.

    Args:
      results: of a run or a sweep that kept its paths.

    Returns:
      [path, step] in USD, or in tokens at a price of 1 USD; NaN under settings that declare none.

    Raises:
      CamjaxError: no setting declares a revenue, results without paths, or that lack what the
        revenue depends on.

    References:
      scenario-format.md, [revenue]; CADLabs, Fei Protocol model, 2022: `pcv_yield.py`.
    """
    check_paths(results)
    declared = declared_revenue(results)
    if not any(declared):
        raise CamjaxError(refusal("results", "a scenario that declares a revenue", "none", REMEDY))

    def every(of: Callable[[RevenueTable], float | None]) -> xarray.DataArray:
        return _by_setting(results, [np.nan if t is None else of(t) or 0.0 for t in declared])

    yearly = every(lambda t: (t.stable_usd or 0.0) * (t.stable_rate or 0.0))
    units = every(lambda t: (t.volatile_units or 0.0) * (t.volatile_rate or 0.0))
    if (units > 0).any():
        yearly = yearly + units * _needed(results, "volatile_asset_price")
    own, fee = every(lambda t: float(bool(t.own_deposits))), every(lambda t: t.redemption_fee)
    if (own > 0).any():
        for name, balance in _protocol_balances(results).items():
            lent = balance * results.yield_rate.sel(deposit=name, drop=True)
            yearly = yearly + own * lent.where(balance > 0, 0.0)  # a setting may lack the market
    revenue = yearly * step_days(results) / DAYS_A_YEAR + _series(results, declared)
    if "pool_trading_fees" in results and ((own > 0) | (fee > 0)).any():
        revenue = revenue + _of_pools(results, own, fee)
    like = results.balance.isel(deposit=0, drop=True)
    about = {"units": "USD", "long_name": "revenue of the protocol", "of": "revenue"}
    return revenue.broadcast_like(like).transpose(*like.dims).assign_attrs(about)


def declares_revenue(results: xarray.Dataset) -> bool:
    """Whether some setting's scenario says what the protocol earns."""
    known = "scenario" in results.coords or "scenario" in results.attrs
    return known and any(declared_revenue(results))


def declared_revenue(results: xarray.Dataset) -> list[RevenueTable | None]:
    """The `[revenue]` table of each setting's scenario, or of the one there is.

    Raises:
      CamjaxError: the results do not say what scenario they come from.
    """
    tables = [document.get("revenue") for document in _documents(results)]
    return [None if table is None else RevenueTable.model_validate(table) for table in tables]


def deposit_tables(results: xarray.Dataset) -> list[list[dict[str, Any]]]:
    """The deposits of each setting's scenario as its text says them; of the one there is.

    Raises:
      CamjaxError: the results do not say what scenario they come from.
    """
    return [document["deposits"] for document in _documents(results)]


def _documents(results: xarray.Dataset) -> list[dict[str, Any]]:
    texts = [results.attrs.get("scenario")]
    if "scenario" in results.coords:
        texts = np.atleast_1d(results.scenario.values).tolist()
    if any(text is None for text in texts):
        raise CamjaxError(refusal("results", "the attribute scenario", "none"))
    return [tomllib.loads(str(text)) for text in texts]


def _by_setting(results: xarray.Dataset, values: list[Any]) -> xarray.DataArray:
    """One value for each setting [settings, …], or the one there is."""
    if "setting" in results.dims:
        return xarray.DataArray(np.array(values), dims="setting")
    return xarray.DataArray(values[0])


def _needed(results: xarray.Dataset, name: str) -> xarray.DataArray:
    """A variable that a declared revenue depends on.

    Raises:
      CamjaxError: it was not kept.
    """
    if name not in results:
        raise lacking("the revenue", results, name)
    return results[name]


def _series(results: xarray.Dataset, declared: list[RevenueTable | None]) -> xarray.DataArray:
    """What files say of each step; 0 where there is none, NaN beyond the end of one."""
    steps = results.step.values

    def at_steps(table: RevenueTable | None) -> NDArray:
        if table is None or table.file is None:
            return np.zeros(len(steps))
        series = read_revenue(Path(table.file))
        return np.append(series, np.nan)[np.minimum(steps - 1, len(series))]

    rows = [at_steps(table) for table in declared]
    if "setting" in results.dims:
        return xarray.DataArray(np.array(rows), dims=("setting", "step"))
    return xarray.DataArray(rows[0], dims="step")


def _protocol_balances(results: xarray.Dataset) -> dict[str, xarray.DataArray]:
    """What the protocol keeps in each money market, by its name; by setting in a sweep."""
    tables = deposit_tables(results)
    names = {
        table["name"] for deposits in tables for table in deposits if "protocol_balance" in table
    }
    return {
        name: _by_setting(
            results,
            [
                next((own["protocol_balance"] for own in deposits if own["name"] == name), 0.0)
                for deposits in tables
            ],
        )
        for name in sorted(names)
    }


def _of_pools(
    results: xarray.Dataset, own_deposits: xarray.DataArray, redemption_fee: xarray.DataArray
) -> xarray.DataArray:
    """The protocol's part of trading fees, and what redemption pays."""
    own = _needed(results, "pool_fei_protocol")
    if "pool" in own.dims:
        user = results.balance.sel(deposit=own.pool.values).rename(deposit="pool")
    else:
        kinds = {
            table["name"]: table["type"]
            for deposits in deposit_tables(results)
            for table in deposits
        }
        (name,) = (name for name, kind in kinds.items() if kind == "liquidity_pool")
        user = results.balance.sel(deposit=name, drop=True)
    total = own + user
    share = own / total.where(total > 0, 1.0)
    redeemed = (-results.pool_minted_redeemed).clip(min=0.0)
    earned = own_deposits * share * results.pool_trading_fees + redemption_fee * redeemed
    return earned.sum("pool", skipna=False) if "pool" in earned.dims else earned
