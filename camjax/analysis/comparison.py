"""Two settings of a sweep, path by path: their random numbers are the same."""

from typing import Literal

import numpy as np
import xarray

from camjax.analysis.intervals import by_path, labelled, mean_interval
from camjax.analysis.probabilities import estimated
from camjax.analysis.quantities import Of, at_step, quantity
from camjax.analysis.rounded import precision_of, scale_of
from camjax.errors import CamjaxError, refusal, shortened
from camjax.rounding import without_rounding

When = int | Literal["last"] | None
"""A step, each setting's last, or all of them."""


def compare(
    results: xarray.Dataset,
    first: str,
    second: str,
    of: Of = "balance",
    step: When = None,
    level: float = 0.95,
) -> xarray.Dataset:
    """How much more one setting gives than another, and how often it gives more.

    Path i of both settings draws the same random numbers, so what differs between the two is what
    the settings do, and the interval is that of the mean of paired differences. Differences that
    may be rounding alone are none: they count as 0 and as ties.

    Args:
      results: of a sweep that kept its paths.
      first: label of a setting.
      second: label of the setting it is held against.
      of: a quantity, for every deposit unless it names one.
      step: where; None: each path's average over all its steps; "last": each setting's own end.
      level: of the intervals.

    Returns:
      `difference` (first less second) with `low`, `high` and `skewed`; `exceeds`, the probability
      that first is above second, with `exceeds_low` and `exceeds_high`; `ties`, the share of paths
      on which the two are equal.

    Raises:
      CamjaxError: no such settings, an unknown quantity, results without paths, a step that one of
        the two does not have.
    """
    array = quantity(results, of)
    one, other = (_when(setting(array, name), step) for name in (first, second))
    differences = one - other
    scale = scale_of(results, one.assign_attrs(array.attrs), other)
    values = without_rounding(by_path(differences), scale, precision_of(results))
    interval = mean_interval(values, level)
    found = {"difference": interval.pop("mean")} | interval
    defined = np.isfinite(found["difference"])
    above = estimated(np.where(defined, (values > 0).sum(axis=0), np.nan), len(values), level)
    found |= zip(("exceeds", "exceeds_low", "exceeds_high"), above, strict=True)
    found["ties"] = np.where(defined, np.mean(values == 0, axis=0), np.nan)
    units, name = str(array.attrs.get("units", "1")), str(array.attrs.get("of", of))
    compared = labelled(
        differences, found, units=units, level=level, of=name, first=first, second=second
    )
    for share in ("exceeds", "exceeds_low", "exceeds_high", "ties"):
        compared[share].attrs["units"] = "1"
    return compared


def compare_all(
    results: xarray.Dataset, of: Of = "balance", step: When = None, level: float = 0.95
) -> xarray.Dataset:
    """`compare` every setting but the first with the first, along the dimension setting."""
    base, *others = settings(results)
    compared = [compare(results, name, base, of, step, level) for name in others]
    labels = xarray.DataArray(others, dims="setting", name="setting")
    together = xarray.concat(compared, labels, combine_attrs="drop_conflicts")
    return together.assign_attrs(second=base)


def _when(array: xarray.DataArray, step: When) -> xarray.DataArray:
    """One setting at a step, at its last, or averaged over all that it has."""
    if step is None:
        return array.mean("step", keep_attrs=True)
    found = at_step(array, None if step == "last" else step)
    return found.reset_coords(drop=True)  # the two settings may end on different days


def settings(results: xarray.Dataset | xarray.DataArray) -> list[str]:
    """Labels of a sweep's settings.

    Raises:
      CamjaxError: the results are no sweep's, or a sweep's of one setting alone.
    """
    if results.sizes.get("setting", 1) < 2:
        remedy = "`camjax sweep` runs several."
        raise CamjaxError(refusal("results", "several settings", "one", remedy))
    return [str(name) for name in results.setting.values]


def setting(array: xarray.DataArray, name: str) -> xarray.DataArray:
    """An array of one setting.

    Raises:
      CamjaxError: there is none of that name.
    """
    names = settings(array)
    if name not in names:
        raise CamjaxError(refusal("setting", f"one of {shortened(', '.join(names))}", repr(name)))
    return array.isel(setting=names.index(name), drop=True)
