"""Series over time, as lines with bands and as stacked areas."""

import numpy as np
from numpy.typing import NDArray

from camjax.report.alternatives import describe
from camjax.report.content import Axis, Line, Lines, Stack
from camjax.report.html import frame, marks
from camjax.report.html.markup import Html
from camjax.report.scales import Scale, linear, moment, time_ticks

MOST_BANDS = 4
"""More lines than these have their widest bands alone, and these faint."""

BAND_KINDS = {1: ("band",), 2: ("band wide", "band"), 3: ("band wide", "band", "band")}
"""Styles of bands by how many there are, the widest first."""

LEAST_LABEL_DISTANCE = 0.075
"""Of labels at a stack's right, as a share of its height."""


def lines(panel: Lines) -> Html:
    """Lines with their bands and samples."""
    across, scale = _across(panel.axis), _vertical(panel)
    shapes = [marks.grid(scale.share(scale.ticks))]
    crowded = len(panel.lines) > MOST_BANDS
    for line in panel.lines:
        kinds = ("band faint",) if crowded else BAND_KINDS.get(len(line.bands), ())
        for (low, high), kind in zip(line.bands, kinds, strict=False):
            shapes.append(
                marks.band(across, scale.share(low), scale.share(high), line.colour, kind)
            )
    for line in panel.lines:
        for sample in () if line.samples is None else line.samples:
            shapes.append(marks.line(across, scale.share(sample), line.colour, "sample"))
    for line in panel.lines:
        kind = "line dashed" if line.dashed else "line"
        shapes.append(marks.line(across, scale.share(line.values), line.colour, kind))
    picture = marks.drawing(panel.title, describe(panel), *shapes)
    plot = frame.plot(
        picture,
        frame.vertical_labels(scale, panel.unit),
        _below(panel.axis),
        corner=_time_unit(panel.axis),
        readout=_readout(panel.axis, panel.lines, panel),
    )
    return frame.panel(panel.title, panel.unit.name, panel.colour, plot)


def stack(panel: Stack) -> Html:
    """Parts on top of each other, the first at the bottom."""
    across = _across(panel.axis)
    tops = np.cumsum([np.nan_to_num(layer.values) for layer in panel.layers], axis=0)
    scale = linear(0.0, float(tops[-1].max(initial=0.0)))
    if abs(scale.high * panel.unit.factor - 100) < 1e-6 or panel.unit.name == "%":
        scale = Scale(0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0))
    shapes, ends = [marks.grid(scale.share(scale.ticks))], []
    below = np.zeros_like(across)
    for layer, top in zip(panel.layers, tops, strict=True):
        shapes.append(
            marks.band(across, scale.share(below), scale.share(top), layer.colour, "layer")
        )
        if layer.values[-1] > 0.004 * tops[-1, -1]:
            middle = float(scale.share((below[-1] + top[-1]) / 2))
            ends.append((1 - middle, panel.unit.text(float(layer.values[-1]))))
        below = top
    picture = marks.drawing(panel.title, describe(panel), *shapes)
    plot = frame.plot(
        picture,
        frame.vertical_labels(scale, panel.unit),
        _below(panel.axis),
        corner=_time_unit(panel.axis),
        right=frame.side_labels(_apart(ends), "right"),
        readout=_readout(panel.axis, panel.layers, panel),
        kind="stack",
    )
    return frame.panel(panel.title, f"{panel.unit.name} of all", None, plot)


def _across(axis: Axis) -> NDArray:
    first, last = axis.days[0], axis.days[-1]
    return (axis.days - first) / (last - first) if last > first else np.zeros(len(axis.days))


def _below(axis: Axis) -> Html:
    """Labels of the axis of time."""
    first, last = float(axis.days[0]), float(axis.days[-1])
    ticks = time_ticks(axis) if last > first else [(first, moment(first, axis))]
    return frame.horizontal_labels(
        ((day - first) / (last - first) if last > first else 0.0, text) for day, text in ticks
    )


def _time_unit(axis: Axis) -> str:
    """What stands at the left of the labels of the axis of time."""
    return "day" if axis.start is None else ""


def _vertical(panel: Lines) -> Scale:
    """An axis that holds all lines, bands and samples."""
    drawn = [line.values for line in panel.lines]
    drawn += [end for line in panel.lines for pair in line.bands for end in pair]
    drawn += [line.samples for line in panel.lines if line.samples is not None]
    values = np.concatenate([np.ravel(part) for part in drawn])
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    low = min(low, 0.0) if panel.from_zero else low
    return linear(low, high, negligible=panel.unit.negligible)


def _readout(axis: Axis, shown: tuple[Line, ...], panel: Lines | Stack) -> str:
    moments = [moment(float(day), axis) for day in axis.days]
    return frame.readout_of(
        moments, [(line.name, line.colour, _texts(line, panel)) for line in shown]
    )


def _texts(line: Line, panel: Lines | Stack) -> list[str]:
    unit = panel.unit
    middle = [unit.text(value) for value in line.values.tolist()]
    if not line.bands or isinstance(panel, Stack):
        return middle
    low, high = (end.tolist() for end in line.bands[0])
    ends = zip(low, high, strict=True)
    return [f"{m} ({unit.interval(*e)})" for m, e in zip(middle, ends, strict=True)]


def _apart(ends: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """Labels moved so far apart that none covers another, from the top down."""
    placed: list[tuple[float, str]] = []
    for place, text in sorted(ends):
        least = placed[-1][0] + LEAST_LABEL_DISTANCE if placed else 0.0
        placed.append((max(place, least), text))
    over = placed[-1][0] - 0.98 if placed else 0.0
    return [(place - over, text) for place, text in placed] if over > 0 else placed
