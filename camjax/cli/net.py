"""The last net: what is said of an error that nobody foresaw."""

import os
import traceback
from pathlib import Path

from camjax.cli.statuses import FAULT, READER_GONE, REFUSED
from camjax.cli.streams import complain, give_up_output, output_error
from camjax.errors import refusal

MOST_CHARACTERS = 200
"""Of an error's own words that are passed on."""

PLATFORMS = "JAX_PLATFORMS"

DAMAGED_CHUNK = "Zstd decompression error"
"""What zarr raises, where a store's values are used at last, of a chunk that fails its checksum."""

OUR_ROOT = Path(__file__).parents[2]
"""Where the packages of this project lie."""


def caught(error: Exception, *, debug: bool) -> int:
    """Say in one line what happened, and with `--debug` where.

    Args:
      error: that no command refuses.
      debug: whether the traceback is wanted.

    Returns:
      Exit status: 2 where the machine or its settings are the cause, 1 for a fault of camjax.
    """
    if debug:
        complain("".join(traceback.format_exception(error)).rstrip())
    if isinstance(error, OSError) and error.filename is None:
        unwritten = output_error("\n")
        if unwritten is not None:
            return cannot_write(unwritten)
    if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
        remedy = "Ask for less at once, or use a machine that has more."
        complain(f"camjax: {refusal('memory', 'room for what was asked', 'none left', remedy)}")
        return REFUSED
    if PLATFORMS in os.environ and (refused := _refused_by_jax()) is not None:
        expected = "platforms that this machine has"
        remedy = f"JAX says: {refused}. Leave it unset to use what there is."
        named = repr(os.environ[PLATFORMS])
        complain(f"camjax: {refusal(PLATFORMS, expected, named, remedy)}")
        return REFUSED
    if DAMAGED_CHUNK in str(error):
        expected, got = "chunks as they were written", "a damaged one"
        remedy = "Copy the store again, or run it anew."
        complain(f"camjax: {refusal('the store', expected, got, remedy)}")
        return REFUSED
    complain(
        f"camjax: {_what_happened(error)}. This is a fault of camjax, not of what was given: "
        "please report it with this line and the command. `camjax --debug …` shows more."
    )
    return FAULT


def cannot_write(error: OSError) -> int:
    """Say that the answer cannot be told; nothing where its reader has left.

    Returns:
      Exit status.
    """
    give_up_output()
    if isinstance(error, BrokenPipeError):
        return READER_GONE
    found = (error.strerror or str(error)).lower()
    complain(f"camjax: {refusal('standard output', 'a place that can be written', found)}")
    return REFUSED


def _what_happened(error: Exception) -> str:
    """Type, place in this project and words of an error, in one line."""
    words = " ".join(str(error).split())
    if len(words) > MOST_CHARACTERS:
        words = f"{words[:MOST_CHARACTERS]}…"
    told = f"{type(error).__name__}{_place(error)}"
    return f"{told}: {words}".rstrip(". :")


def _place(error: Exception) -> str:
    """The innermost line of this project that an error passed."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        if file.is_relative_to(OUR_ROOT / "camjax") or file.is_relative_to(
            OUR_ROOT / "calibration"
        ):
            return f" in {file.relative_to(OUR_ROOT).as_posix()}, line {frame.lineno}"
    return ""


def _refused_by_jax() -> str | None:
    """Why JAX cannot start; None where it can."""
    import jax

    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:
        return " ".join(str(error).split())[:MOST_CHARACTERS].rstrip(".") or "no such device"
    return None
