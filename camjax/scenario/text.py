"""A checked document as TOML text."""

from typing import Any

import tomli_w
from pydantic import BaseModel

from camjax.scenario.schema import Document


def to_toml(document: Document) -> str:
    """Canonical text: every key that has a value, defaults included, in the order of the schema.

    >>> from camjax.scenario.scenario import load_scenario
    >>> print(load_scenario("fei").toml.splitlines()[1])
    name = "fei"
    """
    return tomli_w.dumps(_without_empty(document.model_dump(by_alias=True, exclude_none=True)))


def as_text(value: Any) -> str:
    """A value as TOML writes it, on one line; tables and objects inline.

    >>> as_text(((0.0, 0.03), (182.5, 0.0))), as_text({"process": "constant", "value": 0.7})
    ('[[0.0, 0.03], [182.5, 0.0]]', '{process = "constant", value = 0.7}')
    """
    if isinstance(value, BaseModel):
        value = value.model_dump(by_alias=True, exclude_none=True)
    match value:
        case dict():
            return "{" + ", ".join(f"{key} = {as_text(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(as_text, value)) + "]"
        case _:
            return tomli_w.dumps({"value": value}).removeprefix("value = ").strip()


def _without_empty(table: dict[str, Any]) -> dict[str, Any]:
    """A table without the tables in it that hold nothing."""
    pruned = {
        key: _without_empty(value) if isinstance(value, dict) else value
        for key, value in table.items()
    }
    return {key: value for key, value in pruned.items() if value != {}}
