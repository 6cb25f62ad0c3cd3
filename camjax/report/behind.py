"""The numbers behind figures, as tables."""

import math
from collections.abc import Sequence

import numpy as np

from camjax.report.content import Cell, Estimate, Flows, Line, Lines, Matrix, Stack, Table
from camjax.report.over_time import time_rows
from camjax.report.scales import moment
from camjax.report.units import DAYS, words

PATHS = "Means over paths; behind them, where 90 % of paths lie."


def behind_time(title: str, panels: Sequence[Lines | Stack], banded: str = PATHS) -> Table:
    """A row a point of time, a column a line; all panels share one axis.

    Args:
      title: of the table.
      panels: whose lines they are.
      banded: what to say where lines have bands.
    """
    axis = panels[0].axis
    lines = [(panel, line) for panel in panels for line in _lines(panel)]
    rows: list[tuple[Cell, ...]] = []
    for x in time_rows(axis):
        day = float(axis.days[x])
        when: Cell = day if axis.start is None else moment(day, axis)
        rows.append((when, *(_value(line, x) for _, line in lines)))
    has_bands = any(line.bands for _, line in lines)
    return Table(
        title=title,
        columns=("time", *(_column(panel, line) for panel, line in lines)),
        units=(DAYS if axis.start is None else None, *(panel.unit for panel, _ in lines)),
        rows=tuple(rows),
        note=banded if has_bands else "",
    )


def behind_flows(title: str, panels: Sequence[Flows]) -> Table:
    """A row a flow, a column a panel."""
    names = panels[0].names
    rows: list[tuple[Cell, ...]] = [
        (words(source), words(destination), *(float(panel.amounts[i, j]) for panel in panels))
        for i, source in enumerate(names)
        for j, destination in enumerate(names)
        if any(panel.amounts[i, j] > 0 for panel in panels)
    ]
    return Table(
        title=title,
        columns=("from", "to", *(panel.title for panel in panels)),
        units=(None, None, *(panel.unit for panel in panels)),
        rows=tuple(rows),
    )


def behind_matrices(title: str, panels: Sequence[Matrix]) -> Table:
    """A row a pair, a column a panel."""
    found: dict[tuple[str, str], dict[int, float]] = {}
    for place, panel in enumerate(panels):
        for i, j in zip(*np.tril_indices(len(panel.names), -1), strict=True):
            pair = panel.names[j], panel.names[i]
            found.setdefault(pair, {})[place] = float(panel.values[i, j])
    rows: list[tuple[Cell, ...]] = [
        (*pair, *(values.get(place, math.nan) for place in range(len(panels))))
        for pair, values in found.items()
    ]
    return Table(
        title=title,
        columns=("of", "and", *(panel.title for panel in panels)),
        units=(None, None, *(panel.unit for panel in panels)),
        rows=tuple(rows),
    )


def _lines(panel: Lines | Stack) -> tuple[Line, ...]:
    return panel.lines if isinstance(panel, Lines) else panel.layers


def _column(panel: Lines | Stack, line: Line) -> str:
    alone = len(_lines(panel)) == 1
    return panel.title if alone else f"{panel.title}: {line.name}"


def _value(line: Line, position: int) -> Cell:
    value = float(line.values[position])
    if not line.bands:
        return value
    low, high = line.bands[0]
    return Estimate(value, float(low[position]), float(high[position]))
