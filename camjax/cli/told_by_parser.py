"""What the parser of the command line says, with no more of a user's text than elsewhere."""

import re
from collections.abc import Iterable, Iterator

from camjax.errors import LONGEST_QUOTE, shortened

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""Characters that the parser writes as `\\x1b`."""


def bounded(message: str, arguments: Iterable[str]) -> str:
    """A message of the parser's in which no argument is repeated beyond `LONGEST_QUOTE`.

    Args:
      message: that repeats some of them, as they are or with escapes.
      arguments: the command line.

    >>> len(bounded(f"No such command '{'9' * 5000}'.", ["9" * 5000]))
    139
    """
    for text in sorted(set(_parts(arguments)), key=len, reverse=True):
        if len(text) > LONGEST_QUOTE:
            escaped = CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
            for form in (text, repr(text)[1:-1], escaped):
                message = message.replace(form, shortened(text))
    return message


def _parts(arguments: Iterable[str]) -> Iterator[str]:
    """Arguments, and the two sides of `--option=value`."""
    for argument in arguments:
        option, _, value = argument.partition("=")
        yield from (argument, option, value)
