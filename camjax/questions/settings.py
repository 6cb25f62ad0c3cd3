"""The settings that a question names, run on the same random numbers."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import jax
from jax import Array
from numpy.typing import NDArray

from camjax.ensemble.blocks import blocks_of
from camjax.ensemble.lanes import LANES
from camjax.ensemble.precision import FEWEST_BLOCKS
from camjax.ensemble.program import BlockProgram
from camjax.ensemble.reducers import Reducer, UndonePaths
from camjax.errors import CamjaxError, QuestionError
from camjax.flags import Raised
from camjax.questions.reducer import PathValues
from camjax.questions.tree import Node, Settings, Term, terms_of
from camjax.questions.watch import Watch
from camjax.scenario import Scenario, load_scenario, parse_overrides

GROWTH = 16
"""An interval is looked at again when paths have grown by a part of this many."""


def sources_of(scenario: Scenario, question: str, asked: Node) -> dict[Settings, Scenario]:
    """The scenario in each of the settings that a question names.

    Raises:
      QuestionError: there are no such settings.
    """
    found: dict[Settings, Scenario] = {}
    for term in terms_of(asked):
        if term.settings not in found:
            try:
                found[term.settings] = in_settings(scenario, term.settings)
            except CamjaxError as error:
                raise QuestionError(str(error), question, term.position) from None
    return found


def told_apart(
    asked: Node, sources: dict[Settings, Scenario]
) -> tuple[Node, dict[Settings, Scenario]]:
    """The question with settings that come to the same scenario called the same.

    Their expectations are then the same too, and cancel exactly.
    """
    first: dict[str, Settings] = {}
    called = {
        settings: first.setdefault(source.toml, settings) for settings, source in sources.items()
    }

    def below(node: Node) -> Node:
        if isinstance(node, Term):
            return dataclasses.replace(node, settings=called[node.settings])
        children: dict[str, Any] = {
            field.name: below(child)
            for field in dataclasses.fields(node)
            if isinstance(child := getattr(node, field.name), Node)
        }
        return dataclasses.replace(node, **children)

    return below(asked), {settings: sources[settings] for settings in first.values()}


def in_settings(scenario: Scenario, settings: Settings) -> Scenario:
    """The scenario with overrides laid over it.

    Raises:
      CamjaxError: there are no such settings.
    """
    if not settings:
        return scenario
    return load_scenario(scenario.toml, parse_overrides(settings))


def programs_of(
    sources: dict[Settings, Scenario], question: str, terms: Sequence[Term], key: Array
) -> dict[Settings, BlockProgram]:
    """What runs each of the settings: one compiled program for all of one structure.

    Raises:
      QuestionError: a quantity or a step that is not there.
    """
    groups: dict[object, list[Settings]] = {}
    for settings, source in sources.items():
        leaves, structure = jax.tree.flatten((source.model, source.processes))
        kind = (structure, tuple((leaf.shape, leaf.dtype) for leaf in leaves))
        groups.setdefault(kind, []).append(settings)
    programs: dict[Settings, BlockProgram] = {}
    for together in groups.values():
        first = sources[together[0]]
        own = tuple(term for term in terms if term.settings in together)
        watch = Watch(question, own, first.steps)
        reducers: list[Reducer] = [PathValues(watch), UndonePaths(first.model.names)]
        program = BlockProgram(first, reducers, key)
        programs |= {each: program.with_scenario(sources[each]) for each in together}
    programs = {settings: programs[settings] for settings in sources}
    return programs


Found = tuple[int, dict[Term, NDArray], dict[Settings, tuple[Raised, ...]]]
"""Number of paths, values [P] by expectation, and what could not be done by settings."""


def values_of(
    programs: dict[Settings, BlockProgram], num_paths: int, *, at_once: bool
) -> Iterator[Found]:
    """What ever more paths give.

    Args:
      programs: by settings.
      num_paths: at most.
      at_once: whether only all paths together are of interest.
    """
    blocks = blocks_of(num_paths)
    due = num_paths if at_once else min(num_paths, FEWEST_BLOCKS * LANES)
    streams = [program.merged(blocks, num_paths) for program in programs.values()]
    for merged in zip(*streams, strict=True):
        number = min(merged[0].blocks.stop * LANES, num_paths)
        if number < due:
            continue
        values: dict[Term, NDArray] = {}
        raised: dict[Settings, tuple[Raised, ...]] = {}
        for (settings, program), each in zip(programs.items(), merged, strict=True):
            reducer, undone = program.reducers
            assert isinstance(reducer, PathValues)
            raised[settings] = undone.finish(each.partials[1])
            rows = zip(reducer.watch.terms, reducer.finish(each.partials[0]), strict=True)
            values |= {term: row for term, row in rows if term.settings == settings}
        yield number, values, raised
        due = min(num_paths, number + max(LANES, number // GROWTH))
