"""Long runs that survive: what is known so far, in one file that is whole at any moment."""

import contextlib
import dataclasses
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import jax
from numpy.typing import NDArray

from camjax.ensemble.manifest import check_same, manifest_of
from camjax.ensemble.program import BlockProgram, Merged, restore
from camjax.ensemble.saved import Saved, read_saved, write_saved
from camjax.errors import CamjaxError, refusal

STOPPING = (signal.SIGINT, signal.SIGTERM)
"""What a user's Ctrl-C and a scheduler send."""


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """Where a run is saved as it goes, and whether it continues from there.

    Args:
      file: written under a temporary name and renamed, so that it can be read at any moment.
      about: what the run is, such as the scenario's text and the seed; kept in the manifest, and
        a run about something else is not continued.
      constants: arrays by name that whoever reads the file needs to make the reducers again.
      resume: whether to continue what the file holds; otherwise there must be no such file.
      every_seconds: how much work may be lost when the process is killed.
    """

    file: Path
    about: Mapping[str, str | int] = dataclasses.field(default_factory=dict)
    constants: Mapping[str, NDArray] = dataclasses.field(default_factory=dict)
    resume: bool = False
    every_seconds: float = 30.0

    def check(self) -> None:
        """Refuse a file that is there where a run begins, or absent where one continues.

        Raises:
          CamjaxError: so it is.
        """
        if self.resume and not self.file.exists():
            expected = "a run that was interrupted"
            raise CamjaxError(refusal(str(self.file), expected, "no file", "Start it anew."))
        if not self.resume and self.file.exists():
            remedy = "Resume that run, or remove the file."
            raise CamjaxError(
                refusal(str(self.file), "no file yet", "a run that was saved there", remedy)
            )


def saving(
    program: BlockProgram, blocks: range, num_paths: int, checkpoint: Checkpoint | None
) -> Generator[Merged, None, None]:
    """All that is known after each block, saved every so often and when the iteration ends.

    Ctrl-C and SIGTERM let the block under way end, save, and then do what they do elsewhere: raise
    KeyboardInterrupt, or end the process. A second one does not wait. Without a checkpoint nothing
    is saved and both are immediate.

    Raises:
      CamjaxError: the checkpoint is one of another run, or cannot be written.
    """
    if checkpoint is None:
        yield from program.merged(blocks, num_paths)
        return
    checkpoint.check()
    manifest = {
        **manifest_of(program.scenario, program.key, program.reducers, checkpoint.about),
        "num_paths": num_paths,
        "blocks": [blocks.start, blocks.stop],
    }
    start = _start(program, blocks, checkpoint, manifest) if checkpoint.resume else None
    latest, saved, saved_at = start, start, time.monotonic()

    def save(merged: Merged) -> None:
        leaves = jax.tree.leaves(merged.partials)
        done = {**manifest, "done": merged.blocks.stop}
        write_saved(checkpoint.file, Saved(done, leaves, checkpoint.constants))

    with _signals_deferred() as interrupted:
        try:
            for latest in program.merged(blocks, num_paths, start):
                if time.monotonic() - saved_at >= checkpoint.every_seconds:
                    save(latest)
                    saved, saved_at = latest, time.monotonic()
                if interrupted():
                    return  # the signal follows
                yield latest
        except CamjaxError:
            saved = latest  # what could not be written is not tried again
            raise
        finally:
            if latest is not None and latest is not saved:
                save(latest)


def _start(
    program: BlockProgram, blocks: range, checkpoint: Checkpoint, manifest: Mapping[str, Any]
) -> Merged:
    """What the file holds, if it is of this very run."""
    saved = read_saved(checkpoint.file)
    check_same(checkpoint.file, manifest, saved.manifest)
    partials = restore(program.scenario, program.key, program.reducers, saved.leaves)
    return Merged(range(blocks.start, saved.manifest["done"]), partials)


@contextlib.contextmanager
def _signals_deferred() -> Iterator[Callable[[], bool]]:
    """Whether a signal asked to stop, which does so at the end; a second one does at once.

    Only the main thread receives signals: elsewhere nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    came: list[int] = []

    def note(number: int, frame: Any) -> None:
        if came:
            raise KeyboardInterrupt
        came.append(number)

    before = {number: signal.signal(number, note) for number in STOPPING}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
