"""Flows, splits, distributions, and numbers of pairs."""

import numpy as np
from numpy.typing import NDArray

from camjax.report.alternatives import describe
from camjax.report.content import Bars, Flows, Matrix, Spreads
from camjax.report.html import frame, marks
from camjax.report.html.markup import Html, element, join
from camjax.report.sankey import Extent, layout
from camjax.report.scales import linear
from camjax.report.units import words

NAMED_SHARE = 0.004
"""Bars of a Sankey diagram with less of its height have no room for a name."""

DEEPEST = 62
"""Per cent of colour in a matrix' cell of 1 or -1; more, and its number would be hard to read."""

NODE = 0.012
"""Width of a Sankey diagram's bars, as a share of its width."""


def flows(panel: Flows) -> Html:
    """Sources at the left, destinations at the right, ribbons as thick as the amounts."""
    found = layout(panel.amounts)
    if not found.ribbons:
        return frame.panel(panel.title, "", None, element("p", "No capital was to move."))
    shapes = []
    for source, destination, left, right in found.ribbons:
        pair = f"{words(panel.names[source])} → {words(panel.names[destination])}"
        text = f"{pair}: {panel.unit.text(float(panel.amounts[source, destination]))}"
        shapes.append(marks.ribbon(left, right, panel.colours[source], text))
    for nodes, x in ((found.sources, 0.0), (found.destinations, 1 - NODE)):
        for (top, bottom), colour in zip(nodes, panel.colours, strict=True):
            if bottom > top:
                shapes.append(marks.bar(x, x + NODE, 1 - bottom, 1 - top, colour))
    picture = marks.drawing(panel.title, describe(panel), *shapes)
    plot = element(
        "div",
        _names(panel, found.sources, panel.amounts.sum(axis=1), "from"),
        element("div", picture, class_="canvas"),
        _names(panel, found.destinations, panel.amounts.sum(axis=0), "to"),
        class_="sankey",
    )
    return frame.panel(panel.title, panel.unit.name, None, plot)


def spreads(panel: Spreads) -> Html:
    """A row each: a stroke where 90 % of paths lie, and a dot at the mean."""
    ends = [value for row in panel.rows for value in (row.low, row.high, row.mean.value)]
    known = [value for value in ends if np.isfinite(value)]
    unit = panel.unit
    scale = linear(min([0.0, *known]), max([0.0, *known]), negligible=unit.negligible)
    shapes = [marks.upright(scale.share(scale.ticks))]
    names = []
    for number, row in enumerate(panel.rows):
        y = 1 - (number + 0.5) / len(panel.rows)
        low, high, mean = (float(scale.share(v)) for v in (row.low, row.high, row.mean.value))
        if panel.bars:
            zero = float(scale.share(0.0))
            shapes.append(marks.reach(min(zero, mean), max(zero, mean), y, row.colour, "level"))
        if np.isfinite(low):
            shapes.append(marks.reach(low, high, y, row.colour, "reach"))
        shapes.append(marks.reach(mean, mean, y, row.colour, "dot"))
        value = element("small", panel.unit.text(row.mean.value))
        names.append((1 - y, join(element("b", row.name), value)))
    picture = marks.drawing(panel.title, describe(panel), *shapes)
    ticks = zip(scale.share(scale.ticks).tolist(), panel.unit.ticks(scale.ticks), strict=True)
    plot = frame.plot(
        picture,
        frame.side_labels(names, "rows"),
        frame.horizontal_labels(ticks),
        kind="rowed",
    )
    held = element("div", plot, style=f"--rows:{len(panel.rows)}")
    return frame.panel(panel.title, panel.unit.name, panel.colour, held)


def bars(panel: Bars) -> Html:
    """A bar each, split into its parts."""
    rows = []
    for label, parts in panel.rows:
        pieces = [
            element(
                "span",
                panel.unit.text(float(part), 0) if part > 0.06 else "",
                style=f"--c:var(--{colour});flex-grow:{part:.5f}",
                title=f"{words(name)}: {panel.unit.text(float(part))}",
            )
            for name, colour, part in zip(panel.names, panel.colours, parts, strict=True)
            if part > 0
        ]
        rows.append(element("dt", label))
        rows.append(element("dd", *pieces))
    listed = element("dl", *rows, class_="split", role="img", aria_label=describe(panel))
    return frame.panel(panel.title, "", None, listed)


def matrix(panel: Matrix) -> Html:
    """A cell a pair below the diagonal, coloured by its number."""
    rows = [element("tr", element("td"), *(_numbered(n) for n in range(len(panel.names) - 1)))]
    for i, name in enumerate(panel.names):
        label = element("th", element("b", f"{i + 1}"), name, scope="row")
        cells = [_entry(panel, i, j) for j in range(i)]
        rows.append(element("tr", label, *cells))
    about = f"{panel.title}. {describe(panel)}"
    table = element("table", *rows, class_="heat", aria_label=about)
    return frame.panel(panel.title, panel.unit.name, None, element("div", table, class_="heated"))


def _numbered(place: int) -> Html:
    return element("th", f"{place + 1}", scope="col")


def _entry(panel: Matrix, i: int, j: int) -> Html:
    """One number of a matrix, and its colour."""
    value = float(panel.values[i, j])
    if not np.isfinite(value):
        return element("td", panel.unit.number(value))
    colour = "blue" if value >= 0 else "vermilion"
    style = f"--c:var(--{colour});--deep:{DEEPEST * abs(value):.0f}%"
    title = f"{panel.names[i]}, {panel.names[j]}: {panel.unit.text(value)}"
    return element("td", panel.unit.number(value), style=style, title=title)


def _names(panel: Flows, nodes: tuple[Extent, ...], sums: NDArray, kind: str) -> Html:
    """Names and amounts of a diagram's bars, where there is room."""
    labels = [
        element(
            "span",
            element("b", words(name)),
            element("small", panel.unit.ticks([amount])[0]),
            style=f"top:{50 * (top + bottom):.4g}%",
        )
        for name, (top, bottom), amount in zip(panel.names, nodes, sums.tolist(), strict=True)
        if bottom - top > NAMED_SHARE
    ]
    return element("div", *labels, class_=f"labels {kind}", aria_hidden="true")
