"""Sankey diagrams by matplotlib."""

from typing import TYPE_CHECKING

import numpy as np

from camjax.report.content import Flows
from camjax.report.palette import LIGHT
from camjax.report.sankey import layout
from camjax.report.units import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAME_DISTANCE = 0.02
"""Of names from the ends of a diagram that is 1 wide."""


def draw_flows(axes: "Axes", panel: Flows) -> None:
    """Sources at the left, destinations at the right, ribbons as thick as the amounts."""
    from matplotlib.patches import PathPatch, Rectangle
    from matplotlib.path import Path

    axes.set_axis_off()
    axes.text(0.5, -0.01, panel.unit.name, horizontalalignment="center", fontsize="small")
    axes.set_xlim(-0.35, 1.35)
    axes.set_ylim(1, 0)
    found = layout(panel.amounts)
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    for i, _, (a, b), (c, d) in found.ribbons:
        points = [(0, a), (0.5, a), (0.5, c), (1, c), (1, d), (0.5, d), (0.5, b), (0, b), (0, a)]
        colour = LIGHT[panel.colours[i]]
        axes.add_patch(PathPatch(Path(points, codes), facecolor=colour, alpha=0.4, linewidth=0))
    sides = (
        (0.0, -1, found.sources, np.sum(panel.amounts, axis=1)),
        (1.0, 1, found.destinations, np.sum(panel.amounts, axis=0)),
    )
    for x, side, nodes, sums in sides:
        for n, (top, bottom) in enumerate(nodes):
            if bottom <= top:
                continue
            colour = LIGHT[panel.colours[n]]
            axes.add_patch(Rectangle((x - 0.006, top), 0.012, bottom - top, color=colour))
            axes.text(
                x + side * NAME_DISTANCE,
                (top + bottom) / 2,
                f"{words(panel.names[n])}\n{panel.unit.ticks([float(sums[n])])[0]}",
                horizontalalignment="left" if side > 0 else "right",
                verticalalignment="center",
                fontsize="small",
            )
