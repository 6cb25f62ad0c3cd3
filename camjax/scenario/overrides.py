"""Overrides by dotted path: `deposits.savings.rate = 0.03` laid over a scenario's document."""

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from camjax.errors import shortened
from camjax.scenario.messages import refuse, shown, unknown
from camjax.scenario.toml_text import DEEPEST, check_depth, parse_toml

ALTERNATIVES: dict[tuple[str, ...], str] = {
    ("weights", "yield_window"): "yield_half_life_days",
    ("weights", "yield_half_life_days"): "yield_window",
}
"""Keys of which only one can stand: an override of either replaces the other."""

BARE_WORD = re.compile(r"[A-Za-z_./~][\w./~ -]*")
"""Text that is no TOML value but can only be meant as itself: a word or a file."""


def parse_overrides(assignments: Iterable[str]) -> dict[str, Any]:
    """Read `path=value` strings, as `--set` takes them, into overrides.

    Values are TOML. Quotes around a single word or a file name may be left out, since a shell
    takes them away.

    Raises:
      ScenarioError: there is no `=`, no path before it, the value is not TOML, or a path comes
        twice.

    >>> parse_overrides(["weights.yield_window=5", "weights.rule=pairwise"])
    {'weights.yield_window': 5, 'weights.rule': 'pairwise'}
    """
    found: dict[str, Any] = {}
    for assignment in assignments:
        path, value = _parse(assignment)
        if path in found:
            refuse(
                f"--set {shortened(path)}", "each key once", "it twice", "The first would be lost."
            )
        found[path] = value
    return found


def _parse(assignment: str) -> tuple[str, Any]:
    path, equals, text = assignment.partition("=")
    path, text = path.strip(), text.strip()
    if not equals or not path:
        refuse("--set", "path=value", shown(assignment), "For example weights.yield_window=5.")
    try:
        parsed = parse_toml(f"value = {text}")
    except ValueError:
        if BARE_WORD.fullmatch(text):
            return path, text
        parsed = {}
    if list(parsed) != ["value"]:
        refuse(
            f"--set {shortened(path)}",
            "a TOML value",
            shown(text),
            "For example 0.5, true or [1, 2].",
        )
    check_depth(parsed["value"])
    return path, parsed["value"]


def apply_overrides(document: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a document with values put at dotted paths, later ones over earlier ones.

    Deposits are named by their name. Tables that are not there yet are made; whether keys and
    values are good is for the schema to say.

    Raises:
      ScenarioError: a path is empty somewhere, names an unknown deposit, or leads through a value
        that is not a table.
    """
    if not isinstance(overrides, Mapping):
        refuse("overrides", "values by dotted path", shown(overrides))
    result = copy.deepcopy(dict(document))
    for path, value in overrides.items():
        *tables, key = path.split(".")
        if not all([*tables, key]):
            refuse(shown(path), "a dotted path such as weights.yield_window", "an empty part")
        if len(tables) >= DEEPEST:
            refuse(shown(path), f"a path of at most {DEEPEST} keys", len(tables) + 1)
        table = _table_at(result, tables, path)
        table[key] = value
        other = ALTERNATIVES.get((*tables, key))
        if other and f"{'.'.join(tables)}.{other}" not in overrides:
            table.pop(other, None)
    return result


def _table_at(document: dict[str, Any], tables: list[str], path: str) -> dict[str, Any]:
    """The table that a path leads to, made where it is missing."""
    current: Any = document
    for depth, name in enumerate(tables, start=1):
        if depth == 2 and isinstance(current, list):
            current = _deposit(current, name)
        else:
            current = current.setdefault(name, [] if tables[0] == "deposits" else {})
        is_last = depth == len(tables)
        if not isinstance(current, dict) and (is_last or not isinstance(current, list)):
            _refuse_path(".".join(tables[:depth]), current, path)
    return current


def _deposit(deposits: list[Any], name: str) -> dict[str, Any]:
    tables = [table for table in deposits if isinstance(table, dict)]
    names = [str(table.get("name")) for table in tables]
    if name not in names:
        refuse(shortened(f"deposits.{name}"), *unknown("deposit", name, names))
    return tables[names.index(name)]


def _refuse_path(where: str, value: object, path: str) -> NoReturn:
    if where == "deposits":
        remedy = "For example deposits.savings.rate."
        refuse(shortened(path), "deposits.<name>.<key>", "no deposit's key", remedy)
    refuse(shortened(path), f"{shortened(where)} to be a table", shown(value))
