"""Results on disk: netCDF, whole or not at all."""

import os
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING

from camjax.errors import CamjaxError, refusal
from camjax.results.store import is_store, load_store
from camjax.writing import write_whole

if TYPE_CHECKING:
    import xarray


RESULTS = "results.nc"
"""What the command calls the results in its folder."""

CHUNK_BYTES = 2**26
"""What of a variable is checked, and read, as one."""


def save_results(dataset: "xarray.Dataset", path: str | os.PathLike[str]) -> Path:
    """Write a dataset as netCDF; a reader sees the whole file or none.

    Folders on the way are made. The file is made in memory, since HDF5 does not survive a disk
    that is full, written beside its place under a temporary name and renamed, so that whatever
    goes wrong, nothing half written is left and an older file of that name stays as it was.
    Numbers bear checksums, so that a damaged file is refused when it is read.

    Raises:
      CamjaxError: the place cannot be written.
    """
    path = Path(path)
    write_whole(path, dataset.to_netcdf(engine="h5netcdf", encoding=_checked(dataset)))
    return path


def load_results(path: str | os.PathLike[str]) -> "xarray.Dataset":
    """Read a dataset that `save_results` or the command wrote.

    Args:
      path: of the file, or of the folder whose `results.nc` it is, into memory; or of a Zarr
        store, whose values are read when they are used.

    Raises:
      CamjaxError: there is no such file, or it is not netCDF.
    """
    import xarray

    if is_store(path):
        return load_store(Path(path))
    if Path(path).is_dir():
        path = Path(path) / RESULTS
    try:
        with xarray.open_dataset(path, engine="h5netcdf", decode_timedelta=False) as dataset:
            return dataset.load()
    except OSError as error:
        found = os.strerror(error.errno).lower() if error.errno else "no netCDF file"
        remedy = "`camjax run --out FOLDER` writes FOLDER/results.nc."
        raise CamjaxError(refusal(str(path), "results of a run", found, remedy)) from error


def _checked(dataset: "xarray.Dataset") -> dict[Hashable, dict[str, object]]:
    """How each variable of numbers is to be written so that damage to it is found."""
    encoding: dict[Hashable, dict[str, object]] = {}
    for name, each in dataset.variables.items():
        if each.ndim and each.size and each.dtype.kind in "iufb":
            rows = max(1, CHUNK_BYTES * each.shape[0] // each.nbytes)
            chunks = (min(rows, each.shape[0]), *each.shape[1:])
            encoding[name] = {"fletcher32": True, "chunksizes": chunks}
    return encoding
