"""Writing a file whole or not at all."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from camjax.writing.places import place_for, unwritable
from camjax.writing.temporaries import temporary_name


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary name to write a file under, renamed at the end; nothing is left if that fails.

    What a process that was killed left of the same file goes.

    Raises:
      CamjaxError: the place cannot be written.
    """
    with place_for(path):
        temporary = temporary_name(path)
        try:
            yield temporary
            with temporary.open("rb") as stream:
                os.fsync(stream.fileno())
            os.replace(temporary, path)
        except OSError as error:
            raise unwritable(path, error) from error
        finally:
            temporary.unlink(missing_ok=True)


def write_whole(path: Path, *contents: bytes | memoryview) -> None:
    """Write a file, one content behind the other, that is whole at any moment.

    Raises:
      CamjaxError: the place cannot be written; an earlier file of that name stays as it was.
    """
    with written_whole(path) as temporary, temporary.open("wb") as stream:
        for content in contents:
            stream.write(content)
