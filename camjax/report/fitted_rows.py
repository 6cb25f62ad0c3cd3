"""Rows of a fit: observed and fitted weights, and how far apart they are."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from camjax.report.behind import behind_time
from camjax.report.content import Axis, Figure, Line, Lines
from camjax.report.palette import INK
from camjax.report.source import shown_steps
from camjax.report.units import POINTS, SHARE, Unit, words

OBSERVED, SEEN, UNSEEN = "observed", "fitted", "held out"
COLOURS = {OBSERVED: INK, SEEN: "blue", UNSEEN: "vermilion"}


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """What was observed and what a fitted scenario predicts.

    Attributes:
      axis: [T] the rows.
      deposits: the N that were observed.
      observed: [T, N] weights.
      predicted: [T, N] weights.
      seen: [T] booleans, rows that were fitted.
      held_out: [T] booleans, rows that were observed but not fitted.
    """

    axis: Axis
    deposits: tuple[str, ...]
    observed: NDArray
    predicted: NDArray
    seen: NDArray
    held_out: NDArray


def _parts(found: Fitted) -> dict[str, NDArray]:
    """Rows by what they were used for."""
    parts = {SEEN: ~found.held_out, UNSEEN: found.held_out}
    return {name: rows for name, rows in parts.items() if rows.any()}


def _lines(found: Fitted, values: NDArray, shown: slice) -> list[Line]:
    """A series [T] as a line for each part of the rows."""
    return [
        Line(name=name, colour=COLOURS[name], values=np.where(rows, values, np.nan)[shown])
        for name, rows in _parts(found).items()
    ]


def weights(found: Fitted) -> Figure:
    """A panel a deposit: observed and fitted weights."""
    shown = shown_steps(len(found.axis.days))
    panels = []
    for n, name in enumerate(found.deposits):
        observed = found.observed[shown, n]
        lines = [
            Line(name=OBSERVED, colour=COLOURS[OBSERVED], values=observed),
            *_lines(found, found.predicted[:, n], shown),
        ]
        panels.append(_panel(found, name, tuple(lines), shown, SHARE))
    return Figure(
        key="fitted-weights",
        title="Weights",
        caption="Observed weights, and those that the fitted scenario predicts.",
        panels=tuple(panels),
        table=behind_time("Weights", panels),
        legend=tuple((name, COLOURS[name]) for name in (OBSERVED, *_parts(found))),
    )


def residuals(found: Fitted) -> Figure:
    """A panel a deposit: fitted less observed weight, in rows that were observed."""
    shown = shown_steps(len(found.axis.days))
    known = (found.seen | found.held_out)[:, None]
    errors = np.where(known, found.predicted - found.observed, np.nan)
    panels = [
        _panel(found, name, tuple(_lines(found, errors[:, n], shown)), shown, POINTS)
        for n, name in enumerate(found.deposits)
    ]
    return Figure(
        key="residuals",
        title="Residuals",
        caption="Fitted less observed weight: above 0 the deposit was given too much.",
        panels=tuple(panels),
        table=behind_time("Residuals", panels),
        legend=tuple((name, COLOURS[name]) for name in _parts(found)),
    )


def _panel(found: Fitted, name: str, lines: tuple[Line, ...], shown: slice, unit: Unit) -> Lines:
    axis = Axis(days=found.axis.days[shown], start=found.axis.start)
    return Lines(title=words(name), unit=unit, axis=axis, lines=lines, from_zero=True)
