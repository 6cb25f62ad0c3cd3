"""Inverse design: the number of a scenario at which a condition begins to hold, or a goal peaks."""

import dataclasses
from typing import Literal

import numpy as np

from camjax.arguments import MOST_SEED, text, whole
from camjax.ensemble.blocks import MOST_PATHS
from camjax.errors import CamjaxError, refusal
from camjax.questions.ask import Answer, ask
from camjax.questions.evaluations import Evaluations
from camjax.questions.outputs import Outputs
from camjax.questions.parser import parse_condition
from camjax.questions.search import Margin, peak
from camjax.scenario import Parameters, Scenario, as_scenario, parameters
from camjax.scenario.sources import Source

PATHS = 1024
"""Paths of a search in something random, unless another number is asked for."""

LEVEL = 0.95

WIDER = 10
"""A range that is not given reaches from a tenth of the value to ten times it."""

ROUNDING = 1e-9
"""A condition that is missed by less is held, but for rounding."""


@dataclasses.dataclass(frozen=True)
class Solution:
    """Where a search ended."""

    parameter: str
    range: tuple[float, float]
    paths: int
    seed: int
    value: float | None = None
    """None where the condition holds nowhere in the range."""
    low: float | None = None
    high: float | None = None
    """Ends of the 95 % interval of the answer; None where it reaches beyond the range."""
    check: Answer | None = None
    """On fresh paths: the goal, or by how much the condition is more than held."""
    nearest: tuple[float, float] | None = None
    """Where nothing is feasible: the number that comes nearest, and by how much it is held."""

    @property
    def at_bound(self) -> bool:
        """Whether the answer is an end of the range, and might lie beyond."""
        return self.value in self.range

    @property
    def verdict(self) -> Literal["holds", "fails", "open"]:
        """Whether fresh paths say that the condition holds, that it does not, or cannot tell."""
        assert self.check is not None
        if self.check.paths == 1:
            return "holds" if self.check.estimate >= -ROUNDING else "fails"
        if self.check.low >= 0:
            return "holds"
        return "fails" if self.check.high < 0 else "open"


def find(
    scenario: Scenario | Source,
    vary: str,
    which: Literal["min", "max"],
    condition: str,
    *,
    between: tuple[float, float] | None = None,
    paths: int | None = None,
    seed: int = 0,
) -> Solution:
    """The smallest or largest number at which a condition holds.

    By bisection on common random paths: the condition's margin is then a function of the number
    alone. Its first, or last, crossing on a grid of 33 points over the range is refined to 1e-10
    of the range. The interval are the crossings of the ends of the margin's own interval.

    Args:
      scenario: what to vary: one that is loaded, or what `load_scenario` takes.
      vary: dotted path of the number.
      which: the smallest or the largest.
      condition: such as "P(share[savings] > 0.6) >= 0.95".
      between: ends of the range; from a tenth of the value to ten times it, if left out.
      paths: P; 1024 if left out, 1 where nothing is random.
      seed: of the paths; fresh ones have the seed after it.

    Raises:
      CamjaxError: no such parameter, a range that it cannot have, or no condition.
    """
    margin = parse_condition(text("condition", condition))
    evaluations, ends = _prepared(scenario, vary, margin, between, paths, seed)
    search = Margin(evaluations, ends, falling=which == "max", level=LEVEL)
    value, num_paths = search.crossing("value"), evaluations.num_paths
    if value is None:
        return Solution(vary, ends, num_paths, seed, nearest=search.nearest())
    early, late = search.crossing("highest"), search.crossing("lowest")
    low, high = (early, late) if which == "min" else (late, early)
    check = _fresh(evaluations.parameters, value, margin, num_paths, seed)
    return Solution(vary, ends, num_paths, seed, value=value, low=low, high=high, check=check)


def maximise(
    scenario: Scenario | Source,
    vary: str,
    goal: str,
    *,
    between: tuple[float, float] | None = None,
    paths: int | None = None,
    seed: int = 0,
) -> Solution:
    """The number at which a goal is largest.

    On common random paths; see `camjax.questions.search.peak`. Arguments and errors are those of
    `find`.

    Args:
      scenario: what to vary: one that is loaded, or what `load_scenario` takes.
      vary: dotted path of the number.
      goal: such as "E(share[savings]) - E(cost) / 1e7".
      between: ends of the range.
      paths: P.
      seed: of the paths.
    """
    evaluations, ends = _prepared(scenario, vary, text("goal", goal), between, paths, seed)
    value, low, high = peak(evaluations, ends, seed)
    check = _fresh(evaluations.parameters, value, goal, evaluations.num_paths, seed)
    return Solution(
        vary, ends, evaluations.num_paths, seed, value=value, low=low, high=high, check=check
    )


def _prepared(
    scenario: Scenario | Source,
    vary: str,
    question: str,
    between: tuple[float, float] | None,
    paths: int | None,
    seed: int,
) -> tuple[Evaluations, tuple[float, float]]:
    if paths is not None:
        whole("paths", paths, 1, MOST_PATHS)
    whole("seed", seed, 0, MOST_SEED)
    scenario = as_scenario(scenario)
    varied = parameters(scenario, [vary])
    ends = _range(varied, between)
    num_paths = paths or (PATHS if scenario.is_random else 1)
    return Evaluations(varied, Outputs(scenario, (question,)), num_paths, seed), ends


def _range(varied: Parameters, between: tuple[float, float] | None) -> tuple[float, float]:
    """Ends of the range of a number.

    Raises:
      CamjaxError: one that the file does not allow, or none for a number that is 0.
    """
    (name,), (interval,), value = varied.names, varied.intervals, float(varied.values[0])
    if between is None:
        if value == 0:
            remedy = f"Give it one: --vary {name}=low:high."
            raise CamjaxError(refusal(name, "a range, since its value is 0", "none", remedy))
        lower, upper = interval.bounds
        low, high = sorted((value / WIDER, value * WIDER))
        between = max(low, lower), min(high, upper)
    if not between[0] < between[1] or not interval.contains(between).all():
        got = f"{between[0]:g}:{between[1]:g}"
        raise CamjaxError(refusal(name, f"low:high, both ends {interval}", got))
    return between


def _fresh(varied: Parameters, value: float, question: str, num_paths: int, seed: int) -> Answer:
    """The question's answer at a number, on paths that the search has not seen."""
    scenario = varied.scenario.with_leaves(*varied.insert(np.array([value])))
    return ask(scenario, question, paths=num_paths, seed=(seed + 1) % 2**32)
