"""Several values behind one `=`: what `--set KEY=V1,V2` of a sweep says."""

from collections.abc import Iterable
from typing import Any

from camjax.scenario.messages import refuse, shown
from camjax.scenario.overrides import parse_overrides

CLOSING = {"[": "]", "{": "}", "(": ")"}
QUOTES = "\"'"


def parse_axes(assignments: Iterable[str]) -> dict[str, list[Any]]:
    """Read `path=value,value` strings; commas in brackets or quotes do not separate.

    Raises:
      ScenarioError: there is no `=`, no path before it, a value is empty or no TOML, or a path
        comes twice.

    >>> parse_axes(["deposits.savings.rate=0.01,[[0, 0.03], [90, 0.0]]", "weights.rule=pairwise"])
    {'deposits.savings.rate': [0.01, [[0, 0.03], [90, 0.0]]], 'weights.rule': ['pairwise']}
    """
    axes: dict[str, list[Any]] = {}
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        values = [parse_overrides([f"{path}{equals}{part}"]) for part in split(text)]
        (key,) = values[0]
        if key in axes:
            refuse(f"--set {key}", "each key once", "it twice", "Separate values by commas.")
        axes[key] = [value[key] for value in values]
    return axes


def split(text: str) -> list[str]:
    """Text at its commas, but for those in brackets or quotes.

    Raises:
      ScenarioError: nothing stands between two commas.

    >>> split('[1, 2], "a,b", 3')
    ['[1, 2]', '"a,b"', '3']
    """
    parts, open_brackets, quote = [""], [], ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in QUOTES:
            quote = letter
        elif letter in CLOSING:
            open_brackets.append(CLOSING[letter])
        elif open_brackets and letter == open_brackets[-1]:
            open_brackets.pop()
        elif letter == "," and not open_brackets:
            parts.append("")
            continue
        parts[-1] += letter
    parts = [part.strip() for part in parts]
    if len(parts) > 1 and not all(parts):
        refuse("--set", "a value between commas", shown(text))
    return parts
