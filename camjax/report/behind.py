"""The numbers behind figures, as tables."""

from collections.abc import Sequence

from camjax.report.content import Cell, Estimate, Flows, Line, Lines, Stack, Table
from camjax.report.over_time import time_rows
from camjax.report.scales import moment
from camjax.report.units import DAYS, words


def behind_time(title: str, panels: Sequence[Lines | Stack]) -> Table:
    """A row a point of time, a column a line; all panels share one axis."""
    axis = panels[0].axis
    lines = [(panel, line) for panel in panels for line in _lines(panel)]
    rows: list[tuple[Cell, ...]] = []
    for x in time_rows(axis):
        day = float(axis.days[x])
        when: Cell = day if axis.start is None else moment(day, axis)
        rows.append((when, *(_value(line, x) for _, line in lines)))
    banded = any(line.bands for _, line in lines)
    return Table(
        title=title,
        columns=("time", *(_column(panel, line) for panel, line in lines)),
        units=(DAYS if axis.start is None else None, *(panel.unit for panel, _ in lines)),
        rows=tuple(rows),
        note="Means over paths; behind them, where 90 % of paths lie." if banded else "",
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
