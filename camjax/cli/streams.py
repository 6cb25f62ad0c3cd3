"""Standard output and standard error, whatever they lead to."""

import contextlib
import io
import os
import sys


def mend_streams() -> None:
    """Let closed streams lead nowhere, and whatever cannot be encoded be written as escapes.

    A closed standard error is no stream in Python, and `print` would write to standard output
    in its place; the next file opened would get its number, and what libraries print into it.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)
            if descriptor != number:
                os.dup2(descriptor, number)
                os.close(descriptor)
            setattr(sys, name, os.fdopen(number, mode, closefd=False))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def output_error(more: str = "") -> OSError | None:
    """What keeps standard output from being written; None where all that was said is out.

    Args:
      more: to write; what could not be written once is dropped, so that only more can tell.
    """
    try:
        print(end=more, flush=True)
    except OSError as error:
        return error
    return None


def give_up_output() -> None:
    """Let standard output lead nowhere, so that Python does not try again when it ends."""
    with contextlib.suppress(OSError, io.UnsupportedOperation):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def complain(*lines: str) -> None:
    """Write lines to standard error; where even that cannot be written, the status has to do."""
    with contextlib.suppress(OSError):
        print(*lines, sep="\n", file=sys.stderr, flush=True)
