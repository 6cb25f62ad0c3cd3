"""How far a verb is: told to whoever asks, or as a bar that shows up only when it is worth it."""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator

from camjax.arguments import argument
from camjax.errors import CamjaxError, refusal

PATIENCE_SECONDS = 1.0
"""A run that ends sooner shows no bar."""

Report = Callable[[str, float], None]
"""Takes what is being done and the share of it that is done, from 0 to 1."""

Progress = Report | bool | None
"""What a verb tells of its progress: True for a bar on a terminal, a function, or nothing."""


@contextlib.contextmanager
def bar() -> Iterator[Report]:
    """Show progress on standard error, if it is a terminal and the block takes over a second."""
    if not sys.stderr.isatty():
        yield lambda activity, share: None
        return

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    left = TimeRemainingColumn(elapsed_when_finished=True)
    columns = (TextColumn("{task.description}"), BarColumn(), left)
    shown = Progress(*columns, console=Console(stderr=True), transient=True)
    task = shown.add_task("", total=1.0)
    timer = threading.Timer(PATIENCE_SECONDS, shown.start)
    timer.daemon = True
    timer.start()

    def tell(activity: str, share: float) -> None:
        shown.update(task, description=activity, completed=share)

    try:
        yield tell
    finally:
        timer.cancel()
        timer.join()
        shown.stop()


@contextlib.contextmanager
def told(progress: Progress) -> Iterator[Report]:
    """What is told of the progress.

    Raises:
      CamjaxError: nothing that can be told.
    """
    if progress is True:
        with bar() as report:
            yield report
    elif progress is None or progress is False:
        yield lambda activity, share: None
    elif callable(progress):
        yield progress
    else:
        expected = "True or a function of an activity and a share"
        raise CamjaxError(refusal(argument("progress"), expected, repr(progress)))
