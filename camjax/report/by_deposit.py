"""Weights over time, observed and predicted: a panel a deposit."""

from collections.abc import Sequence
from typing import NamedTuple

from numpy.typing import NDArray

from camjax.report.behind import behind_time
from camjax.report.content import Axis, Colour, Figure, Line, Lines
from camjax.report.units import SHARE, Unit, words


class Weights(NamedTuple):
    """A line in every panel.

    Args:
      name: in the legend.
      colour: of the line.
      values: [X, N].
      bands: pairs of [X, N], low and high, the widest first.
    """

    name: str
    colour: Colour
    values: NDArray
    bands: tuple[tuple[NDArray, NDArray], ...] = ()


def by_deposit(
    key: str,
    title: str,
    caption: str,
    axis: Axis,
    deposits: Sequence[str],
    weights: Sequence[Weights],
    unit: Unit = SHARE,
) -> Figure:
    """A figure with a panel for each of N deposits, and the numbers behind it.

    Args:
      key: of the figure.
      title: of the figure.
      caption: below it.
      axis: of X moments.
      deposits: names of the N deposits.
      weights: the lines of every panel.
      unit: of what is drawn.
    """
    panels = tuple(
        Lines(
            title=words(name),
            unit=unit,
            axis=axis,
            lines=tuple(
                Line(
                    name=one.name,
                    colour=one.colour,
                    values=one.values[:, n],
                    bands=tuple((low[:, n], high[:, n]) for low, high in one.bands),
                )
                for one in weights
            ),
            from_zero=True,
        )
        for n, name in enumerate(deposits)
    )
    return Figure(
        key=key,
        title=title,
        caption=caption,
        panels=panels,
        table=behind_time(title, panels, "Behind what has a band: its ends."),
        legend=tuple((one.name, one.colour) for one in weights),
    )
