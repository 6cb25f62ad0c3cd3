"""What can be asked of results: their variables, and what follows from them path by path."""

import dataclasses
from typing import Any

import numpy as np
import xarray

from camjax.ensemble.quantities import Quantity
from camjax.ensemble.values import ALIASES
from camjax.errors import CamjaxError, refusal, shortened
from camjax.results import at_end, has_every_step, has_own_ends, is_run

Of = str | xarray.DataArray
"""A quantity by name, such as "share[savings]", or an array over (setting,) path, step."""

LEADING = ("setting", "path", "step", "source", "destination")
"""Dimensions that do not tell deposits apart."""


def check_paths(results: xarray.Dataset, *, steps: bool = False) -> None:
    """Refuse results whose paths or steps were not kept.

    Raises:
      CamjaxError: they were not.
    """
    if "path" not in results.dims:
        remedy = "Run again with --keep trajectories, fewer paths where they do not fit"
        if "setting" in results.dims:
            remedy += "."
        else:
            remedy += (
                ", and without --event, --until-ci, --shard and --variable, which keep statistics"
                " alone; --out STORE.zarr keeps any number of paths."
            )
        raise CamjaxError(refusal("results", "paths", "statistics over paths", remedy))
    if steps and not has_every_step(results):
        remedy = "Run again with --keep trajectories."
        raise CamjaxError(refusal("results", "every step", "the last step alone", remedy))


def allocated(results: xarray.Dataset) -> xarray.DataArray:
    """Whether each deposit is under allocation, [deposit], and by setting where there are some."""
    every = [dim for dim in results.target_weight.dims if dim in ("path", "step")]
    return results.target_weight.notnull().any(every)


def shares(results: xarray.Dataset) -> xarray.DataArray:
    """Balances as shares of what is under allocation, [path, step, deposit].

    NaN for a deposit that is not. Where redemption has left nothing, shares are the last there
    were: the weights that `target_weight` then holds.

    References:
      Specification, 1: w_i = b_i / S.
    """
    held = results.balance.where(allocated(results))
    total = held.sum("deposit")
    found = (held / total.where(total > 0, 1.0)).where(total > 0, results.target_weight)
    return found.assign_attrs(units="1", long_name="share of the balances under allocation")


def total_user_balance(results: xarray.Dataset) -> xarray.DataArray:
    """What users hold in all deposits together, [path, step]."""
    total = results.balance.sum("deposit")
    return total.assign_attrs(results.balance.attrs, long_name="user balance of all deposits")


DERIVED: dict[str, Any] = {"share": shares, "user_balance": total_user_balance}
"""Quantities besides the variables of the results, by name."""


def quantity(results: xarray.Dataset, of: Of) -> xarray.DataArray:
    """A quantity of each path and step.

    Args:
      results: of a run or a sweep that kept its paths.
      of: a variable, "share" or "user_balance", with "[deposit]" behind it for one deposit; an
        array is given back as it is.

    Returns:
      [path, step] and, where no deposit is named, [deposit] behind them; "setting" before them
      in a sweep.

    Raises:
      CamjaxError: results without paths, an unknown variable or deposit.
    """
    if isinstance(of, xarray.DataArray):
        return of
    check_paths(results)
    asked = Quantity.parse(of)
    asked = dataclasses.replace(asked, variable=ALIASES.get(asked.variable, asked.variable))
    known = [*DERIVED, *(str(name) for name in results.data_vars)]
    if asked.variable not in known:
        raise CamjaxError(refusal(of, f"one of {', '.join(known)}", asked.variable))
    derive = DERIVED.get(asked.variable)
    array = results[asked.variable] if derive is None else derive(results)
    array = array.assign_attrs(array.attrs, of=of)
    return array if asked.deposit is None else _of_deposit(array, asked.deposit, of)


def step_days(results: xarray.Dataset | xarray.DataArray) -> xarray.DataArray:
    """Δt in days, by setting where settings differ in it."""
    days = results.time / results.step
    days = days.max("step") if has_own_ends(results) else days.isel(step=0, drop=True)
    return days.drop_vars([name for name in days.coords if name != "setting"])


def so_far(array: xarray.DataArray) -> xarray.DataArray:
    """The sum of a quantity's steps up to each of them, along each path; NaN beyond its end."""
    added = array.cumsum("step", keep_attrs=True).assign_coords(array.coords)
    return added.where(is_run(array)) if has_own_ends(array) else added


def check_deposit(results: xarray.Dataset, name: str) -> None:
    """Refuse a deposit that the results do not have.

    Raises:
      CamjaxError: there is none of that name.
    """
    names = [str(known) for known in results.deposit.values]
    if name not in names:
        raise CamjaxError(refusal("deposit", f"one of {shortened(', '.join(names))}", repr(name)))


def at_step(array: xarray.DataArray, step: int | None) -> xarray.DataArray:
    """An array at one step; if none is named at the last, which is each setting's own.

    Raises:
      CamjaxError: a step that was not run or kept, in every setting.
    """
    if step is None:
        return at_end(array)
    known = is_run(array)
    known = known.all("setting") if "setting" in known.dims else known
    steps = array.step.values[known.values]
    if step not in steps:
        expected = f"a step from {steps[0]} to {steps[-1]}" if len(steps) else "none"
        remedy = ""
        if len(steps) < len(array.step):
            expected += ", which every setting has"
            remedy = "Left out, it is the last of each setting."
        raise CamjaxError(refusal("step", expected, step, remedy))
    return array.sel(step=step)


def _of_deposit(array: xarray.DataArray, deposit: str, of: str) -> xarray.DataArray:
    dims = [dim for dim in array.dims if dim not in LEADING]
    names = [str(name) for name in array[dims[0]].values] if len(dims) == 1 else []
    if not dims and deposit == array.attrs.get("deposit"):
        return array  # the one deposit that has it
    if deposit not in names:
        expected = f"one of {shortened(', '.join(names))}" if names else "no deposit"
        raise CamjaxError(refusal(of, expected, deposit))
    return array.isel({dims[0]: int(np.argmax([name == deposit for name in names]))})
