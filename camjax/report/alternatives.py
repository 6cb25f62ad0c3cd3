"""Figures in words, for those who do not see them."""

import numpy as np

from camjax.report.content import Bars, Flows, Line, Lines, Matrix, Panel, Spread, Spreads, Stack
from camjax.report.scales import moment
from camjax.report.units import Unit, words

LARGEST_FLOWS = 4
"""Flows that a description names."""


def describe(panel: Panel) -> str:
    """What a panel shows, in a sentence or two."""
    if isinstance(panel, Lines | Stack):
        lines = panel.lines if isinstance(panel, Lines) else panel.layers
        span = " to ".join(moment(float(panel.axis.days[end]), panel.axis) for end in (0, -1))
        kind = "Lines" if isinstance(panel, Lines) else "Stacked areas"
        return f"{kind}, {span}. " + " ".join(_line(line, panel.unit) for line in lines)
    if isinstance(panel, Flows):
        return _flows(panel)
    if isinstance(panel, Spreads):
        return " ".join([f"Dots: {panel.middle}.", *(_spread(row, panel) for row in panel.rows)])
    if isinstance(panel, Matrix):
        return _matrix(panel)
    assert isinstance(panel, Bars)
    return _bars(panel)


def _line(line: Line, unit: Unit) -> str:
    known = line.values[np.isfinite(line.values)]
    if not len(known):
        return f"{line.name}: no values."
    first, last, low, high = (
        unit.text(float(v)) for v in (known[0], known[-1], known.min(), known.max())
    )
    return f"{line.name}: from {first} to {last}, lowest {low}, highest {high}."


def _spread(row: Spread, panel: Spreads) -> str:
    text = f"{row.name}: {panel.unit.text(row.mean.value)}"
    if not np.isfinite(row.low):
        return f"{text}."
    return f"{text}, {panel.reach} {panel.unit.interval(row.low, row.high)}."


def _flows(panel: Flows) -> str:
    amounts = np.nan_to_num(panel.amounts)
    order = np.argsort(-amounts, axis=None, kind="stable")[:LARGEST_FLOWS]
    pairs = [divmod(int(place), len(panel.names)) for place in order]
    named = [
        f"{words(panel.names[i])} to {words(panel.names[j])} {panel.unit.text(amounts[i, j])}"
        for i, j in pairs
        if amounts[i, j] > 0
    ]
    return f"Sankey diagram. The largest flows: {', '.join(named) or 'none'}."


def _matrix(panel: Matrix) -> str:
    below = np.tril_indices(len(panel.names), -1)
    values = panel.values[below]
    pairs = list(zip(*below, values.tolist(), strict=True))
    known = sorted((pair for pair in pairs if np.isfinite(pair[2])), key=lambda pair: pair[2])
    named = [
        f"{word} {panel.names[i]} and {panel.names[j]} {panel.unit.text(value)}"
        for word, found in (("lowest", known[:1]), ("highest", known[1:][-1:]))
        for i, j, value in found
    ]
    return f"A number for every pair: {', '.join(named) or 'none is defined'}."


def _bars(panel: Bars) -> str:
    rows = []
    for label, parts in panel.rows:
        named = zip(panel.names, parts, strict=True)
        split = ", ".join(f"{words(n)} {panel.unit.text(float(p))}" for n, p in named)
        rows.append(f"{label}: {split}.")
    return " ".join(["Split bars.", *rows])
