"""How a fit was searched for: where its starts ended."""

import itertools
import math
from typing import Any

from camjax.report.content import Cell, Estimate, Figure, Section, Spread, Spreads, Table
from camjax.report.units import COUNT, DIGITS

SAME_MINIMUM = 1e-6
"""Losses this close to each other, relatively to the best, are of one minimum."""
MOST_MINIMA = 12
"""Minima that are drawn; the table has all starts."""
CONVERGED = "converged"


def searches(answer: dict[str, Any]) -> Section:
    """The waterfall of starts: losses at their ends, best first.

    Args:
      answer: the values of fit.json.
    """
    order = sorted(enumerate(answer["starts"]), key=lambda start: _loss(start[1]))
    best = _loss(order[0][1])
    close = SAME_MINIMUM * max(abs(best), SAME_MINIMUM)
    kinds = [
        (math.floor((_loss(start) - best) / close) if math.isfinite(_loss(start)) else -1, start)
        for _, start in order
    ]
    rows = []
    grouped = itertools.groupby(kinds, key=lambda kind: (kind[0], kind[1]["status"]))
    for (_, status), group in grouped:
        starts = [start for _, start in group]
        name = f"{len(starts)} start{'' if len(starts) == 1 else 's'}, {status}"
        colour = "blue" if status == CONVERGED else "vermilion"
        nowhere = math.nan
        rows.append(Spread(name, colour, Estimate(_loss(starts[0])), nowhere, nowhere))
    known = tuple(row for row in rows if math.isfinite(row.mean.value))
    same = sum(_loss(start) - best <= close for start in answer["starts"])
    panel = Spreads(
        title="Loss at the end",
        unit=DIGITS,
        rows=known[:MOST_MINIMA],
        reach="no interval",
        middle="loss",
        bars=True,
    )
    figure = Figure(
        key="starts",
        title="Where searches ended",
        caption="Starts that ended at the same loss share a row; the best is at the top.",
        panels=(panel,),
        table=_table(answer, order),
        wide=True,
    )
    text = f"{same} of {len(order)} starts found the best minimum; others stayed where it is worse."
    if same == len(order):
        text = f"All {len(order)} starts found the same minimum."
    return Section(key="searches", title="Searches", text=text, items=(figure,))


def _loss(start: dict[str, Any]) -> float:
    """Infinite where a search left the numbers."""
    cost = start["cost"]
    return math.inf if cost is None else float(cost)


def _table(answer: dict[str, Any], order: list[tuple[int, dict[str, Any]]]) -> Table:
    """A row a start, the best first."""
    names = tuple(answer["estimates"])
    rows: list[tuple[Cell, ...]] = [
        (
            start["status"],
            float(number + 1),
            _loss(start),
            float(start["iterations"]),
            *(math.nan if value is None else float(value) for value in start["end"]),
        )
        for number, start in order
    ]
    return Table(
        title="Starts",
        columns=("status", "start", "loss", "iterations", *names),
        units=(None, COUNT, DIGITS, COUNT, *[DIGITS] * len(names)),
        rows=tuple(rows),
        note="The first start is the scenario's own values.",
    )
