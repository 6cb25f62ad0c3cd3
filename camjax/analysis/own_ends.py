"""Analyses along a path, on the steps that each setting has."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec

import xarray

from camjax.results import has_own_ends, of_setting

Arguments = ParamSpec("Arguments")


def at_own_ends(
    analyse: Callable[Arguments, xarray.Dataset],
) -> Callable[Arguments, xarray.Dataset]:
    """Let an analysis, whose first argument is results, see each setting's own steps alone.

    Settings of one length are analysed together. Those of several are analysed one by one, and put
    together along `setting`; a step that a setting lacks is NaN there.
    """

    @functools.wraps(analyse)
    def each(*arguments: Arguments.args, **options: Arguments.kwargs) -> xarray.Dataset:
        results: Any = arguments[0] if arguments else options["results"]
        if not has_own_ends(results):
            return analyse(*arguments, **options)
        found = []
        for place in range(results.sizes["setting"]):
            steps = of_setting(results, place).step.values
            own: Any = functools.partial(_of_setting, place=place, steps=steps)
            given = {name: own(value) for name, value in options.items()}
            found.append(analyse(*map(own, arguments), **given))
        return xarray.concat(
            found, "setting", coords="minimal", join="outer", combine_attrs="drop_conflicts"
        )

    return each


def _of_setting(value: Any, place: int, steps: Any) -> Any:
    """An array of one setting and its steps; other arguments stay as they are."""
    if not isinstance(value, xarray.Dataset | xarray.DataArray):
        return value
    if "setting" in value.dims:
        value = value.isel(setting=[place])
    return value.sel(step=steps) if "step" in value.dims else value
