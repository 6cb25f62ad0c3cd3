"""Results on disk: netCDF, whole or not at all."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from camjax.errors import CamjaxError, refusal
from camjax.results.store import is_store, load_store
from camjax.writing import written_whole

if TYPE_CHECKING:
    import xarray


RESULTS = "results.nc"
"""What the command calls the results in its folder."""


def save_results(dataset: "xarray.Dataset", path: str | os.PathLike[str]) -> Path:
    """Write a dataset as netCDF; a reader sees the whole file or none.

    Folders on the way are made. The file is written beside its place under a temporary name and
    renamed, so that whatever goes wrong, nothing half written is left and an older file of that
    name stays as it was.

    Raises:
      CamjaxError: the place cannot be written.
    """
    path = Path(path)
    with written_whole(path) as temporary:
        dataset.to_netcdf(temporary, engine="h5netcdf")
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
