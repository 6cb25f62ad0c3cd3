"""Refusals in one line: where, expected, got, remedy; deposits by name, near misses suggested."""

import contextlib
import datetime
import difflib
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Literal, NoReturn, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from camjax.errors import ScenarioError, refusal, shortened
from camjax.scenario import kinds
from camjax.scenario.deposit_tables import DEPOSIT_TABLES
from camjax.scenario.process_tables import AnyProcess
from camjax.scenario.schema import Document
from camjax.scenario.tables import Table

Location = tuple[int | str, ...]

LONGEST_LIST = 600
"""Most characters of a list of all that is known: a user's names may be the most of it."""

LONGEST_BITS = 128
"""Of a whole number that is shown; Python does not write out those of many thousand."""

TYPE_WORDS = {
    "bool_type": "true or false",
    "string_type": "text in quotes",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "date_type": "a date such as 2022-06-22",
}
"""What pydantic's own checks expect, by the type of the error."""


def refuse(where: str, expected: str, got: object, remedy: str = "") -> NoReturn:
    """Raise a ScenarioError in the house wording."""
    raise ScenarioError(refusal(where, expected, got, remedy))


@contextlib.contextmanager
def located(label: str) -> Iterator[None]:
    """Put the name of a file or scenario before the message of any ScenarioError raised inside."""
    try:
        yield
    except ScenarioError as error:
        raise ScenarioError(f"{label}: {error}") from None


def shown(value: object) -> str:
    """A value as a message shows it: the way TOML writes it, shortened where it is long.

    >>> shown(True), shown("idle"), shown(None), shown(["a", 2.5])
    ('true', '"idle"', 'nothing', '["a", 2.5]')
    """
    match value:
        case None:
            text = "nothing"
        case bool():
            text = str(value).lower()
        case int() if value.bit_length() > LONGEST_BITS:
            text = f"a whole number of {int(value.bit_length() * math.log10(2)) + 1} digits"
        case str():
            text = f'"{value}"'
        case datetime.date():
            text = value.isoformat()
        case Mapping():
            text = "a table with " + (", ".join(map(str, value)) or "no keys")
        case list() | tuple():
            text = f"[{', '.join(map(shown, value))}]"
        case _:
            text = repr(value).replace("\n", " ")
    return shortened(text)


def choices(values: Iterable[object]) -> str:
    """Values to choose from.

    >>> choices(["netted", "sequential"])
    '"netted" or "sequential"'
    """
    *others, last = map(shown, values)
    return f"{', '.join(others)} or {last}" if others else last


def nearest(name: object, known: Iterable[object]) -> str:
    """A question after the nearest known name, empty where none is near.

    >>> nearest("kinc", ["kink", "rate"])
    'Did you mean "kink"?'
    """
    near = difflib.get_close_matches(str(name), map(str, known), n=1)
    return f"Did you mean {shown(near[0])}?" if near else ""


def unknown(what: str, name: str, known: Collection[str]) -> tuple[str, str, str]:
    """Expected, got and remedy for a name that means nothing: the nearest known one, or all.

    >>> unknown("key", "window", ["risk_window"])
    ('a known key', '"window"', 'Did you mean "risk_window"?')
    """
    remedy = nearest(name, known) or f"Known here: {shortened(', '.join(known), LONGEST_LIST)}."
    return f"a known {what}", shown(name), remedy


def scenario_error(error: ValidationError, document: Mapping[str, Any]) -> ScenarioError:
    """The first thing wrong with a document; unknown keys first, for they explain missing ones."""
    details = error.errors(include_url=False)
    first = min(details, key=lambda detail: detail["type"] != "extra_forbidden")
    return ScenarioError(_wording(first, document))


def _wording(detail: ErrorDetails, document: Mapping[str, Any]) -> str:
    """One line for one of pydantic's errors."""
    location, got, context = detail["loc"], detail["input"], detail.get("ctx", {})
    where = _dotted(location, document)
    parent, key = location[:-1], str(location[-1])
    match detail["type"]:
        case kinds.REFUSED:
            return refusal(where, context["expected"], shown(got), context["remedy"])
        case "extra_forbidden":
            return refusal(where, *unknown("key", key, _fields(parent)))
        case "missing":
            return refusal(where, *_expectation(_fields(parent)[key]))
        case "literal_error":
            options = get_args(_choice(_fields(parent)[key]))
            return refusal(where, choices(options), shown(got), nearest(got, options))
        case "union_tag_invalid" | "union_tag_not_found":
            discriminator = context["discriminator"].strip("'")
            known = _tables(location[0])
            tag = got.get(discriminator)
            return refusal(
                f"{where}.{discriminator}", choices(known), shown(tag), nearest(tag, known)
            )
        case other:
            remedy = nearest(key, _fields(parent)) if parent == ("drivers",) else ""
            return refusal(where, TYPE_WORDS.get(other, detail["msg"]), shown(got), remedy)


def _dotted(location: Location, document: Mapping[str, Any]) -> str:
    """A location as it would be overridden: deposits by name, no discriminators."""
    names = _without_tag(location)
    if len(names) > 1 and names[0] == "deposits":
        entry = document["deposits"][names[1]]
        name = entry.get("name") if isinstance(entry, dict) else None
        if isinstance(name, str) and name:
            names = ("deposits", name, *names[2:])
    text = "".join(f"[{name}]" if isinstance(name, int) else f".{name}" for name in names)
    return shortened(text.removeprefix(".")) or "scenario"


def _without_tag(location: Location) -> Location:
    """A location without the type that pydantic puts behind a deposit or a process."""
    tagged = (
        len(location) > 2
        and location[0] in ("deposits", "drivers")
        and location[2] in _tables(location[0])
    )
    return (*location[:2], *location[3:]) if tagged else location


_PROCESS_TABLES: dict[str, type[Table]] = {
    get_args(table.model_fields["process"].annotation)[0]: table for table in get_args(AnyProcess)
}


def _tables(section: int | str) -> Mapping[str, type[Table]]:
    """The tables of a section by the value that tells them apart."""
    return DEPOSIT_TABLES if section == "deposits" else _PROCESS_TABLES


def _fields(location: Location) -> dict[str, FieldInfo]:
    """The keys of the table at a location, as they are written in the file."""
    table: Any = Document
    if len(location) > 2:
        table = _tables(location[0])[str(location[2])]
    elif location:
        annotation = Document.model_fields[str(location[0])].annotation
        table = next(iter(get_args(annotation)), annotation)  # a table that may be left out
    return {field.alias or name: field for name, field in table.model_fields.items()}


def _expectation(field: FieldInfo) -> tuple[str, str, str]:
    """Expected, got and remedy where a required key is missing."""
    kind = next((item for item in field.metadata if isinstance(item, kinds.Kind)), None)
    if kind:
        expected = kind.expected
    elif get_origin(field.annotation) is Literal:
        expected = choices(get_args(field.annotation))
    else:
        expected = "a list" if get_origin(field.annotation) is list else "text in quotes"
    return expected, "nothing", "This key has no default."


def _choice(field: FieldInfo) -> Any:
    """The Literal among the types of a field."""
    options = (field.annotation, *get_args(field.annotation))
    return next(option for option in options if get_origin(option) is Literal)
