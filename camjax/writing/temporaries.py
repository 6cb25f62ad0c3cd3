"""Names under which files are written before they are whole, and what killed processes left."""

import contextlib
import os
import platform
import shutil
import time
from pathlib import Path

ENDING = ".unfinished"
"""How such names end."""

OLD_SECONDS = 86_400.0
"""Left by another machine so long ago, a file is no longer being written."""


def temporary_name(path: Path) -> Path:
    """Where a file is while it is being written: beside its place, so that renaming is one act."""
    return path.with_name(f".{path.name}.{platform.node()}.{os.getpid()}{ENDING}")


def remove_stale(path: Path) -> None:
    """Remove what processes that are no more left of a file under temporary names."""
    start = f".{path.name}."
    with contextlib.suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            if entry.name.startswith(start) and entry.name.endswith(ENDING) and _is_stale(entry):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry, ignore_errors=True)
                else:
                    os.unlink(entry)


def _is_stale(entry: "os.DirEntry[str]") -> bool:
    """Whether nobody writes a temporary file any more."""
    host, _, process = entry.name.removesuffix(ENDING).rpartition(".")
    if host.endswith(f".{platform.node()}") and process.isdecimal():
        return not _runs(int(process))
    return time.time() - entry.stat().st_mtime > OLD_SECONDS


def _runs(process: int) -> bool:
    """Whether a process of this machine runs; taken for granted where that cannot be asked."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
