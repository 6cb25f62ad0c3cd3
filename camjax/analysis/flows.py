"""Who was to move where, and what came into users' hands or left them."""

import functools
import operator

import numpy as np
import xarray

from camjax.analysis.bands import BAND, bands
from camjax.analysis.intervals import by_path, labelled, mean_interval
from camjax.analysis.own_ends import at_own_ends
from camjax.analysis.quantities import check_paths, total_user_balance

MINTING = ("mint_redeem", "pool_minted_redeemed")
"""Variables that tell what was minted in a step, negative where it was redeemed."""


def transfers(results: xarray.Dataset, level: float = 0.95) -> xarray.Dataset:
    """Mean of what was to move from each deposit to each other one, at every step.

    Returns:
      `mean` with its interval `low` to `high` (and `skewed`), [step, source, destination]. What
      moved is what was planned, less what sequential settlement could not move (`remainder`).

    Raises:
      CamjaxError: results without paths.
    """
    check_paths(results)
    planned = results.transfer
    return labelled(planned, mean_interval(by_path(planned), level), level=level)


@at_own_ends
def total_transfers(results: xarray.Dataset, level: float = 0.95) -> xarray.Dataset:
    """Who was to move where in total: each path's sum over all steps, and their mean.

    Returns:
      `mean`, `low`, `high`, `skewed` [source, destination] of what was planned, and the same with
      `net_` before them of that less what was planned back: net transfers are antisymmetric.

    Raises:
      CamjaxError: results without paths, or of the last step alone.
    """
    check_paths(results, steps=True)
    total = results.transfer.sum("step", keep_attrs=True)
    gross = by_path(total.transpose(..., "source", "destination"))
    net = mean_interval(gross - np.swapaxes(gross, -1, -2), level)
    found = mean_interval(gross, level) | {f"net_{name}": values for name, values in net.items()}
    return labelled(total.transpose(..., "source", "destination"), found, level=level)


@at_own_ends
def user_balance(results: xarray.Dataset, level: float = 0.95) -> xarray.Dataset:
    """What users hold in total, and what has been minted and redeemed so far.

    By users, into idle and from it (`mint_redeem`), and by arbitrage of the pools: one that leaves
    a pool with more of the stablecoin mints it, one that leaves it with less redeems it
    (`pool_minted_redeemed`), user's and protocol's part together.

    Returns:
      `user_balance_*`, and where there is anything to mint `minted_*` and `redeemed_*`, both at
      least 0 and added up along each path: `mean`, `low`, `high`, `skewed`, `q05`, `q95`, [step].

    Raises:
      CamjaxError: results without paths, or of the last step alone.

    References:
      Specification, 3.2.
    """
    check_paths(results, steps=True)
    series = {"user_balance": total_user_balance(results)}
    sources = [_over_pools(results[name]) for name in MINTING if name in results]
    for name, sign in (("minted", 1), ("redeemed", -1)) if sources else ():
        parts = [(sign * source).clip(min=0.0).cumsum("step") for source in sources]
        total = functools.reduce(operator.add, parts)
        series[name] = total.assign_attrs(sources[0].attrs).assign_coords(sources[0].coords)
    found = xarray.Dataset(attrs={"level": level, "paths": results.sizes["path"]})
    for name, array in series.items():
        part = bands(results, array, level)[list(BAND)]
        found = found.assign({f"{name}_{key}": part[key] for key in BAND})
    return found


def _over_pools(minted: xarray.DataArray) -> xarray.DataArray:
    """One series where there are several pools."""
    return minted.sum("pool", keep_attrs=True) if "pool" in minted.dims else minted
