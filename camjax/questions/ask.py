"""A question about a scenario, answered from as many paths as it takes."""

import dataclasses
import math
from typing import Any

import jax

from camjax.arguments import MOST_SEED, argument, number, text, whole
from camjax.ensemble.blocks import MOST_PATHS
from camjax.errors import CamjaxError, QuestionError, refusal
from camjax.flags import Raised, warnings_of_settings
from camjax.intervals import FEW_CARRY
from camjax.progress import Progress, told
from camjax.questions.estimate import Estimated, estimate, paths_for, skewed_mean
from camjax.questions.parser import parse
from camjax.questions.rounded import paired
from camjax.questions.settings import programs_of, sources_of, told_apart, values_of
from camjax.questions.tree import Node, Settings, Term, TimeTo, terms_of
from camjax.scenario import Scenario, as_scenario
from camjax.scenario.sources import Source

PATHS = 4096
"""Paths of a question about something random, unless another number is asked for."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a question comes to."""

    question: str
    estimate: float
    """Infinite where a time is never reached."""
    low: float
    high: float
    """Ends of the interval; NaN where an end is open, since paths cannot tell it."""
    paths: int
    seed: int
    level: float
    reached: bool
    """Whether the interval is as narrow as was wanted, if that was."""
    token: str = "FEI"
    undone: tuple[tuple[str, tuple[Raised, ...]], ...] = ()
    """What paths could not do, by the settings that the question names, "" for none."""
    ends_from_paths: int = 1
    """How many paths tell both ends."""
    skewed: bool = False
    """Whether few paths carry a mean, so that its interval is likely too narrow."""
    is_time: bool = False
    """Whether the answer is the days until an event; then infinity is `never`."""

    @property
    def warnings(self) -> list[str]:
        """What could not be done, in sentences."""
        settings = [label or "the scenario as it is" for label, _ in self.undone]
        return warnings_of_settings([own for _, own in self.undone], settings, self.token)

    @property
    def flags(self) -> list[dict[str, Any]]:
        """What could not be done, as plain values."""
        return [
            {"settings": label, **dataclasses.asdict(each)}
            for label, own in self.undone
            for each in own
        ]

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know of the interval, in sentences."""
        ends = (("lower", self.low), ("upper", self.high))
        opened = [name for name, end in ends if math.isnan(end)]
        notes = []
        if opened and 1 < self.paths < self.ends_from_paths:
            what = f"no {' and no '.join(opened)} end"
            told = f"{self.paths:,} paths tell {what} of the interval; it takes"
            notes.append(f"{told} {self.ends_from_paths:,}.")
        if self.skewed:
            notes.append(FEW_CARRY)
        return tuple(notes)


def ask(
    scenario: Scenario | Source,
    question: str,
    *,
    paths: int | None = None,
    seed: int = 0,
    until_ci: float | None = None,
    level: float = 0.95,
    progress: Progress = None,
) -> Answer:
    """Answer a question in words from paths of a scenario.

    Path i draws from `fold_in(key(seed), i)` in all settings that the question names, so that
    what differs between them is what the settings do.

    Args:
      scenario: what to ask about: one that is loaded, or what `load_scenario` takes.
      question: such as "P(share[savings] > 0.6)"; see camjax/questions/README.md.
      paths: P; 4096 if left out, 1 where nothing is random; with `until_ci` the most.
      seed: of all paths.
      until_ci: blocks of paths are added until the interval is estimate ± this.
      level: of the interval.
      progress: as `camjax.run`.

    Raises:
      CamjaxError: a question that cannot be read or answered, or a number out of range.

    >>> from camjax import load_scenario
    >>> answer = ask(load_scenario("fei", {"steps": 10}), "P(share[savings] > 0.1)", paths=64)
    >>> answer.low <= answer.estimate <= answer.high
    True
    """
    scenario = as_scenario(scenario)
    _check_numbers(paths, seed, until_ci, level)
    asked = parse(text("question", question))
    asked, sources = told_apart(asked, sources_of(scenario, question, asked))
    is_random = any(source.is_random for source in sources.values())
    most = paths or ((PATHS if until_ci is None else MOST_PATHS) if is_random else 1)
    found, ran = Estimated(math.nan, math.nan, math.nan), 0
    raised: dict[Settings, tuple[Raised, ...]] = {}
    with told(progress) as report:
        report("compiling", 0.0)
        programs = programs_of(sources, question, terms_of(asked), jax.random.key(seed))
        for ran, values, undone in values_of(programs, most, at_once=until_ci is None):
            found, raised = estimate(asked, paired(values, sources), level), undone
            reached = until_ci is None or found.half_width <= until_ci
            share = ran / most if until_ci is None else (until_ci / found.half_width) ** 2
            report("simulating", min(share, 1.0))
            if until_ci is not None and reached:
                break
    _check_known(question, asked, found)
    return Answer(
        question=question,
        estimate=found.value,
        low=found.low,
        high=found.high,
        paths=ran,
        seed=seed,
        level=level,
        reached=reached,
        token=scenario.token,
        undone=tuple((", ".join(settings), own) for settings, own in raised.items()),
        ends_from_paths=paths_for(asked, level),
        skewed=skewed_mean(asked, values),
        is_time=isinstance(asked, Term) and isinstance(asked.of, TimeTo),
    )


def _check_numbers(paths: int | None, seed: int, until_ci: float | None, level: float) -> None:
    if paths is not None:
        whole("paths", paths, 1, MOST_PATHS)
    whole("seed", seed, 0, MOST_SEED)
    if until_ci is not None and not 0 < number("until_ci", until_ci) < math.inf:
        raise CamjaxError(refusal(argument("until_ci"), "a number above 0", until_ci))
    if not 0 < number("level", level) < 1:
        raise CamjaxError(refusal(argument("level"), "a number in (0, 1)", level))


def _check_known(question: str, asked: Node, found: Estimated) -> None:
    """Refuse an answer that is no number, and a mean of which some paths make infinity."""
    if math.isnan(found.value):
        remedy = "Is something divided by 0?"
        raise CamjaxError(refusal("question", "a number on every path", "none", remedy))
    if math.isinf(found.value):
        for term in terms_of(asked):
            if term.kind == "E":
                remedy = "Ask for quantile(…, 0.5), or for P(… = never)."
                sentence = refusal("question", "a finite mean", "one that is infinite", remedy)
                raise QuestionError(sentence, question, term.position)
