"""Where the run of each setting ends: settings of a sweep may differ in their number of steps.

In a dataset of several settings the shorter ones are padded: their balances, and their times, are
NaN in the steps that only longer ones have.
"""

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    import xarray

Labelled = TypeVar("Labelled", "xarray.DataArray", "xarray.Dataset")
"""An array with its coordinates, or a dataset."""


def is_run(results: "xarray.Dataset | xarray.DataArray") -> "xarray.DataArray":
    """Whether each step was run and kept, [step]; [setting, step] where settings differ in that.

    Args:
      results: of a run or a sweep, or an array of them with its coordinates.
    """
    every = results.step.notnull()
    if "time" not in results.coords:
        return every
    known = results.time.notnull()
    return every if bool(known.all()) else known


def has_own_ends(results: "xarray.Dataset | xarray.DataArray") -> bool:
    """Whether some setting lacks steps that another has."""
    return not bool(is_run(results).all())


def has_every_step(results: "xarray.Dataset | xarray.DataArray") -> bool:
    """Whether all steps of every setting were kept, from the first on."""
    return int(results.step[0]) == 1 and bool(is_run(results).isel(step=0).all())


def at_end(array: Labelled) -> Labelled:
    """An array, or a dataset, at the last step of each setting: the dimension `step` is gone.

    >>> import camjax
    >>> found = camjax.sweep("fei", {"steps": [2, 3]}, paths=1)
    >>> at_end(found.balance).step.values.tolist()
    [2, 3]
    """
    import xarray

    known = is_run(array)
    last = known.sizes["step"] - 1 - known.isel(step=slice(None, None, -1)).argmax("step")
    if "setting" not in known.dims:
        return array.isel(step=int(last))
    rows = xarray.DataArray(np.arange(known.sizes["setting"]), dims="setting")
    return array.isel(setting=rows, step=last.drop_vars(last.coords))


def of_setting(results: "xarray.Dataset", place: int) -> "xarray.Dataset":
    """One setting with the steps that it has alone; the dimension setting is of length 1."""
    known = is_run(results)
    own = known.isel(setting=place) if "setting" in known.dims else known
    return results.isel(setting=[place], step=np.flatnonzero(own.values))


def end_days(results: "xarray.Dataset") -> "xarray.DataArray":
    """Length of the run in days, [] or, where settings differ in it, [setting]."""
    return results.time.max("step")
