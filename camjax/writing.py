"""Writing a file whole or not at all, and knowing beforehand whether it can be written."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from camjax.errors import CamjaxError, refusal


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


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse, before a run begins, a place where a file could not be written. Leaves no trace.

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
        refusal(
            str(path), "a file that can be written", found, "Make room, or choose another folder."
        )
    )
