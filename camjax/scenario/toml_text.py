"""TOML text read into plain values, bounded in depth and in digits."""

import tomllib
from collections.abc import Mapping
from typing import Any

from camjax.scenario.messages import refuse

DEEPEST = 32
"""Tables and lists inside each other; the format has four."""


def parse_toml(text: str) -> dict[str, Any]:
    """The document that a text is.

    Raises:
      ValueError: it is none, a whole number in it has more digits than Python reads, or tables or
        lists lie deeper in each other than can be read.

    >>> parse_toml("steps = 3")
    {'steps': 3}
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("tables and lists too deep in each other") from None


def check_depth(document: Any) -> None:
    """Refuse a document whose tables and lists lie deeper in each other than any scenario's.

    Raises:
      ScenarioError: they do.
    """
    level: list[Any] = [document]
    for _ in range(DEEPEST):
        level = [child for value in level for child in _children(value)]
    if any(isinstance(value, Mapping | list | tuple) for value in level):
        refuse("document", f"at most {DEEPEST} tables and lists inside each other", "more")


def _children(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else []
