"""The numbers of a checked document by their dotted paths: what there are, and others in place."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic.fields import FieldInfo

from camjax.domains import Flag, Interval
from camjax.scenario.columns import known_columns
from camjax.scenario.kinds import Number, Pair, Rate
from camjax.scenario.schema import Document
from camjax.scenario.tables import Table

SECTIONS = ("deposits", "weights", "rebalancing")
"""Tables that hold numbers of the model."""

MISSING = object()
"""What `find` returns where there is nothing."""

Keys = tuple[str, ...]


def list_numbers(document: Document) -> dict[str, tuple[float, Interval]]:
    """Every number of a document: its value and where it may lie, by dotted path.

    Entries of lists are told by their index. Whole numbers are counts, and not among them.
    """
    numbers = {
        ".".join((section, *keys)): found
        for section in SECTIONS
        for keys, found in _numbers(getattr(document, section), FieldInfo())
    }
    return numbers | _of_processes(document)


def replace_number(document: Document, path: str, value: Any) -> Document:
    """The document with another number, of any type and unchecked, at a path of `list_numbers`."""
    replaced: Document = _replaced(document, path.split("."), value)
    return replaced


def find(document: Document, path: str) -> Any:
    """What stands at a dotted path: a number, a table, None for a key left out, or `MISSING`."""
    node: Any = document
    for key in path.split("."):
        node = dict(_children(node)).get(key, MISSING)
    return node


def _of_processes(document: Document) -> dict[str, Any]:
    """Numbers of processes: values of a column lie in its domain too, and flags are no numbers."""
    known = known_columns(document.deposits)
    numbers = {}
    for column, table in document.drivers.processes.items():
        domain = known[column].domain
        if isinstance(domain, Flag):
            continue
        for keys, (value, interval) in _numbers(table, FieldInfo()):
            own = interval.within(domain) if keys[0] in table.anchor_keys else interval
            numbers[".".join(("drivers", column, *keys))] = value, own
    return numbers


def _numbers(node: Any, field: FieldInfo) -> Iterator[tuple[Keys, tuple[float, Interval]]]:
    """Numbers at or below a node, by the keys that lead to them from there."""
    if isinstance(node, float):
        yield (), (node, _interval(field))
        return
    for key, child in _children(node):
        own = type(node).model_fields.get(key, field) if isinstance(node, Table) else field
        for keys, found in _numbers(child, own):
            yield (key, *keys), found


def _children(node: Any) -> Iterator[tuple[str, Any]]:
    """What a table, a list or a dict holds; deposits are told by their name."""
    match node:
        case Table() | dict():
            yield from dict(node).items()
        case list() | tuple():
            for index, child in enumerate(node):
                yield getattr(child, "name", str(index)), child


def _replaced(node: Any, keys: list[str], value: Any) -> Any:
    if not keys:
        return value
    key, *rest = keys
    children = dict(_children(node))
    children[key] = _replaced(children[key], rest, value)
    match node:
        case Table():
            return node.model_copy(update={key: children[key]})
        case list() | tuple():
            return type(node)(children.values())
        case _:
            return children


def _interval(field: FieldInfo) -> Interval:
    """Where a key's numbers may lie, by the kind in its annotation."""
    kinds = [*field.metadata, *_nested_kinds(field.annotation)]
    for kind in kinds:
        match kind:
            case Number():
                return kind.interval
            case Rate() | Pair() if kind.number:
                return kind.number.interval
    raise TypeError(f"{field}: a number without a kind")


def _nested_kinds(annotation: Any) -> Iterator[Any]:
    for argument in get_args(annotation):
        yield argument
        yield from _nested_kinds(argument)
