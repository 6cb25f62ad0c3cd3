"""Which settings one compiled program can run: those of one structure, their numbers stacked."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from camjax.model import Model
from camjax.processes import DriverProcesses
from camjax.scenario import Scenario
from camjax.scenario.build_model import build_model
from camjax.scenario.deposit_tables import DepositTable
from camjax.scenario.precision import real_numbers
from camjax.scenario.schema import Document


@dataclasses.dataclass(frozen=True)
class Stack:
    """Settings of one structure.

    Args:
      places: of the settings in their sweep.
      scenario: the first of them.
      leaves: numbers of model and processes: [S, ...] where settings differ, else as they are.
      axes: 0 where settings differ, else None; what follows from numbers that all settings share,
        such as draws, is computed once.
    """

    places: tuple[int, ...]
    scenario: Scenario
    leaves: tuple[Model, DriverProcesses]
    axes: Any

    def take(self, rows: Any) -> tuple[Model, DriverProcesses]:
        """The numbers of some rows [rows, ...], or of one row."""

        def numbers(axis: int | None, leaf: NDArray) -> NDArray:
            return leaf if axis is None else leaf[rows]

        taken: tuple[Model, DriverProcesses] = jax.tree.map(
            numbers, self.axes, self.leaves, is_leaf=lambda axis: axis is None
        )
        return taken

    def setting(self, row: int) -> Scenario:
        """One setting as a scenario of its own, in the structure that all of them have."""
        return self.scenario.with_leaves(*self.take(row))


def stacks(scenarios: Sequence[Scenario]) -> list[Stack]:
    """Settings by structure, in as few stacks as there are structures."""
    scenarios = _with_common_schedules(scenarios)
    groups: dict[Any, list[int]] = {}
    for place, scenario in enumerate(scenarios):
        leaves, structure = jax.tree.flatten((scenario.model, scenario.processes))
        kinds = tuple((leaf.shape, leaf.dtype) for leaf in leaves)
        groups.setdefault((structure, kinds), []).append(place)
    return [_stack(tuple(places), scenarios) for places in groups.values()]


def _stack(places: tuple[int, ...], scenarios: Sequence[Scenario]) -> Stack:
    trees = [(scenarios[place].model, scenarios[place].processes) for place in places]
    columns = [np.stack(leaves) for leaves in zip(*map(jax.tree.leaves, trees), strict=True)]
    differs = [bool((column != column[:1]).any()) for column in columns]
    leaves = [
        column if varies else column[0] for column, varies in zip(columns, differs, strict=True)
    ]
    axes = [0 if varies else None for varies in differs]
    structure = jax.tree.structure(trees[0])
    return Stack(
        places=places,
        scenario=scenarios[places[0]],
        leaves=jax.tree.unflatten(structure, leaves),
        axes=jax.tree.unflatten(structure, axes),
    )


def _with_common_schedules(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """Scenarios whose rates change on the same days, where any of them has a schedule.

    A constant is a schedule that says the same throughout; so written, it runs in the program of
    those that change.
    """
    days: dict[str, set[float]] = {}
    for scenario in scenarios:
        for deposit in scenario.document.deposits:
            rate = getattr(deposit, "rate", None)
            if isinstance(rate, tuple):
                days.setdefault(deposit.name, set()).update(day for day, _ in rate)
    return [_with_days(scenario, days) for scenario in scenarios] if days else list(scenarios)


def _with_days(scenario: Scenario, days: dict[str, set[float]]) -> Scenario:
    document = scenario.document
    deposits = [_scheduled(deposit, days.get(deposit.name, set())) for deposit in document.deposits]
    scheduled: Document = document.model_copy(update={"deposits": deposits})
    model = build_model(scheduled, real_numbers(document.precision))
    return scenario.with_leaves(model, scenario.processes)


def _scheduled(deposit: DepositTable, days: set[float]) -> DepositTable:
    """A deposit whose rate is said on all of these days, the first of which is 0."""
    rate = getattr(deposit, "rate", None)
    if rate is None or not days:
        return deposit
    entries = rate if isinstance(rate, tuple) else ((0.0, rate),)
    on_days = tuple(
        (day, max((entry for entry in entries if entry[0] <= day), key=lambda e: e[0])[1])
        for day in sorted(days)
    )
    return deposit.model_copy(update={"rate": on_days})
