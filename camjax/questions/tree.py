"""What a question says, as a tree: values of a path, events, and expectations over paths."""

import dataclasses
from collections.abc import Iterator
from typing import Any, Literal

from camjax.ensemble.quantities import Quantity

Settings = tuple[str, ...]
"""Overrides of the scenario, `path=value` each, sorted."""


@dataclasses.dataclass(frozen=True)
class Number:
    """A number; infinity stands for "never"."""

    value: float


@dataclasses.dataclass(frozen=True)
class Series:
    """A quantity, which has a value at every step."""

    quantity: Quantity
    position: int = dataclasses.field(default=0, compare=False)


@dataclasses.dataclass(frozen=True)
class At:
    """What a series is at one step; None: the last."""

    series: "Node"
    step: int | None
    position: int = dataclasses.field(default=0, compare=False)


@dataclasses.dataclass(frozen=True)
class Over:
    """Mean or extreme of a series over the steps of a path."""

    how: Literal["mean", "max", "min"]
    series: "Node"


@dataclasses.dataclass(frozen=True)
class TimeTo:
    """Days until an event first is so; infinite where it never is."""

    event: "Node"


@dataclasses.dataclass(frozen=True)
class Negative:
    """Minus something."""

    of: "Node"


@dataclasses.dataclass(frozen=True)
class Arithmetic:
    """Two values, or two expectations, joined by + - * /."""

    sign: str
    left: "Node"
    right: "Node"


@dataclasses.dataclass(frozen=True)
class Comparison:
    """An event: one value beyond another."""

    sign: str
    left: "Node"
    right: "Node"


@dataclasses.dataclass(frozen=True)
class Logic:
    """Two events joined by "and" or "or"."""

    word: Literal["and", "or"]
    left: "Node"
    right: "Node"


@dataclasses.dataclass(frozen=True)
class Not:
    """That an event is not so."""

    event: "Node"


@dataclasses.dataclass(frozen=True)
class Term:
    """One expectation over paths.

    P(event), E(value), or the quantile of a value.
    """

    kind: Literal["P", "E", "quantile"]
    of: "Node"
    level: float = 0.5
    """Of a quantile."""
    settings: Settings = ()
    position: int = dataclasses.field(default=0, compare=False)


Node = (
    Number | Series | At | Over | TimeTo | Negative | Arithmetic | Comparison | Logic | Not | Term
)

Cell = At | Over | TimeTo
"""What has to be remembered along a path."""


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it."""
    ahead = [node]
    while ahead:
        yield (current := ahead.pop())
        below = [getattr(current, field.name) for field in dataclasses.fields(current)]
        ahead.extend(child for child in reversed(below) if isinstance(child, Node))


def is_event(node: Node) -> bool:
    """Whether it is so or not, rather than a number."""
    return isinstance(node, Comparison | Logic | Not)


def terms_of(node: Node) -> tuple[Term, ...]:
    """The expectations of a question, each once."""
    return tuple(dict.fromkeys(each for each in walk(node) if isinstance(each, Term)))


def has_series(node: Node) -> bool:
    """Whether it has a value at every step, no time being said."""
    if isinstance(node, Cell):
        return False
    below = (getattr(node, field.name) for field in dataclasses.fields(node))
    return isinstance(node, Series) or any(has_series(n) for n in below if isinstance(n, Node))


def has_time(node: Node) -> bool:
    """Whether a time is said in it."""
    return any(isinstance(each, Cell) for each in walk(node))


def at(node: Node, step: int | None, position: int = 0) -> Node:
    """A value or an event of a path: every series of which no time is said, at a step.

    Args:
      node: as it was read.
      step: None: the last.
      position: of the step in the question.
    """
    if not has_series(node):
        return node
    if not has_time(node) and not is_event(node):
        return At(node, step, position)
    below: dict[str, Any] = {
        field.name: at(child, step, position)
        for field in dataclasses.fields(node)
        if isinstance(child := getattr(node, field.name), Node)
    }
    return dataclasses.replace(node, **below)
