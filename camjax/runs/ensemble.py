"""Runs too large to keep their paths: statistics in constant memory, saved as they go."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import jax
import numpy as np
from jax import Array
from numpy.typing import NDArray

from camjax.arguments import argument
from camjax.ensemble import (
    Bands,
    Checkpoint,
    Ensemble,
    Event,
    FirstTime,
    Flags,
    Moments,
    Reducer,
    Shard,
    UndonePaths,
)
from camjax.ensemble.blocks import blocks_of
from camjax.ensemble.engine import Progress, run_blocks, run_paths
from camjax.ensemble.lanes import LANES, fold_lanes
from camjax.ensemble.manifest import check_same
from camjax.ensemble.precision import run_program_until
from camjax.ensemble.program import BlockProgram
from camjax.ensemble.quantities import SHARE
from camjax.ensemble.saved import read_saved
from camjax.errors import CamjaxError, refusal
from camjax.memory import check_fits
from camjax.questions import Statistic
from camjax.runs.digests import Digests
from camjax.runs.requests import or_fewer_variables
from camjax.scenario import Scenario
from camjax.simulation import simulate

IN_TABLE = ("balance", SHARE)
"""What the table shows bands of, at the end."""

EVENTS = "events"
"""Entry of a manifest: the events of a run, a line each."""

LOW, HIGH = "_low", "_high"
"""How the arrays of a checkpoint end that hold the ranges of bins."""


@dataclasses.dataclass(frozen=True)
class Order:
    """What is to be run.

    Args:
      scenario: which.
      seed: of all paths.
      num_paths: how many, at most where a precision is wanted.
      variables: whose statistics are wanted at every step; None: only what the table shows.
      until: half-width wanted, and of which statistic.
      shard: the part of the paths to run; None: all.
      file: where the run is saved as it goes; None: nowhere.
      resume: whether it continues from there.
      events: whose probabilities and times are wanted.
    """

    scenario: Scenario
    seed: int
    num_paths: int
    variables: tuple[str, ...] | None = None
    until: tuple[float, str] | None = None
    shard: Shard | None = None
    file: Path | None = None
    resume: bool = False
    events: tuple[str, ...] = ()

    @property
    def key(self) -> Array:
        """Key of all paths."""
        return jax.random.key(self.seed)

    @property
    def about(self) -> dict[str, str | int]:
        """What a run that is continued must have been, by the name that a refusal calls it."""
        return {
            "scenario": self.scenario.toml,
            "seed": self.seed,
            EVENTS: "\n".join(self.events),
            "variables": "\n".join(self.variables or ()),
            "statistic": "" if self.until is None else self.until[1],
        }

    @property
    def blocks(self) -> range:
        """Blocks to run, at most.

        Raises:
          CamjaxError: there are too many paths, or fewer blocks than shards.
        """
        if self.shard is None:
            return blocks_of(self.num_paths)
        return self.shard.blocks(self.num_paths)


@dataclasses.dataclass(frozen=True)
class Prepared:
    """An order whose program is compiled."""

    order: Order
    blocks: range
    program: BlockProgram
    checkpoint: Checkpoint | None

    def run(self, progress: Progress) -> Ensemble:
        """Run it.

        Raises:
          CamjaxError: it cannot be saved, or not continued from what was.
        """
        num_paths, checkpoint = self.order.num_paths, self.checkpoint
        if self.order.until is None and self.order.shard is None:
            return run_paths(self.program, num_paths, progress=progress, checkpoint=checkpoint)
        if self.order.until is None:
            return run_blocks(
                self.program, self.blocks, num_paths, progress=progress, checkpoint=checkpoint
            )
        half_width, _ = self.order.until
        return run_program_until(
            self.program, half_width, num_paths, progress=progress, checkpoint=checkpoint
        )


def prepare(order: Order) -> Prepared:
    """Compile what an order needs; the first paths tell the ranges that bins are to cover.

    Raises:
      CamjaxError: it does not fit in memory, a name is unknown, or there is nothing to resume.
    """
    blocks = order.blocks
    statistic: list[Reducer] = []
    if order.until is not None:
        statistic = [Statistic(order.until[1], order.scenario.steps)]
    checkpoint = None
    if order.file is not None:
        checkpoint = Checkpoint(order.file, about=order.about, resume=order.resume)
        checkpoint.check()
    if checkpoint is not None and order.resume:
        saved = read_saved(checkpoint.file)
        check_same(checkpoint.file, checkpoint.about, saved.manifest)
        ranges = dict(saved.constants)
    else:
        ranges = first_ranges(order)
    final = order.variables is None
    reducers = [*statistic, *reducers_of(order.scenario, ranges, order.events, final=final)]
    program = BlockProgram(order.scenario, reducers, order.key)
    check_fits(program.memory_bytes, "statistics", _less(order))
    if checkpoint is not None:
        checkpoint = dataclasses.replace(checkpoint, constants=ranges)
    return Prepared(order, blocks, program, checkpoint)


def recorded_variables(scenario: Scenario) -> tuple[str, ...]:
    """Everything that statistics can be kept of."""

    def run(key: Array) -> dict[str, Array]:
        return simulate(scenario.model, scenario.sample_drivers(key), key).variables

    shapes = jax.eval_shape(run, jax.random.key(0))
    return (*(name for name in shapes if name != "status"), SHARE)


def check_recorded(names: Iterable[str], known: Collection[str]) -> None:
    """Refuse a variable that the scenario does not record.

    Raises:
      CamjaxError: there is one.
    """
    for name in names:
        if name not in known:
            expected = f"one of {', '.join(known)}"
            raise CamjaxError(refusal(argument("variables"), expected, repr(name)))


def first_ranges(order: Order) -> dict[str, NDArray]:
    """Ends of the range of each variable, cell by cell, over the first block of paths.

    The same for every shard and every number of paths beyond a block.
    """
    final = order.variables is None
    names = IN_TABLE if order.variables is None else order.variables
    moments = [Moments(name) for name in names]
    program = BlockProgram(order.scenario, moments, order.key, jax.local_devices()[:1])
    check_fits(program.memory_bytes, "statistics", _less(order))
    first = run_blocks(program, range(1), min(order.num_paths, LANES))
    ranges = {}
    for name in names:
        found = first[f"moments({name})"]
        kept = slice(-1, None) if final else slice(None)
        ranges[name + LOW], ranges[name + HIGH] = found.minimum[kept], found.maximum[kept]
    return ranges


def _less(order: Order) -> str:
    """What makes a run smaller; one that is under way cannot be changed."""
    if order.resume:
        return "Resume it on a machine with more memory."
    return f"Run fewer steps{or_fewer_variables(order.variables or (), IN_TABLE)}."


def reducers_of(
    scenario: Scenario, ranges: Mapping[str, NDArray], events: Sequence[str], *, final: bool
) -> list[Reducer]:
    """What adds up the statistics of a run, from the ranges of its variables and its events.

    Raises:
      CamjaxError: an event that cannot be read.
    """
    names = [name.removesuffix(LOW) for name in ranges if name.endswith(LOW)]
    bands = [Bands(name, ranges[name + LOW], ranges[name + HIGH], final=final) for name in names]
    times = [FirstTime(_event(text, scenario)) for text in events]
    undone = UndonePaths(scenario.model.names)
    return [Digests(scenario.model, scenario.steps), Flags(), undone, *bands, *times]


def _event(text: str, scenario: Scenario) -> Event:
    """An event of a quantity that the scenario has, on every path.

    Raises:
      CamjaxError: it cannot be read, or its deposit is not under allocation and has no share.
    """
    event = Event.parse(text)
    program = partial(fold_lanes, scenario, [FirstTime(event)])
    number = np.uint32(LANES)
    try:
        jax.eval_shape(
            program, scenario.model, scenario.processes, jax.random.key(0), number, number
        )
    except CamjaxError as error:
        raise CamjaxError(f"{argument('events')}: {error}") from None
    return event
