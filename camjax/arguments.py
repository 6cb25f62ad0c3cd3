"""Arguments of verbs: called in messages what the caller calls them, and refused in one wording."""

import contextlib
import os
from collections.abc import Collection, Iterator, Sequence
from contextvars import ContextVar
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal

from camjax.errors import CamjaxError, refusal

Keep = Literal["trajectories", "final", "statistics"]
"""What is kept of paths: every step, the last step, or statistics over them."""

MOST_SEED = 2**32 - 1
"""Seeds are of 32 bits."""

_ARE_OPTIONS: ContextVar[bool] = ContextVar("are_options", default=False)

OPTIONS = {
    "events": "event",
    "processes": "num-processes",
    "until": "until-ci",
    "variables": "variable",
}
"""Options of the command that have another name than the argument in Python."""


@contextlib.contextmanager
def as_options() -> Iterator[None]:
    """Call arguments as the command does meanwhile: `--keep final`, not `keep='final'`."""
    token = _ARE_OPTIONS.set(True)
    try:
        yield
    finally:
        _ARE_OPTIONS.reset(token)


def argument(name: str, value: object = None) -> str:
    """An argument, or an argument with its value, as the caller writes it.

    >>> argument("variables"), argument("keep", "final")
    ('variables', "keep='final'")
    >>> with as_options():
    ...     argument("variables"), argument("keep", "final"), argument("resume", True)
    ('--variable', '--keep final', '--resume')
    """
    if not _ARE_OPTIONS.get():
        return name if value is None else f"{name}={value!r}"
    option = f"--{OPTIONS.get(name, name.replace('_', '-'))}"
    if value is None or value is True:
        return option
    return " ".join([option, *(map(str, value) if isinstance(value, list) else [str(value)])])


def same_with(name: str, value: object) -> str:
    """What the caller did, with one argument more.

    >>> same_with("resume", True)
    'same call with resume=True'
    """
    return f"same {'command' if _ARE_OPTIONS.get() else 'call'} with {argument(name, value)}"


def whole(name: str, value: Any, least: int, most: int | None = None) -> int:
    """A whole number of at least so much, and at most, if there is a most.

    Raises:
      CamjaxError: anything else.
    """
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not is_whole or value < least or (most is not None and value > most):
        limits = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise CamjaxError(refusal(argument(name), f"a whole number {limits}", repr(value)))
    return int(value)


def number(name: str, value: Any) -> float:
    """A number.

    Raises:
      CamjaxError: anything else.
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        raise CamjaxError(refusal(argument(name), "a number", repr(value)))
    return float(value)


def text(name: str, value: Any) -> str:
    """A text.

    Raises:
      CamjaxError: anything else.
    """
    if not isinstance(value, str):
        raise CamjaxError(refusal(argument(name), "a text", repr(value)))
    return value


def yes_or_no(name: str, value: Any) -> bool:
    """A truth value.

    Raises:
      CamjaxError: anything else.
    """
    if not isinstance(value, bool):
        raise CamjaxError(refusal(argument(name), "True or False", repr(value)))
    return value


def one_of(name: str, value: Any, choices: Collection[str]) -> str:
    """One of some words.

    Raises:
      CamjaxError: anything else.
    """
    if not isinstance(value, str) or value not in choices:
        raise CamjaxError(refusal(argument(name), f"one of {', '.join(choices)}", repr(value)))
    return value


def texts(name: str, value: Any) -> tuple[str, ...]:
    """Some texts, at least one.

    Raises:
      CamjaxError: anything else, one text without a list included.
    """
    is_list = isinstance(value, Sequence) and not isinstance(value, str | bytes)
    if not is_list or not value or not all(isinstance(each, str) for each in value):
        raise CamjaxError(refusal(argument(name), "a list of texts", repr(value)))
    return tuple(value)


def place(name: str, value: Any) -> Path:
    """A file or folder.

    Raises:
      CamjaxError: anything but a text or a path.
    """
    if not isinstance(value, str | os.PathLike):
        raise CamjaxError(refusal(argument(name), "a path", repr(value)))
    return Path(value)
