"""What is remembered along a path so that questions about it can be answered at its end."""

import dataclasses
import math
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from camjax.ensemble.quantities import Quantity
from camjax.ensemble.values import COST, cost_of_step, value_of
from camjax.errors import CamjaxError, QuestionError
from camjax.model import Model, Record
from camjax.questions.evaluate import Widths, evaluate
from camjax.questions.tree import At, Cell, Comparison, Node, Over, Series, Term, TimeTo, walk

START = {"mean": 0.0, "max": -math.inf, "min": math.inf}
"""What is remembered of a series before its first step."""


Asked = Callable[[Model, Quantity, Record], Array]
"""Gives a quantity of a step."""


class Memory(NamedTuple):
    """One path up to a step."""

    costs: tuple[Array, ...]
    """[] each, since the start."""
    cells: tuple[Array, ...]
    """[] each."""


@dataclasses.dataclass(frozen=True)
class Watch:
    """Follows a path for some expectations, within the scan over steps.

    Args:
      text: the question, for messages.
      terms: M expectations.
      steps: T.

    Raises:
      QuestionError: a step that is not run.
    """

    text: str
    terms: tuple[Term, ...]
    steps: int

    def __post_init__(self) -> None:
        for cell in self.cells:
            if isinstance(cell, At) and cell.step is not None and cell.step > self.steps:
                sentence = f"question: expected a step from 1 to {self.steps}, got {cell.step}."
                raise QuestionError(sentence, self.text, cell.position)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """What is remembered, each once."""
        return tuple(dict.fromkeys(node for node in self._nodes() if isinstance(node, Cell)))

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Comparisons of values of a whole path, each once."""
        inner = {below for cell in self.cells for below in walk(cell)}
        every = (node for node in self._nodes() if isinstance(node, Comparison))
        return tuple(dict.fromkeys(node for node in every if node not in inner))

    def start(self, model: Model) -> Memory:
        """Memory before the first step."""
        like = model.rebalancing.duration_days
        return Memory(
            costs=tuple(jnp.zeros_like(like) for _ in self._costs),
            cells=tuple(jnp.full_like(like, _start(cell)) for cell in self.cells),
        )

    def advance(self, model: Model, memory: Memory, record: Record) -> Memory:
        """Memory after a step.

        Raises:
          QuestionError: a quantity that the model does not have.
        """
        costs = {
            series: before + self._asked(series, cost_of_step, model, record)
            for series, before in zip(self._costs, memory.costs, strict=True)
        }
        like = model.rebalancing.duration_days

        def look(leaf: Node) -> Array:
            assert isinstance(leaf, Series)
            if leaf in costs:
                return costs[leaf]
            return self._asked(leaf, value_of, model, record)

        cells = []
        for cell, before in zip(self.cells, memory.cells, strict=True):
            inner = cell.event if isinstance(cell, TimeTo) else cell.series
            value = evaluate(inner, look, like)
            cells.append(_advance(cell, before, value, record.step, model.dt_days))
        return Memory(tuple(costs.values()), tuple(cells))

    def finish(self, memory: Memory, widths: Widths | None = None) -> Array:
        """[M] what the path gives each expectation: an event as 1 or 0, smooth with widths."""
        return jnp.stack(self._evaluated(memory, [term.of for term in self.terms], widths))

    def margins(self, memory: Memory) -> dict[Comparison, Array]:
        """By how much the left side of each comparison exceeds the right one."""
        left, right = (
            self._evaluated(memory, [getattr(event, side) for event in self.comparisons], None)
            for side in ("left", "right")
        )
        return {event: a - b for event, a, b in zip(self.comparisons, left, right, strict=True)}

    @cached_property
    def _costs(self) -> tuple[Series, ...]:
        every = (node for node in self._nodes() if isinstance(node, Series))
        return tuple(dict.fromkeys(node for node in every if node.quantity.variable == COST))

    def _nodes(self) -> list[Node]:
        return [node for term in self.terms for node in walk(term)]

    def _evaluated(self, memory: Memory, nodes: list[Node], widths: Widths | None) -> list[Array]:
        cells: dict[Node, Array] = dict(zip(self.cells, memory.cells, strict=True))
        for cell in self.cells:
            if isinstance(cell, Over) and cell.how == "mean":
                cells[cell] = cells[cell] / self.steps
        like = memory.cells[0]
        return [evaluate(node, lambda leaf: cells[leaf], like, widths) for node in nodes]

    def _asked(self, series: Series, ask: Asked, model: Model, record: Record) -> Array:
        """A quantity of a step; where there is none, a refusal that points at it."""
        try:
            return ask(model, series.quantity, record)
        except CamjaxError as error:
            raise QuestionError(str(error), self.text, series.position) from None


def _start(cell: Cell) -> float:
    if isinstance(cell, Over):
        return START[cell.how]
    return math.inf if isinstance(cell, TimeTo) else 0.0


def _advance(cell: Cell, before: Array, value: Array, step: Array, dt_days: float) -> Array:
    """What is remembered after a step."""
    if isinstance(cell, TimeTo):
        days = step.astype(value.dtype) * dt_days
        return jnp.where(jnp.isinf(before) & (value > 0.5), days, before)
    if isinstance(cell, Over):
        join = {"mean": jnp.add, "max": jnp.maximum, "min": jnp.minimum}[cell.how]
        return join(before, value)
    return value if cell.step is None else jnp.where(step == cell.step, value, before)
