"""Two settings of a sweep, path by path: their random numbers are the same."""

import numpy as np
import xarray

from camjax.analysis.intervals import by_path, labelled, mean_interval
from camjax.analysis.probabilities import wilson
from camjax.analysis.quantities import Of, at_step, quantity
from camjax.errors import CamjaxError, refusal, shortened


def compare(
    results: xarray.Dataset,
    first: str,
    second: str,
    of: Of = "balance",
    step: int | None = None,
    level: float = 0.95,
) -> xarray.Dataset:
    """How much more one setting gives than another, and how often it gives more.

    Path i of both settings has the same prices and rates, so what differs between the two is
    what the settings do, and the interval is that of the mean of paired differences.

    Args:
      results: of a sweep that kept its paths.
      first: label of a setting.
      second: label of the setting it is held against.
      of: a quantity, for every deposit unless it names one.
      step: where; None: each path's average over all steps.
      level: of the intervals.

    Returns:
      `difference` (first less second) with `low` and `high`; `exceeds`, the probability that
      first is above second, with `exceeds_low` and `exceeds_high`; `ties`, the share of paths
      on which the two are equal.

    Raises:
      CamjaxError: no such settings, an unknown quantity, results without paths.
    """
    array = quantity(results, of)
    array = array.mean("step", keep_attrs=True) if step is None else at_step(array, step)
    differences = setting(array, first) - setting(array, second)
    values = by_path(differences)
    interval = mean_interval(values, level)
    found = {"difference": interval.pop("mean")} | interval
    defined = np.isfinite(found["difference"])
    above = wilson(np.where(defined, (values > 0).sum(axis=0), np.nan), len(values), level)
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
    results: xarray.Dataset, of: Of = "balance", step: int | None = None, level: float = 0.95
) -> xarray.Dataset:
    """`compare` every setting but the first with the first, along the dimension setting."""
    base, *others = settings(results)
    compared = [compare(results, name, base, of, step, level) for name in others]
    labels = xarray.DataArray(others, dims="setting", name="setting")
    together = xarray.concat(compared, labels, combine_attrs="drop_conflicts")
    return together.assign_attrs(second=base)


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
