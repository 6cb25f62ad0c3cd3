"""One expectation of paths that are not kept: a mean or a probability, in constant memory."""

import dataclasses
from functools import cached_property
from typing import Any, ClassVar

import jax
from jax import Array
from numpy.typing import NDArray

from camjax.ensemble import Estimate, FinalMean, FinalProbability
from camjax.ensemble.quantities import Quantity
from camjax.ensemble.reducers import Event, Scope
from camjax.errors import QuestionError, refusal
from camjax.model import Model, Record
from camjax.questions.parser import parse
from camjax.questions.tree import Term
from camjax.questions.watch import Memory, Watch

VALUE = Quantity("value")
"""What the question makes of a path."""

HAPPENS = Event(VALUE, ">", 0.5)


@dataclasses.dataclass(frozen=True)
class Statistic:
    """Mean or probability of what a question asks of each path, with its interval.

    Args:
      of: a value, such as "cost", or an event, such as "mean share[savings] > 0.6".
      steps: T.

    Raises:
      QuestionError: it cannot be read, or is more than one mean or probability.
    """

    of: str
    steps: int
    scope: ClassVar[Scope] = "along"
    variables: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        term = parse(self.of)
        if not isinstance(term, Term) or term.kind == "quantile" or term.settings:
            expected = "one mean or probability, of the scenario as it is"
            remedy = "`camjax ask` answers other questions."
            raise QuestionError(refusal("question", expected, "another one", remedy), self.of, 0)

    @property
    def name(self) -> str:
        """The question."""
        return f"statistic({self.of})"

    @cached_property
    def watch(self) -> Watch:
        """What follows a path."""
        return Watch(self.of, (self._term,), self.steps)

    def start(self, model: Model) -> Memory:
        """Memory of one path before the first step."""
        return self.watch.start(model)

    def advance(self, model: Model, memory: Memory, record: Record) -> Memory:
        """Memory of one path after a step."""
        return self.watch.advance(model, memory, record)

    def fold(self, memory: Any, counted: Array) -> dict[str, Array]:
        """Moments of a block, or counts."""
        (values,) = jax.vmap(self.watch.finish, in_axes=-1, out_axes=-1)(memory)
        return self._of_values.fold({VALUE.key: values}, counted)

    def merge(self, earlier: Any, later: Any) -> dict[str, NDArray]:
        """Those of both sets of paths."""
        return self._of_values.merge(earlier, later)

    def finish(self, partial: Any) -> Estimate:
        """The statistic and its interval."""
        return dataclasses.replace(self._of_values.finish(partial), of=self.of)

    @property
    def _term(self) -> Term:
        term = parse(self.of)
        assert isinstance(term, Term)
        return term

    @cached_property
    def _of_values(self) -> FinalMean | FinalProbability:
        if self._term.kind == "E":
            return FinalMean(VALUE)
        return FinalProbability(HAPPENS)
