"""The errors a user can cause, each saying where, what was expected, got, and what helps."""

from collections.abc import Iterable
from typing import TypeVar

Value = TypeVar("Value")


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
        self.pointer = f"  {text}\n  {' ' * position}^"
        super().__init__(f"{sentence}\n{self.pointer}")


def refusal(where: str, expected: str, got: object, remedy: str = "") -> str:
    """Word a refusal in the one form used throughout: where, expected, got, remedy.

    >>> refusal("deposits.pool.trading_fee", "a number in [0, 1)", 3, "A fee of 0.3 % is 0.003.")
    'deposits.pool.trading_fee: expected a number in [0, 1), got 3. A fee of 0.3 % is 0.003.'
    """
    return f"{where}: expected {expected}, got {got}. {remedy}".rstrip()


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
