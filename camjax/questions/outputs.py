"""Questions as functions of a model's numbers, to differentiate, to vary and to solve."""

import dataclasses
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from camjax.errors import QuestionError, refusal
from camjax.feed import Feed
from camjax.model import Model, Record
from camjax.processes import DriverProcesses
from camjax.questions.evaluate import SIGNS
from camjax.questions.parser import parse
from camjax.questions.rounded import rounding_of
from camjax.questions.tree import (
    Arithmetic,
    Comparison,
    Negative,
    Node,
    Number,
    Over,
    Term,
    TimeTo,
    is_event,
    terms_of,
    walk,
)
from camjax.questions.watch import Memory, Watch
from camjax.scenario import Scenario
from camjax.simulation import run_steps


@dataclasses.dataclass(frozen=True, eq=False)
class Outputs:
    """What questions ask of a scenario, as functions of the numbers of its model and processes.

    Each path gives M numbers, one for each expectation (`path`); over P paths they become Q
    outputs, one for each question (`combine`). Both work under `jax.jit`, `jax.vmap` and
    `jax.grad`.

    Args:
      scenario: the structure.
      questions: Q of them, such as "share[savings]" or "P(share[savings] > 0.6)".

    Raises:
      QuestionError: one cannot be read, or names settings.

    >>> from camjax import load_scenario
    >>> scenario = load_scenario("fei", {"steps": 5})
    >>> outputs = Outputs(scenario, ("share[savings]", "2 * E(concentration)"))
    >>> values = outputs.path(scenario.model, scenario.processes, jax.random.key(0))
    >>> values.shape, outputs.combine(values[None]).shape
    ((2,), (2,))
    """

    scenario: Scenario
    questions: tuple[str, ...]

    def __post_init__(self) -> None:
        for text, tree in zip(self.questions, self.trees, strict=True):
            for term in terms_of(tree):
                if term.settings:
                    sentence = "question: expected no settings here, got some."
                    raise QuestionError(sentence, text, term.position)
            _check_quantities(self.scenario, text, tree)

    @cached_property
    def trees(self) -> tuple[Node, ...]:
        """What each question says."""
        return tuple(parse(text) for text in self.questions)

    @cached_property
    def watch(self) -> Watch:
        """What follows a path for all of them."""
        every = (term for tree in self.trees for term in terms_of(tree))
        return Watch("; ".join(self.questions), tuple(dict.fromkeys(every)), self.scenario.steps)

    @property
    def num_comparisons(self) -> int:
        """Comparisons of values of a whole path, C."""
        return len(self.watch.comparisons)

    @property
    def is_smooth(self) -> bool:
        """Whether all have a derivative, given that comparisons of whole paths are smooth."""
        return not any(_is_rough(term) for term in self.watch.terms)

    def check_smooth(self) -> None:
        """Refuse questions that have no derivative even where comparisons are smooth.

        Raises:
          QuestionError: there are some.
        """
        for text, tree in zip(self.questions, self.trees, strict=True):
            for term in terms_of(tree):
                if _is_rough(term):
                    got = "a time to an event, a part of steps or an equality"
                    remedy = "The methods sobol and morris need none."
                    sentence = refusal("question", "what has a derivative", got, remedy)
                    raise QuestionError(sentence, text, term.position)

    def path(
        self,
        model: Model,
        processes: DriverProcesses,
        key: Array,
        normals: dict[str, Array] | None = None,
        widths: Array | None = None,
    ) -> Array:
        """[M] what one path gives the expectations: an event as 1 or 0.

        Args:
          model: of the scenario's structure.
          processes: of the scenario's structure.
          key: of the path.
          normals: [T+1] by column, those that the key gives if left out.
          widths: [C]; each comparison is 1 / (1 + exp(-(left - right) / width)), which has a
            derivative everywhere.
        """
        memory = self._follow(model, processes, key, normals)
        if widths is None:
            return self.watch.finish(memory)
        smooth = dict(zip(self.watch.comparisons, widths, strict=True))
        return self.watch.finish(memory, smooth)

    def margins(
        self,
        model: Model,
        processes: DriverProcesses,
        key: Array,
        normals: dict[str, Array] | None = None,
    ) -> Array:
        """[C] by how much left sides exceed right sides on one path."""
        memory = self._follow(model, processes, key, normals)
        return jnp.stack(list(self.watch.margins(memory).values()))

    def combine(self, values: Array) -> Array:
        """[Q] from what the paths give [P, M]."""
        statistics = {
            term: _statistic(term, values[:, place]) for place, term in enumerate(self.watch.terms)
        }
        return jnp.stack([_combined(tree, statistics) for tree in self.trees])

    def rounding(self, values: NDArray) -> NDArray:
        """[Q] by how much outputs [S, Q] may differ by rounding alone."""
        sizes = np.max(np.abs(values), axis=0, initial=0.0, where=np.isfinite(values))
        precision = self.scenario.precision
        return np.array(
            [
                rounding_of(tree, size, self.scenario, precision)
                for tree, size in zip(self.trees, sizes.tolist(), strict=True)
            ]
        )

    def _follow(
        self,
        model: Model,
        processes: DriverProcesses,
        key: Array,
        normals: dict[str, Array] | None,
    ) -> Memory:
        feed = self.scenario.with_leaves(model, processes).feed(key, normals)
        return _remembered(self.watch, model, feed, key)


def _is_rough(term: Term) -> bool:
    """Whether an expectation jumps even where comparisons of whole paths are smooth."""
    return any(
        isinstance(node, TimeTo)
        or (isinstance(node, Over) and is_event(node.series))
        or (isinstance(node, Comparison) and node.sign == "=")
        for node in walk(term)
    )


def _remembered(watch: Watch, model: Model, feed: Feed, key: Array) -> Memory:
    def see(memory: Memory, record: Record) -> tuple[Memory, None]:
        return watch.advance(model, memory, record), None

    _, memory, _ = run_steps(model, feed, key, watch.start(model), see)
    return memory


def _check_quantities(scenario: Scenario, text: str, tree: Node) -> None:
    """Refuse what the model does not have, at its place in its own question."""
    watch = Watch(text, terms_of(tree), scenario.steps)

    def trace(key: Array) -> Memory:
        return _remembered(watch, scenario.model, scenario.feed(key), key)

    jax.eval_shape(trace, jax.random.key(0))


def _statistic(term: Term, values: Array) -> Array:
    if term.kind == "quantile":
        return jnp.quantile(values, term.level, method="inverted_cdf")
    return values.mean()


def _combined(node: Node, statistics: dict[Term, Array]) -> Array:
    match node:
        case Number(value):
            return jnp.full_like(next(iter(statistics.values())), value)
        case Term():
            return statistics[node]
        case Negative(child):
            return -_combined(child, statistics)
        case Arithmetic(sign, left, right):
            found: Array = SIGNS[sign](_combined(left, statistics), _combined(right, statistics))
            return found
    raise TypeError(f"{node} is no question")
