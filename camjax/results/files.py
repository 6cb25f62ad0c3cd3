"""Results on disk: netCDF, whole or not at all."""

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from camjax.errors import CamjaxError, refusal
from camjax.results.store import load_store
from camjax.results.store_places import is_store
from camjax.writing import read_sealed, write_sealed

if TYPE_CHECKING:
    import xarray


RESULTS = "results.nc"
"""What the command calls the results in its folder."""

UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, MemoryError)
"""What h5py, h5netcdf and xarray raise at a file that is no netCDF, or is damaged."""


def save_results(dataset: "xarray.Dataset", path: str | os.PathLike[str]) -> Path:
    """Write a dataset as netCDF; a reader sees the whole file or none.

    Folders on the way are made. The file is made in memory, since HDF5 does not survive a disk
    that is full, written beside its place under a temporary name and renamed, so that whatever
    goes wrong, nothing half written is left and an older file of that name stays as it was.
    Behind what netCDF reads it bears a digest, so that a damaged file is refused when it is read.

    Raises:
      CamjaxError: the place cannot be written.
    """
    path = Path(path)
    write_sealed(path, dataset.to_netcdf(engine="h5netcdf"))
    return path


def load_results(path: str | os.PathLike[str]) -> "xarray.Dataset":
    """Read a dataset that `save_results` or the command wrote.

    Args:
      path: of the file, or of the folder whose `results.nc` it is, into memory; or of a Zarr
        store, whose values are read when they are used.

    Raises:
      CamjaxError: there is no such file, it is not netCDF, or not as it was written.
    """
    import xarray

    if is_store(path):
        return load_store(Path(path))
    if Path(path).is_dir():
        path = Path(path) / RESULTS
    expected, remedy = "results of a run", "`camjax run --out FOLDER` writes FOLDER/results.nc."
    content = read_sealed(Path(path), expected, remedy)
    try:
        with xarray.open_dataset(
            io.BytesIO(content), engine="h5netcdf", decode_timedelta=False
        ) as dataset:
            return dataset.load()
    except UNREADABLE as error:
        raise CamjaxError(refusal(str(path), expected, "no netCDF file", remedy)) from error
