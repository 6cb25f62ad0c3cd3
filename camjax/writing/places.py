"""Where a file may be written, and knowing so beforehand."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from camjax.errors import CamjaxError, refusal
from camjax.writing.temporaries import remove_stale, temporary_name

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFREG: "a file",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    None: "a link that leads nowhere",
}
"""What a name can stand for, by the type that the file system tells."""


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse, before a run begins, a place where a file could not be written. Leaves no trace.

    Raises:
      CamjaxError: what is there is no regular file, or the folder cannot be made or written.
    """
    with place_for(Path(path)) as path, _refused(path):
        temporary = temporary_name(path)
        try:
            temporary.touch()
        finally:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def place_for(path: Path) -> Iterator[Path]:
    """A place that may be written: what it needs is made, and goes again where nothing came.

    The one place that decides it: a file may replace a regular file or nothing, and lies in a
    folder. Devices, pipes and sockets are not replaced, though whoever owns their folder could.

    Raises:
      CamjaxError: something else is there, or the folder cannot be made.
    """
    with folder_for(path):
        with _refused(path):
            if (kind := _kind(path)) not in (None, stat.S_IFREG):
                raise _not_replaced(path, KINDS[kind])
            remove_stale(path)
        yield path


@contextlib.contextmanager
def folder_for(path: Path) -> Iterator[None]:
    """The folder of a file or a store: made if need be, gone again where nothing came.

    Raises:
      CamjaxError: it cannot be made.
    """
    with _refused(path):
        above = [folder for folder in path.absolute().parents if os.path.lexists(folder)]
        if (kind := _kind(above[0])) != stat.S_IFDIR:
            raise _not_replaced(path, f"{KINDS[kind]} where its folder {above[0]} would be")
        made = [folder for folder in path.absolute().parents if folder not in above]
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()


def _kind(path: Path) -> int | None:
    """What is there, a key of `KINDS`; a link counts as what it leads to, None where nothing is."""
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except FileNotFoundError:
        return None
    except ValueError as error:  # a name with a zero byte
        raise OSError(errno.EINVAL, str(error)) from error


def _not_replaced(path: Path, found: str) -> CamjaxError:
    remedy = "Choose another name."
    return CamjaxError(refusal(str(path), "a file that can be written", found, remedy))


@contextlib.contextmanager
def _refused(path: Path) -> Iterator[None]:
    """Turn what a disk refuses into one line."""
    try:
        yield
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> CamjaxError:
    """What to say of a file that could not be written."""
    found = (error.strerror or str(error)).lower()
    return CamjaxError(
        refusal(
            str(path), "a file that can be written", found, "Make room, or choose another folder."
        )
    )
