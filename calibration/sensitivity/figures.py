"""Pictures of sensitivities, drawn by matplotlib without a display."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from calibration.sensitivity.tables import Row
from calibration.sensitivity.time_resolved import TimeResolved

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 15
"""Parameters in a tornado picture, the most influential ones."""

LINES = 6
"""Parameters in the picture over time."""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Of the Okabe-Ito palette, told apart by colour-blind readers too."""

ROW_INCHES, PANEL_INCHES = 0.2, 8.0


def tornado(rows: Sequence[Row], names: Sequence[str], label: str) -> "Figure":
    """Bars of the most influential parameters, a panel an output, with 95 % intervals.

    Args:
      rows: of one of the tables.
      names: which numbers of a row are shown, one bar each.
      label: what they are.
    """
    from matplotlib.figure import Figure

    outputs = list(dict.fromkeys(row["output"] for row in rows))
    panels = [[row for row in rows if row["output"] == output][:MOST] for output in outputs]
    heights = [len(panel) * max(len(names), 1) + 3 for panel in panels]
    figure = Figure(figsize=(PANEL_INCHES, ROW_INCHES * sum(heights)), layout="constrained")
    axes = figure.subplots(len(outputs), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axis, output, panel in zip(axes, outputs, panels, strict=True):
        for place, name in enumerate(names):
            at = np.arange(len(panel)) + (place - (len(names) - 1) / 2) * 0.8 / len(names)
            value = np.array([row[name] for row in panel])
            low = np.array([row[f"{name}_low"] for row in panel])
            axis.barh(at, value, 0.75 / len(names), color=COLOURS[place], label=name)
            axis.errorbar(
                value, at, xerr=np.abs(value - low), fmt="none", ecolor="#1d2129", elinewidth=1
            )
        axis.set_yticks(range(len(panel)), [row["parameter"] for row in panel], fontsize="small")
        axis.invert_yaxis()
        axis.axvline(0, color="#1d2129", linewidth=0.8)
        axis.set_title(output, loc="left", fontsize="medium")
    axes[-1].set_xlabel(label)
    if len(names) > 1:
        axes[0].legend(frameon=False, fontsize="small")
    return figure


def responses(result: TimeResolved) -> "Figure":
    """How each deposit's share responds over time to the parameters that matter most."""
    from matplotlib.figure import Figure

    count = len(result.deposits)
    figure = Figure(figsize=(PANEL_INCHES, 2.0 * count + 1), layout="constrained")
    axes = figure.subplots(count, 1, squeeze=False, sharex=True)[:, 0]
    largest = np.abs(result.response).max((0, 1))
    ranked = np.argsort(-np.nan_to_num(largest), kind="stable")[:LINES]
    for place, (axis, deposit) in enumerate(zip(axes, result.deposits, strict=True)):
        found, reach = result.response[:, place], result.reach[:, place]
        for colour, k in zip(COLOURS, ranked, strict=False):
            label = result.names[k]
            axis.plot(result.time_days, found[:, k], color=colour, label=label, linewidth=1.2)
            band = found[:, k] - reach[:, k], found[:, k] + reach[:, k]
            axis.fill_between(result.time_days, *band, color=colour, alpha=0.2, linewidth=0)
        axis.axhline(0, color="#1d2129", linewidth=0.8)
        axis.set_title(f"share of {deposit}", loc="left", fontsize="medium")
    lines, labels = axes[0].get_legend_handles_labels()
    figure.legend(
        lines, labels, loc="outside lower center", ncols=2, frameon=False, fontsize="small"
    )
    axes[-1].set_xlabel("days")
    figure.supylabel(
        "change of the mean share per relative change of the parameter", fontsize="small"
    )
    return figure
