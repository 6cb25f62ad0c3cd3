"""Ctrl-C and SIGTERM, which schedulers send: both stop a command where it can say how to go on."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM)

_asked: list[int] = []
"""Signals that have come in this command, the latest last."""


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Let signals raise KeyboardInterrupt, and note them; as before afterwards.

    Only the main thread receives signals: elsewhere nothing changes.
    """
    _asked.clear()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in STOPPING}
    try:
        for number in STOPPING:
            signal.signal(number, _stop)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stopped_by() -> int | None:
    """The signal that asked this command to stop; None for none."""
    return _asked[-1] if _asked else None


def stop_if_asked() -> None:
    """Stop where an earlier signal was lost: Python drops what is raised in a callback.

    Raises:
      KeyboardInterrupt: there was one.
    """
    if _asked:
        raise KeyboardInterrupt


def _stop(number: int, frame: FrameType | None) -> None:
    del frame
    _asked.append(number)
    raise KeyboardInterrupt
