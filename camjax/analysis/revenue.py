"""What the protocol earns: the revenue of the published savings-rate study."""

import tomllib
from typing import Any

import xarray

from camjax.analysis.budget import DAYS_A_YEAR
from camjax.analysis.quantities import check_paths, step_days
from camjax.errors import CamjaxError, refusal


def protocol_revenue(
    results: xarray.Dataset,
    *,
    stable_asset: float = 70e6,
    stable_rate: float = 0.10,
    volatile_asset: float = 51_250.0,
    volatile_rate: float = 0.10,
    redemption_fee: float = 0.001,
) -> xarray.DataArray:
    """Revenue of each step from what the protocol owns, as the published study counts it.

    (stable · r_s + volatile · P_t · r_v + Σ protocol balance · y_t) Δt / 365
    + Σ fees_t · σ_t + redemption fee · redeemed_t

    The sums run over money markets and pools; σ is the protocol's share in a pool. Defaults are
    the study's: half of the stable assets and half of the volatile ones of 22 June 2022 earn
    10 % a year, and redemption costs 0.1 %.

    Args:
      results: of a run or a sweep that kept its paths.
      stable_asset: USD that earn a yield.
      stable_rate: 1/year.
      volatile_asset: units of the volatile asset that earn a yield.
      volatile_rate: 1/year.
      redemption_fee: share of what arbitrage redeems.

    Returns:
      [path, step] in USD, or in tokens at a price of 1 USD.

    Raises:
      CamjaxError: results without paths, without a price, or that do not say their scenario.

    References:
      CADLabs, Fei Protocol model, 2022: `model/system_parameters.py`, `model/parts/pcv_yield.py`.
    """
    check_paths(results)
    if "volatile_asset_price" not in results:
        raise CamjaxError(refusal("results", "volatile_asset_price", "none"))
    yearly = stable_asset * stable_rate
    held = volatile_asset * volatile_rate * results.volatile_asset_price + yearly
    for name, balance in _protocol_balances(results).items():
        held = held + balance * results.yield_rate.sel(deposit=name, drop=True)
    revenue = held * step_days(results) / DAYS_A_YEAR
    if "pool_trading_fees" in results:
        revenue = revenue + _of_pools(results, redemption_fee)
    about = {"units": "USD", "long_name": "revenue of the protocol", "of": "revenue"}
    return revenue.transpose(*results.volatile_asset_price.dims).assign_attrs(about)


def deposit_tables(results: xarray.Dataset) -> list[list[dict[str, Any]]]:
    """The deposits of each setting's scenario as its text says them; of the one there is.

    Raises:
      CamjaxError: the results do not say what scenario they come from.
    """
    texts = (
        results.scenario.values if "scenario" in results.coords else [results.attrs.get("scenario")]
    )
    if any(text is None for text in texts):
        raise CamjaxError(refusal("results", "the attribute scenario", "none"))
    return [tomllib.loads(str(text))["deposits"] for text in texts]


def _protocol_balances(results: xarray.Dataset) -> dict[str, xarray.DataArray]:
    """What the protocol keeps in each money market, by its name; by setting in a sweep."""
    tables = deposit_tables(results)
    names = {
        table["name"] for deposits in tables for table in deposits if "protocol_balance" in table
    }
    found = {}
    for name in sorted(names):
        kept = [
            next((table["protocol_balance"] for table in deposits if table["name"] == name), 0.0)
            for deposits in tables
        ]
        dims = ("setting",) if "setting" in results.dims else ()
        found[name] = xarray.DataArray(kept if dims else kept[0], dims=dims)
    return found


def _of_pools(results: xarray.Dataset, redemption_fee: float) -> xarray.DataArray:
    """The protocol's part of trading fees, and what redemption pays."""
    own = results.pool_fei_protocol
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
    earned = share * results.pool_trading_fees + redemption_fee * redeemed
    return earned.sum("pool") if "pool" in earned.dims else earned
