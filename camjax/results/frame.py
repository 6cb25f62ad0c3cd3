"""Results as a flat table, in the columns that users of radCAD know."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from camjax.errors import CamjaxError, refusal
from camjax.results.ends import has_own_ends, is_run
from camjax.writing import written_whole

if TYPE_CHECKING:
    import pandas
    import xarray

FORMATS = (".csv", ".parquet")

LEADING = ("setting", "path", "statistic", "step")
"""Dimensions that rows run over."""

COLUMN_NAMES = {"target_weight": "weight"}
"""What radCAD's users call a variable."""


def to_frame(results: "xarray.Dataset") -> "pandas.DataFrame":
    """Results as a table: one row for each step of each path of each setting.

    Columns: `simulation` (0), `subset` (the setting, from 0), `run` (the path, from 1; `statistic`
    where statistics take the place of paths), `timestep`; `<deposit>_balance`,
    `<deposit>_yield_rate`, `<deposit>_weight` and other variables of each deposit, pool or money
    market; variables of the whole system; swept parameters by their dotted path. Transfers, which
    are between two deposits, are left out, and so are what holds for a path as a whole and steps
    that a setting lacks.

    Args:
      results: of a run or a sweep.

    Raises:
      CamjaxError: they are of something else.

    >>> import camjax
    >>> list(to_frame(camjax.sweep("fei", {"steps": [2]}, paths=1)).columns[:5])
    ['simulation', 'subset', 'run', 'timestep', 'liquidity_pool_balance']
    """
    import pandas

    if "step" not in results.dims or {"path", "statistic"}.isdisjoint(results.dims):
        got = f"an array over {', '.join(map(str, results.dims)) or 'nothing'}"
        raise CamjaxError(refusal("results", "those of a run or a sweep", got))
    dims = tuple(dim for dim in LEADING if dim in results.dims)
    shape = tuple(results.sizes[dim] for dim in dims)

    def rows(dim: str, values: NDArray) -> NDArray:
        """A value for each entry of a dimension, as a column."""
        along = [-1 if name == dim else 1 for name in dims]
        return np.broadcast_to(np.reshape(values, along), shape).ravel()

    subset = np.arange(results.sizes.get("setting", 1))
    columns = {
        "simulation": np.zeros(int(np.prod(shape)), np.int64),
        "subset": rows("setting", subset) if "setting" in dims else np.zeros(np.prod(shape), int),
    }
    if "statistic" in dims:
        columns["statistic"] = rows("statistic", results.statistic.values)
    else:
        columns["run"] = rows("path", results.path.values + 1)
    columns["timestep"] = rows("step", results.step.values)
    for name, array in _columns(results):
        missing = [dim for dim in dims if dim not in array.dims]
        values = array.expand_dims({dim: results.sizes[dim] for dim in missing})
        columns[name] = values.transpose(*dims).values.ravel()
    for key in swept(results):
        columns[key] = rows("setting", results[key].values)
    frame = pandas.DataFrame(columns)
    if not has_own_ends(results):
        return frame
    run = is_run(results).broadcast_like(results[list(dims)]).transpose(*dims)
    return frame[run.values.ravel()].reset_index(drop=True)


def swept(results: "xarray.Dataset") -> list[str]:
    """Dotted paths of the parameters that a sweep varies; none where it is no sweep."""
    return [str(key) for key in np.atleast_1d(results.attrs.get("swept", []))]


def save_frame(results: "xarray.Dataset", path: str | os.PathLike[str]) -> Path:
    """Write `to_frame` as CSV or Parquet, by the ending of the name; whole or not at all.

    Raises:
      CamjaxError: another ending, a place that cannot be written, or Parquet without pyarrow.
    """
    path = Path(path)
    if path.suffix not in FORMATS:
        raise CamjaxError(
            refusal(str(path), f"a name that ends in {' or '.join(FORMATS)}", path.name)
        )
    frame = to_frame(results)
    with written_whole(path) as temporary:
        if path.suffix == ".csv":
            frame.to_csv(temporary, index=False)
        else:
            _to_parquet(frame, temporary)
    return path


def _columns(results: "xarray.Dataset") -> Iterator[tuple[str, "xarray.DataArray"]]:
    """Variables by the names of their columns, those of deposits first."""
    arrays = {str(name): each for name, each in results.data_vars.items() if "step" in each.dims}
    own = {
        name: [dim for dim in array.dims if dim not in LEADING] for name, array in arrays.items()
    }
    for name in ("balance", "yield_rate", "target_weight", *arrays):
        if name in own and len(own[name]) == 1:
            (dim,) = own.pop(name)
            for label in arrays[name][dim].values:
                column = f"{label}_{COLUMN_NAMES.get(name, name)}"
                yield column, arrays[name].sel({dim: label}, drop=True)
    for name, others in own.items():
        if not others:
            yield name, arrays[name]


def _to_parquet(frame: "pandas.DataFrame", path: Path) -> None:
    try:
        frame.to_parquet(path, index=False)
    except ImportError as error:
        remedy = "pip install 'camjax[frames]' brings it; .csv needs nothing."
        raise CamjaxError(refusal(str(path), "pyarrow to write Parquet", "none", remedy)) from error
