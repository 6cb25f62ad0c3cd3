"""Results on disk: netCDF, whole or not at all."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from camjax.errors import CamjaxError, refusal

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


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary name to write a file under, renamed at the end; nothing is left if that fails.

    Raises:
      CamjaxError: the place cannot be written.
    """
    temporary = _temporary(path)
    try:
        with _folder_of(path):
            try:
                yield temporary
                os.replace(temporary, path)
            finally:
                temporary.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error


def load_results(path: str | os.PathLike[str]) -> "xarray.Dataset":
    """Read a dataset that `save_results` or the command wrote.

    Args:
      path: of the file, or of the folder whose `results.nc` it is, into memory; or of a Zarr
        store, whose values are read when they are used.

    Raises:
      CamjaxError: there is no such file, or it is not netCDF.
    """
    import xarray

    from camjax.results.store import is_store, load_store

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


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse, before a run begins, a place that `save_results` could not write. Leaves no trace.

    Raises:
      CamjaxError: the folder cannot be made or written, or a folder has that name.
    """
    path = Path(path)
    temporary = _temporary(path)
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with _folder_of(path):
            temporary.touch()
            temporary.unlink()
    except OSError as error:
        raise _unwritable(path, error) from error


def _temporary(path: Path) -> Path:
    """Where a file is while it is being written: beside its place, so that renaming is one act."""
    return path.with_name(f".{path.name}.{os.getpid()}")


@contextlib.contextmanager
def _folder_of(path: Path) -> Iterator[None]:
    """Make the folders that a file needs; those that are still empty at the end go again."""
    made = [folder for folder in path.absolute().parents if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()


def _unwritable(path: Path, error: OSError) -> CamjaxError:
    found = (error.strerror or str(error)).lower()
    return CamjaxError(
        refusal(str(path), "a file that can be written", found, "Choose another folder.")
    )
