"""One number at the end of a run, with its interval: a mean or a probability."""

import dataclasses
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from camjax.ensemble.quantities import Quantity
from camjax.ensemble.reducers.base import Scope
from camjax.ensemble.reducers.events import COMPARISONS, Event
from camjax.ensemble.reducers.moments import Moments
from camjax.ensemble.reducers.skewness import merged_skewness, moments_with_skewness
from camjax.intervals import LEVEL, few_carry, half_width, probability_interval


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A statistic as the paths so far tell it."""

    of: str
    """The quantity whose mean, or the event whose probability it is."""
    num_paths: int
    value: float
    low: float
    high: float
    """Ends of the interval."""
    skewed: bool = False
    """Whether few paths carry a mean, so that its interval is likely too narrow."""

    @property
    def half_width(self) -> float:
        """Half of the interval's width; infinite where paths are too few to tell."""
        return half_width(self.low, self.high)


@dataclasses.dataclass(frozen=True)
class FinalMean:
    """Mean of a quantity at the last step.

    Args:
      quantity: which.
      level: of Student's interval.
    """

    quantity: Quantity
    level: float = LEVEL
    scope: ClassVar[Scope] = "end"

    @property
    def name(self) -> str:
        """mean(quantity)."""
        return f"mean({self.quantity})"

    @property
    def variables(self) -> tuple[str, ...]:
        """The quantity."""
        return (self.quantity.key,)

    @property
    def _moments(self) -> Moments:
        return Moments(self.quantity.variable)

    def fold(self, variables: dict[str, Array], counted: Array) -> dict[str, Array]:
        """Moments of a block, and its skewness."""
        return moments_with_skewness(self.values(variables), counted)

    def values(self, variables: dict[str, Array]) -> Array:
        """[L] the quantity of every path."""
        return variables[self.quantity.key]

    def merge(self, earlier: Any, later: Any) -> dict[str, NDArray]:
        """Moments of both sets of paths."""
        together = self._moments.merge(earlier, later)
        return together | {"skewness": merged_skewness(earlier, later, together)}

    def finish(self, partial: Any) -> Estimate:
        """Mean and interval."""
        found = self._moments.finish(partial)
        parts = (found.mean, *found.interval(self.level))
        skewed = bool(few_carry(partial["skewness"], found.num_paths))
        mean, low, high = (float(part) for part in parts)
        return Estimate(str(self.quantity), found.num_paths, mean, low, high, skewed)


@dataclasses.dataclass(frozen=True)
class FinalProbability:
    """Probability of an event at the last step.

    Args:
      event: which.
      level: of Clopper and Pearson's interval.
    """

    event: Event
    level: float = LEVEL
    scope: ClassVar[Scope] = "end"

    @property
    def name(self) -> str:
        """P(event at the end)."""
        return f"P({self.event} at the end)"

    @property
    def variables(self) -> tuple[str, ...]:
        """The event's quantity."""
        return (self.event.quantity.key,)

    def fold(self, variables: dict[str, Array], counted: Array) -> dict[str, Array]:
        """Paths of a block, those on which it is so, and those on which it can be told."""
        values = variables[self.event.quantity.key]
        happens = COMPARISONS[self.event.comparison](values, self.event.threshold)
        return {
            "paths": counted.sum(dtype=jnp.int32),
            "happens": (happens & counted).sum(dtype=jnp.int32),
            "known": (~jnp.isnan(values) & counted).sum(dtype=jnp.int32),
        }

    def merge(self, earlier: Any, later: Any) -> dict[str, NDArray]:
        """Counts of both sets of paths."""
        return {name: np.asarray(earlier[name], np.int64) + later[name] for name in earlier}

    def finish(self, partial: Any) -> Estimate:
        """Probability and interval; NaN where the quantity is not a number on some path."""
        paths, happens = int(partial["paths"]), partial["happens"]
        if partial["known"] < paths:
            return Estimate(str(self.event), paths, np.nan, np.nan, np.nan)
        low, high = probability_interval(happens, paths, self.level)
        return Estimate(str(self.event), paths, int(happens) / paths, float(low), float(high))


def final_statistic(text: str, level: float = LEVEL) -> FinalMean | FinalProbability:
    """The reducer of a statistic at the end that is named in words.

    Args:
      text: a quantity, `share[savings]`, for its mean, or an event, `share[savings] > 0.6`, for
        its probability.
      level: of the interval.

    Raises:
      CamjaxError: it is neither.

    >>> final_statistic("share[savings] > 0.6").name
    'P(share[savings] > 0.6 at the end)'
    """
    if any(sign in text for sign in "<>"):
        return FinalProbability(Event.parse(text), level)
    return FinalMean(Quantity.parse(text), level)
