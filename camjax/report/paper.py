"""Figures for papers: the same figures as on the page, drawn by matplotlib without a browser."""

from typing import TYPE_CHECKING

import numpy as np

from camjax.report.content import Axis, Bars, Figure, Flows, Lines, Matrix, Panel, Spreads, Stack
from camjax.report.palette import LIGHT
from camjax.report.paper_flows import draw_flows
from camjax.report.scales import time_ticks
from camjax.report.units import Unit, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis as MatplotlibAxis
    from matplotlib.figure import Figure as PaperFigure
    from matplotlib.patches import Patch

INCHES = (4.4, 2.7)
"""Of one panel."""

WIDE_INCHES = (8.0, 3.8)
BAND_SHADES = {1: (0.2,), 2: (0.15, 0.25)}
"""Opacity of bands by how many there are, the widest first."""


def paper_figure(figure: Figure) -> "PaperFigure":
    """A figure of the report as a matplotlib figure, panels in two columns."""
    from matplotlib.figure import Figure as PaperFigure

    count = len(figure.panels)
    columns = 1 if figure.wide else min(2, count)
    rows = -(-count // columns)
    width, height = WIDE_INCHES if figure.wide else INCHES
    drawn = PaperFigure(figsize=(width * columns, height * rows + 0.5), layout="constrained")
    places = drawn.subplots(rows, columns, squeeze=False).ravel()
    for axes, panel in zip(places, figure.panels, strict=False):
        _draw(axes, panel)
    for axes in places[count:]:
        axes.set_visible(False)
    if figure.legend:
        drawn.legend(
            handles=[_handle(name, colour) for name, colour in figure.legend],
            loc="outside upper center",
            ncols=min(4, len(figure.legend)),
            frameon=False,
        )
    return drawn


def _draw(axes: "Axes", panel: Panel) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    if isinstance(panel, Lines):
        _lines(axes, panel)
    elif isinstance(panel, Stack):
        _stack(axes, panel)
    elif isinstance(panel, Flows):
        draw_flows(axes, panel)
    elif isinstance(panel, Spreads):
        _spreads(axes, panel)
    elif isinstance(panel, Matrix):
        _matrix(axes, panel)
    else:
        assert isinstance(panel, Bars)
        _bars(axes, panel)
    axes.set_title(panel.title, loc="left", fontsize="medium", fontweight="bold")


def _lines(axes: "Axes", panel: Lines) -> None:
    days = panel.axis.days
    for line in panel.lines:
        for (low, high), shade in zip(
            line.bands, BAND_SHADES.get(len(line.bands), ()), strict=True
        ):
            axes.fill_between(days, low, high, color=LIGHT[line.colour], alpha=shade, linewidth=0)
        for sample in () if line.samples is None else line.samples:
            axes.plot(days, sample, color=LIGHT[line.colour], linewidth=0.5, alpha=0.5)
    for line in panel.lines:
        style = "--" if line.dashed else "-"
        axes.plot(days, line.values, style, color=LIGHT[line.colour], linewidth=1.4)
    if panel.from_zero:
        axes.axhline(0, color=LIGHT["grey"], linewidth=0.5)
    _time(axes, panel.axis)
    _amounts(axes.yaxis, panel.unit)
    axes.set_ylabel(panel.unit.name)


def _stack(axes: "Axes", panel: Stack) -> None:
    values = [np.nan_to_num(layer.values) for layer in panel.layers]
    colours = [LIGHT[layer.colour] for layer in panel.layers]
    axes.stackplot(panel.axis.days, values, colors=colours, edgecolor="white", linewidth=0.6)
    axes.margins(0)
    _time(axes, panel.axis)
    _amounts(axes.yaxis, panel.unit)
    axes.set_ylabel(f"{panel.unit.name} of all")


def _spreads(axes: "Axes", panel: Spreads) -> None:
    for place, row in enumerate(panel.rows):
        colour = LIGHT[row.colour]
        if panel.bars:
            axes.barh(place, row.mean.value, color=colour, alpha=0.25)
        axes.plot([row.low, row.high], [place, place], color=colour, linewidth=4, alpha=0.4)
        axes.plot([row.mean.value], [place], "o", color=colour)
    axes.set_yticks(range(len(panel.rows)), [row.name for row in panel.rows])
    axes.invert_yaxis()
    _amounts(axes.xaxis, panel.unit)
    axes.set_xlabel(f"{panel.unit.name}: {panel.middle}, {panel.reach}".removeprefix(": "))


def _bars(axes: "Axes", panel: Bars) -> None:
    parts = np.array([parts for _, parts in panel.rows])
    starts = np.cumsum(parts, axis=1) - parts
    for n, (name, colour) in enumerate(zip(panel.names, panel.colours, strict=True)):
        axes.barh(
            range(len(parts)),
            parts[:, n],
            left=starts[:, n],
            color=LIGHT[colour],
            label=words(name),
        )
    axes.set_yticks(range(len(parts)), [label for label, _ in panel.rows])
    axes.invert_yaxis()
    _amounts(axes.xaxis, panel.unit)
    axes.set_xlabel(panel.unit.name)


def _matrix(axes: "Axes", panel: Matrix) -> None:
    """Numbers below the diagonal, from vermilion at -1 over white to blue at 1."""
    from matplotlib.colors import LinearSegmentedColormap

    ends = [LIGHT["vermilion"], "#ffffff", LIGHT["blue"]]
    colours = LinearSegmentedColormap.from_list("correlation", ends)
    places = range(len(panel.names))
    shown = np.where(np.tri(len(panel.names), k=-1) > 0, panel.values, np.nan)
    axes.imshow(shown, cmap=colours, vmin=-1.6, vmax=1.6, aspect="auto")
    for i in places:
        for j in range(i):
            text = panel.unit.number(float(panel.values[i, j]))
            axes.text(j, i, text, ha="center", va="center", fontsize="xx-small")
    axes.set_xticks(places, [f"{place + 1}" for place in places])
    axes.set_yticks(places, [f"{i + 1}  {name}" for i, name in enumerate(panel.names)])
    axes.tick_params(length=0, labelsize="x-small")
    axes.spines[:].set_visible(False)


def _time(axes: "Axes", axis: Axis) -> None:
    ticks = time_ticks(axis)
    axes.set_xticks([day for day, _ in ticks], [text for _, text in ticks])
    axes.set_xlim(axis.days[0], max(axis.days[-1], axis.days[0] + 1))
    if axis.start is None:
        axes.set_xlabel("day")


def _amounts(axis: "MatplotlibAxis", unit: Unit) -> None:
    """Labels as on the page: thousands apart, in the unit shown."""
    from matplotlib.ticker import FuncFormatter

    def label(value: float, _: object) -> str:
        return unit.ticks([*axis.get_majorticklocs().tolist(), value])[-1]

    axis.set_major_formatter(FuncFormatter(label))


def _handle(name: str, colour: str) -> "Patch":
    """An entry of the legend; `colour dashed` is hatched."""
    from matplotlib.patches import Patch

    key, *dashed = colour.split()
    return Patch(facecolor=LIGHT[key], label=name, hatch="///" if dashed else None)
