"""The errors a user can cause, each saying where, what was expected, got, and what helps."""

from collections.abc import Iterable
from typing import TypeVar

Value = TypeVar("Value")

LONGEST_QUOTE = 120
"""Most characters of a user's text that a message repeats."""

LONGEST_PLACE = 2 * LONGEST_QUOTE
"""Most characters of where something is: a file, a line, a key."""

_CUT = " … "


class CamjaxError(ValueError):
    """Something a user gave cannot be used; the message says where and how to mend it."""


class ScenarioError(CamjaxError):
    """A scenario, a driver file or an override does not describe a model that can run."""


class QuestionError(CamjaxError):
    """A question that cannot be read or answered; the message ends with a caret at the place.

    Args:
      sentence: where, expected, got, remedy, in one line.
      text: the question.
      position: of the place in it, from 0.
    """

    def __init__(self, sentence: str, text: str, position: int) -> None:
        self.sentence = sentence
        shown, position = _around(text, position)
        self.pointer = f"  {shown}\n  {' ' * position}^"
        super().__init__(f"{sentence}\n{self.pointer}")


def shortened(text: object, most: int = LONGEST_QUOTE) -> str:
    r"""What a user gave as a message repeats it: in one line, the middle of a long text left out.

    Args:
      text: anything; its `str` is shown, what cannot be printed as an escape.
      most: characters, at least 8.

    >>> shortened("time,price"), shortened("a" * 5000, 12), shortened("two\nlines")
    ('time,price', 'aaaaa … aaaa', 'two\\nlines')
    """
    whole = str(text)
    # Twice `most` is enough to cut from: an escape is longer than what it stands for.
    if len(whole) > 2 * most:
        whole = whole[:most] + whole[-most:]
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in whole)
    if len(line) <= most and len(str(text)) == len(whole):
        return line
    kept = most - len(_CUT)
    return line[: kept - kept // 2] + _CUT + line[-(kept // 2) :]


def refusal(where: str, expected: str, got: object, remedy: str = "") -> str:
    """Word a refusal in the one form used throughout: where, expected, got, remedy.

    What was got is shortened here, and so is a place too long for a path; names of a user's in
    the other parts are shortened where the sentence is made.

    >>> refusal("deposits.pool.trading_fee", "a number in [0, 1)", 3, "A fee of 0.3 % is 0.003.")
    'deposits.pool.trading_fee: expected a number in [0, 1), got 3. A fee of 0.3 % is 0.003.'
    """
    place = shortened(where, LONGEST_PLACE)
    return f"{place}: expected {expected}, got {shortened(got)}. {remedy}".rstrip()


def each_once(where: str, pairs: Iterable[tuple[str, Value]]) -> dict[str, Value]:
    """Values by key, such as those of several `--bounds PATH=LOW:HIGH`.

    Raises:
      CamjaxError: a key comes twice, of which one value would be lost.

    >>> each_once("--bounds", [("weights.elasticity", 1.0), ("weights.elasticity", 2.0)])
    Traceback (most recent call last):
    camjax.errors.CamjaxError: --bounds weights.elasticity: expected each key once, got it twice.
    """
    found: dict[str, Value] = {}
    for key, value in pairs:
        if key in found:
            raise CamjaxError(refusal(f"{where} {key}", "each key once", "it twice"))
        found[key] = value
    return found


def _around(text: str, position: int) -> tuple[str, int]:
    """The part of a text around a position, of `LONGEST_QUOTE` characters, and where that is."""
    start = max(0, min(position - LONGEST_QUOTE // 2, len(text) - LONGEST_QUOTE))
    return text[start : start + LONGEST_QUOTE], position - start
