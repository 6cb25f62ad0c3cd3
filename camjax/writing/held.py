"""What a command holds until it ends, such as locks on the files that it is to write."""

import contextlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from contextvars import ContextVar
from pathlib import Path

from camjax.writing import check_writable, locked

_HELD: ContextVar[contextlib.ExitStack | None] = ContextVar("held", default=None)


@contextlib.contextmanager
def until_the_end() -> Iterator[None]:
    """Let go at the end of all that was held meanwhile; within another, at the end of that one."""
    if _HELD.get() is not None:
        yield
        return
    with contextlib.ExitStack() as held:
        token = _HELD.set(held)
        try:
            yield
        finally:
            _HELD.reset(token)


def hold(something: AbstractContextManager[object]) -> None:
    """Enter something that is left when the command ends; outside a command, nothing is held."""
    held = _HELD.get()
    if held is not None:
        held.enter_context(something)


def reserve(files: Iterable[Path]) -> None:
    """Refuse files that could not be written, and keep other processes from writing them.

    Raises:
      CamjaxError: one cannot be written, or another process writes it.
    """
    for file in files:
        check_writable(file)
        hold(locked(file))
