"""How a command tells of its progress, and lets signals stop it."""

import contextlib
import logging
import sys
from collections.abc import Iterator

from camjax.cli.signals import stop_if_asked
from camjax.progress import Report, bar


@contextlib.contextmanager
def progress() -> Iterator[Report]:
    """Show progress on standard error, if it is a terminal and the block takes over a second.

    And say there what the library notes meanwhile.
    """
    with _notes_said(), bar() as show:

        def tell(activity: str, share: float) -> None:
            stop_if_asked()
            show(activity, share)

        yield tell


class _Said(logging.Handler):
    """Says what is noted on standard error, as it is when it is noted."""

    def emit(self, record: logging.LogRecord) -> None:
        print(f"camjax: {record.getMessage()}", file=sys.stderr)


@contextlib.contextmanager
def _notes_said() -> Iterator[None]:
    log, said = logging.getLogger("camjax"), _Said()
    before = log.level
    log.addHandler(said)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(said)
        log.setLevel(before)
