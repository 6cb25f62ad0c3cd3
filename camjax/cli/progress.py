"""The progress bar of a command, which lets signals stop it."""

import contextlib
from collections.abc import Iterator

from camjax.cli.signals import stop_if_asked
from camjax.runs.progress import Report, bar


@contextlib.contextmanager
def progress() -> Iterator[Report]:
    """Show progress on standard error, if it is a terminal and the block takes over a second."""
    with bar() as show:

        def tell(activity: str, share: float) -> None:
            stop_if_asked()
            show(activity, share)

        yield tell
