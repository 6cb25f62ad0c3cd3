"""What an analysis found, as rows: for a terminal, as CSV, as JSON."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray

from camjax.analysis.intervals import SKEWED
from camjax.intervals import DOUBTED, FEW_CARRY
from camjax.runs.columns import aligned
from camjax.runs.plain import plain

MOST_STEPS = 6
"""Steps of a series that a terminal shows; files have all of them."""

OPEN = "open"
"""Stands for an end of an interval that paths cannot tell."""

HIDDEN = ("level", "paths", "of")

ENDS = {"low": "high", "high": "low"}
"""Of an interval, and the other one of each."""


def as_records(found: xarray.Dataset) -> list[dict[str, Any]]:
    """One flat record for each entry: labels of its dimensions, then the variables."""
    return [plain(labels | values) for labels, values in _rows(found)]


def as_csv(found: xarray.Dataset) -> str:
    """All rows."""
    rows = list(_rows(found))
    header = [*rows[0][0], *rows[0][1]] if rows else []
    lines = [header, *([*labels.values(), *values.values()] for labels, values in rows)]
    return "".join(",".join(_quoted(cell) for cell in line) + "\n" for line in lines)


def format_analysis(name: str, found: xarray.Dataset) -> str:
    """Tables for a terminal, variables of the same dimensions together.

    Of a series a few steps are shown, and no rows in which nothing is.
    """
    if "step" in found.dims and found.sizes["step"] > MOST_STEPS:
        kept = np.unique(np.linspace(0, found.sizes["step"] - 1, MOST_STEPS).round().astype(int))
        found = found.isel(step=kept)
    about = [f"{key} {value}" for key, value in found.attrs.items() if key not in HIDDEN]
    of = found.attrs.get("of")
    title = f"{name}{f' of {of}' if of else ''}{': ' if about else ''}{', '.join(about)}"
    groups: dict[frozenset[Any], list[Any]] = {}
    for key, array in found.data_vars.items():
        groups.setdefault(frozenset(array.dims), []).append(key)
    tables = [_table(found[keys]) for keys in groups.values()]
    words = {word for each in tables for word in each.split()}
    if OPEN in words and "paths" in found.attrs:
        tables.append(f"{OPEN}: too few paths, {found.attrs['paths']:,}, to tell this end.")
    if any(word.endswith(DOUBTED) for word in words):
        tables.append(f"{DOUBTED} {FEW_CARRY}")
    return "\n\n".join([title, *tables])


def _table(found: xarray.Dataset) -> str:
    """Rows of variables that have the same dimensions."""
    units = {
        str(key): str(array.attrs.get("units", "1"))
        for key, array in found.items()
        if not str(key).endswith(SKEWED)  # told by marks
    }
    rows = [
        (
            *map(str, labels.values()),
            *(_cell(key, values, unit) for key, unit in units.items()),
        )
        for labels, values in _rows(found)
        if any(value and math.isfinite(value) for value in values.values())
    ]
    labels = [str(dim) for dim in found.dims]
    if not rows:
        return "Nothing but zeros."
    return aligned([(*labels, *units), *rows], left=len(labels))


def _rows(found: xarray.Dataset) -> Iterator[tuple[dict[str, Any], dict[str, float]]]:
    """Labels and values of every entry; variables without a dimension hold along it."""
    variables = [str(name) for name in found.data_vars]
    whole = xarray.broadcast(found)[0]
    dims = [str(dim) for dim in whole.dims]
    order = sorted(dims, key=[str(dim) for dim in found.dims].index)
    columns = [whole[name].transpose(*order).values.ravel() for name in variables]
    shape = [whole.sizes[dim] for dim in order]
    for place, cells in enumerate(zip(*columns, strict=True)):
        at = np.unravel_index(place, shape) if shape else ()
        labels = {
            dim: whole[dim].values.tolist()[index] for dim, index in zip(order, at, strict=True)
        }
        yield labels, {name: float(cell) for name, cell in zip(variables, cells, strict=True)}


def _cell(name: str, values: dict[str, float], unit: str) -> str:
    """One of the numbers of a row; an end of an interval that its value has not is open."""
    of, joint, end = name.rpartition("_")
    shown = _shown(name, values[name], unit)
    if end not in ENDS:
        return shown
    if math.isnan(values[name]):
        names = (of, f"{of}_mean") if of else tuple(values)[:1]
        known = any(math.isfinite(values.get(key, math.nan)) for key in names)
        return OPEN if known else shown
    other = f"{of}{joint}{ENDS[end]}"
    visible = _shown(other, values[other], unit) != shown
    return f"{shown}{DOUBTED}" if visible and values.get(f"{of}{joint}{SKEWED}") == 1 else shown


def _shown(name: str, value: float, unit: str) -> str:
    """A number as its unit asks."""
    if name.endswith("_step"):
        return "later or never" if math.isnan(value) else f"{value:g}"
    if not math.isfinite(value):
        return "-" if math.isnan(value) else f"{value}"
    match unit:
        case "1" | "see unit" if abs(value) <= 1:
            return f"{value:.4f}"
        case "1/year":
            return f"{value:.4%}"
        case _:
            return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"


def _quoted(cell: object) -> str:
    text = repr(cell) if isinstance(cell, float) else str(cell)
    return f'"{text}"' if "," in text else text
