"""One writer of a file at a time."""

import contextlib
import errno
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from camjax.errors import CamjaxError, refusal
from camjax.writing.places import folder_for

HELD_BY_ANOTHER = (errno.EAGAIN, errno.EACCES)
"""What a system says of a lock that somebody has."""


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep every other process from writing a file or a store until the end, however this one ends.

    The lock is a file beside it that says who has it. The system lets go of it when a process
    ends, so that what a killed one left is taken over. Where a file system knows no locks, or
    nothing can be written, there is none.

    Raises:
      CamjaxError: another process writes the file.
    """
    if sys.platform == "win32":
        yield
        return
    with folder_for(path):
        name = path.with_name(f".{path.name}.lock")
        descriptor = _acquired(name, path)
        try:
            yield
        finally:
            if descriptor is not None:
                with contextlib.suppress(OSError):
                    name.unlink()
                os.close(descriptor)


def _acquired(name: Path, path: Path) -> int | None:
    """The open lock; None where none is to be had.

    Raises:
      CamjaxError: another process has it.
    """
    import fcntl

    while True:
        try:
            descriptor = os.open(name, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is_there(descriptor, name):  # its last holder removed it meanwhile
                os.close(descriptor)
                continue
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"process {os.getpid()} on {platform.node()}\n".encode())
        except OSError as error:
            holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
            os.close(descriptor)
            if error.errno not in HELD_BY_ANOTHER:
                return None
            got = f"one that {holder or 'another process'} writes"
            remedy = "Wait for it, or choose another name."
            expected = "a file that nobody else writes"
            raise CamjaxError(refusal(str(path), expected, got, remedy)) from error
        return descriptor


def _is_there(descriptor: int, name: Path) -> bool:
    """Whether an open file still has its name."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(name))
    except FileNotFoundError:
        return False
