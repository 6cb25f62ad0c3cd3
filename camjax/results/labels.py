"""Which axis of which variable is what, and what its entries are called."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from camjax.flags import STATUS_FLAGS
from camjax.model import Model
from camjax.results.variables import DERIVED, DIMENSIONS, VARIABLES, describe
from camjax.scenario import Scenario

ALL_DEPOSITS = ("deposit", "source", "destination")
"""Dimensions along which every deposit of a model stands."""

FLAGGED = ("status", "path_status")
"""Variables that hold bit flags."""


def has_path_axis(arrays: Mapping[str, NDArray], model: Model) -> bool:
    """Whether arrays begin with an axis of paths, told from a variable whose rank is known."""
    for name, values in arrays.items():
        if name in VARIABLES:
            dims = [dim for dim in VARIABLES[name].dims if _is_present(dim, model)]
            return values.ndim == 2 + len(dims)
    return False


def trailing_dims(name: str, shape: tuple[int, ...], model: Model) -> tuple[str, ...]:
    """Dimensions behind path and step."""
    if name in VARIABLES or name in DERIVED:
        return tuple(dim for dim in describe(name).dims if _is_present(dim, model))
    own_kinds = {deposit.dimension for deposit in model.deposits} - set(DIMENSIONS)
    kinds = [dim for dim in sorted(own_kinds) if (len(deposit_names(dim, model)),) == shape]
    return (kinds[0],) if kinds else tuple(f"{name}_{axis}" for axis in range(len(shape)))


def reporter(name: str, model: Model) -> str | None:
    """The one deposit that a variable without an axis of deposits is of, if it is of one."""
    dims = [dim for dim in describe(name).dims if dim not in ALL_DEPOSITS and dim in DIMENSIONS]
    names = deposit_names(dims[0], model) if dims else []
    return names[0] if len(names) == 1 else None


def _is_present(dim: str, model: Model) -> bool:
    """Whether a variable of that dimension has the axis: a lone deposit of its type has none."""
    if dim in ALL_DEPOSITS:
        return True
    return len(deposit_names(dim, model)) > 1


def deposit_names(dim: str, model: Model) -> list[str]:
    """Labels along a dimension of deposits: all of them, or those of one type."""
    if dim in ALL_DEPOSITS:
        return list(model.names)
    named = zip(model.names, model.deposits, strict=True)
    return [name for name, deposit in named if deposit.dimension == dim]


def variable_attributes(name: str, scenario: Scenario | None) -> dict[str, object]:
    """Attributes of a variable."""
    variable = describe(name)
    token = "FEI" if scenario is None else scenario.token
    attributes: dict[str, object] = {
        "units": variable.unit.format(token=token),
        "long_name": variable.long_name,
    }
    if name in FLAGGED:
        attributes["flag_masks"] = np.array(list(STATUS_FLAGS), np.int32)
        attributes["flag_meanings"] = " ".join(STATUS_FLAGS.values())
    return attributes


def axis_attributes(dim: str) -> dict[str, str]:
    """Attributes of a coordinate."""
    return {"long_name": DIMENSIONS.get(dim, dim.replace("_", " "))}


def calendar(
    steps: NDArray, dt_days: float, scenario: Scenario | None
) -> dict[str, tuple[str, NDArray, dict[str, str]]]:
    """Coordinates along `step`: time in days, and the date where the scenario has a start."""
    time = steps * dt_days
    attributes = {"units": "days", "long_name": "time since the start at the end of the step"}
    along_step: dict[str, tuple[str, NDArray, dict[str, str]]] = {
        "time": ("step", time, attributes)
    }
    if scenario is not None and scenario.start_date is not None:
        start = np.datetime64(scenario.start_date, "ns")
        date = start + np.rint(time * 86_400e9).astype("timedelta64[ns]")
        along_step["date"] = ("step", date, {"long_name": "date at the end of the step"})
    return along_step
