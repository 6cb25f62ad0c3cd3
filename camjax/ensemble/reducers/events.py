"""Events along a path: how probable they are, and when they first happen."""

import dataclasses
import operator
import re
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from camjax.ensemble.quantities import Quantity
from camjax.ensemble.reducers.base import Scope
from camjax.errors import CamjaxError, refusal
from camjax.intervals import LEVEL, probability_interval
from camjax.numerals import read_number

COMPARISONS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


@dataclasses.dataclass(frozen=True)
class Event:
    """A quantity beyond a threshold.

    >>> str(Event.parse("share[savings] > 0.6"))
    'share[savings] > 0.6'
    """

    quantity: Quantity
    comparison: str
    threshold: float

    @classmethod
    def parse(cls, text: str) -> "Event":
        """Read `quantity comparison number`.

        Raises:
          CamjaxError: anything else.
        """
        match = re.fullmatch(r"(.*?)(>=|<=|>|<)(.*)", text)
        try:
            threshold = read_number(match[3]) if match else None
        except ValueError:
            threshold = None
        if match is None or threshold is None:
            expected = "quantity, one of > >= < <=, and a finite number"
            raise CamjaxError(refusal("event", expected, repr(text), "share[savings] > 0.6?"))
        return cls(Quantity.parse(match[1]), match[2], threshold)

    def __str__(self) -> str:
        return f"{self.quantity} {self.comparison} {self.threshold:g}"

    def happens(self, values: Array) -> Array:
        """[T, L] whether it is so, from the quantity's values."""
        if self.quantity.variable == "cost":
            values = values.cumsum(axis=0)  # of each step, and asked for since the start
        return COMPARISONS[self.comparison](values, jnp.asarray(self.threshold, values.dtype))


@dataclasses.dataclass(frozen=True)
class FirstTimeResult:
    """When an event first happens, and how probable it is at each step."""

    event: str
    num_paths: int
    count: NDArray
    """[T] paths on which it is so at step t."""
    first: NDArray
    """[T + 1] paths on which it first is so at step t; the last entry: never."""

    def probability(self) -> NDArray:
        """[T] that it is so at step t."""
        return self.count / self.num_paths

    def interval(self, level: float = LEVEL) -> tuple[NDArray, NDArray]:
        """[T] interval of that probability."""
        return probability_interval(self.count, self.num_paths, level)

    def by(self) -> NDArray:
        """[T] probability that it has happened by step t."""
        return self.first[:-1].cumsum() / self.num_paths

    @property
    def never(self) -> float:
        """Probability that it never happens."""
        return float(self.first[-1] / self.num_paths)

    def never_interval(self, level: float = LEVEL) -> tuple[NDArray, NDArray]:
        """Interval of the probability that it never happens."""
        return probability_interval(self.first[-1], self.num_paths, level)

    def quantile_step(self, level: float) -> int | None:
        """First step by which it has happened with this probability; None: not within the run."""
        reached = np.flatnonzero(self.by() >= level)
        return int(reached[0]) + 1 if reached.size else None


@dataclasses.dataclass(frozen=True)
class FirstTime:
    """Probability of an event at every step, and the time it first happens, "never" included.

    Args:
      event: what to look for.
    """

    event: Event
    scope: ClassVar[Scope] = "path"

    @property
    def name(self) -> str:
        """P(event)."""
        return f"P({self.event})"

    @property
    def variables(self) -> tuple[str, ...]:
        """The event's quantity."""
        return (self.event.quantity.key,)

    def fold(self, variables: dict[str, Array], counted: Array) -> dict[str, Array]:
        """Counts of a block."""
        happens = self.event.happens(variables[self.event.quantity.key])
        happens = happens & jnp.broadcast_to(counted, happens.shape)
        steps = happens.shape[0]
        first = jnp.where(happens.any(0), happens.argmax(0), steps)
        place = jnp.where(counted, first, steps + 1)
        counts = jnp.zeros(steps + 1, jnp.int32).at[place].add(1, mode="drop")
        return {"count": happens.sum(-1, dtype=jnp.int32), "first": counts}

    def merge(self, earlier: Any, later: Any) -> dict[str, NDArray]:
        """Counts of both sets of paths."""
        return {name: np.asarray(earlier[name], np.int64) + later[name] for name in earlier}

    def finish(self, partial: Any) -> FirstTimeResult:
        """Probabilities and times."""
        count, first = (np.asarray(partial[name], np.int64) for name in ("count", "first"))
        return FirstTimeResult(str(self.event), int(first.sum()), count, first)
