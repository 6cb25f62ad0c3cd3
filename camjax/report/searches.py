"""How a fit was searched for: where its starts ended."""

import itertools
import math
from typing import Any

from camjax.report.content import Cell, Estimate, Figure, Section, Spread, Spreads, Table
from camjax.report.units import COUNT, DIGITS

DIGITS_APART = 6
"""Ends whose losses agree in so many digits of their distance from the best share a row."""
MOST_MINIMA = 12
"""Minima that are drawn; the table has all starts."""
CONVERGED = "converged"


def searches(answer: dict[str, Any]) -> Section:
    """The waterfall of starts: losses at their ends, best first.

    Args:
      answer: the values of fit.json.
    """
    order = sorted(enumerate(answer["starts"]), key=lambda start: _loss(start[1]))
    best = min(_loss(start) for start in answer["starts"])
    rows = []

    def kind(place: tuple[int, dict[str, Any]]) -> tuple[float, str]:
        start, loss = place[1], _loss(place[1])
        apart = 0.0 if start["at_best"] else loss - best
        return _digits(apart), start["status"]

    for (_, status), group in itertools.groupby(order, key=kind):
        starts = [start for _, start in group]
        name = f"{len(starts)} start{'' if len(starts) == 1 else 's'}, {status}"
        colour = "blue" if status == CONVERGED else "vermilion"
        nowhere = math.nan
        rows.append(Spread(name, colour, Estimate(_loss(starts[0])), nowhere, nowhere))
    known = tuple(row for row in rows if math.isfinite(row.mean.value))
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
    return Section(key="searches", title="Searches", text=_told(answer["starts"]), items=(figure,))


def _told(starts: list[dict[str, Any]]) -> str:
    """How many searches found the best minimum, of how many that found one at all."""
    converged = [start["at_best"] for start in starts if start["status"] == CONVERGED]
    if not any(converged):
        return (
            f"Of {len(starts)} searches {len(converged)} converged, none of them at the best loss:"
            " no minimum was found there."
        )
    return (
        f"Of {len(starts)} searches {len(converged)} converged, {sum(converged)} of them at the"
        " best minimum found."
    )


def _digits(apart: float) -> float:
    """A distance from the best loss, rounded; rounding is not to tell two ends apart."""
    return float(f"{apart:.{DIGITS_APART}g}")


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
