"""What a report is made of, as data: the page and the figures for papers are two views of it."""

import dataclasses
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from camjax.report.units import Unit

Colour = str
"""Name of a colour of `palette`, the same for one deposit or setting in every figure."""


class Estimate(NamedTuple):
    """A value with its 95 % interval; the interval's ends are NaN where it has none."""

    value: float
    low: float = np.nan
    high: float = np.nan
    skewed: float = 0.0
    """1 where few paths carry the mean that it is, so that its interval is likely too narrow."""


Cell = str | float | Estimate
"""Entry of a table."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Panel:
    """One drawing."""

    title: str
    unit: Unit
    """Of what is drawn."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Table:
    """Rows that readers sort; numbers bear the unit of their column."""

    title: str
    columns: tuple[str, ...]
    units: tuple[Unit | None, ...]
    """One a column, None for words."""
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Axis:
    """The horizontal axis of time."""

    days: NDArray
    """[X] days since the start, ascending."""
    start: np.datetime64 | None = None
    """Calendar day of day 0, if there is one."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """One series, the bands around it and a few samples of what it is made of."""

    name: str
    colour: Colour
    values: NDArray
    """[X]."""
    bands: tuple[tuple[NDArray, NDArray], ...] = ()
    """Pairs of [X], low and high, the widest first."""
    samples: NDArray | None = None
    """[S, X]."""
    dashed: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lines(Panel):
    """Series over time."""

    axis: Axis
    lines: tuple[Line, ...]
    colour: Colour | None = None
    """Of the panel's title, where it stands for one deposit."""
    from_zero: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stack(Panel):
    """Parts of a whole over time, stacked."""

    axis: Axis
    layers: tuple[Line, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Flows(Panel):
    """Amounts from sources to destinations, as a Sankey diagram."""

    names: tuple[str, ...]
    colours: tuple[Colour, ...]
    amounts: NDArray
    """[N, N] from row to column, not negative."""


class Spread(NamedTuple):
    """One row of `Spreads`: a mean over paths, and a stroke around it."""

    name: str
    colour: Colour
    mean: Estimate
    low: float
    high: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Spreads(Panel):
    """Distributions beside each other, a row each."""

    rows: tuple[Spread, ...]
    reach: str = "90 % of paths"
    """What the strokes are."""
    middle: str = "mean"
    """What the dots are."""
    bars: bool = False
    """Whether a bar leads from 0 to each dot."""
    colour: Colour | None = None
    """Of the panel's title, where it stands for one deposit."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bars(Panel):
    """How a whole is split, a bar a row."""

    names: tuple[str, ...]
    colours: tuple[Colour, ...]
    rows: tuple[tuple[str, NDArray], ...]
    """Label and parts [N], not negative."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Matrix(Panel):
    """A number for every pair, from -1 to 1."""

    names: tuple[str, ...]
    values: NDArray
    """[n, n] symmetric; NaN where a number is not defined."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figure:
    """Panels that say one thing, and the numbers behind them."""

    key: str
    title: str
    caption: str
    panels: tuple[Panel, ...]
    table: Table
    legend: tuple[tuple[str, Colour], ...] = ()
    wide: bool = False
    """Whether a panel takes the whole width."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Section:
    """A chapter of the report."""

    key: str
    title: str
    text: str
    items: tuple[Figure | Table, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
    """The whole report."""

    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    """What was run: names and values."""
    sentences: tuple[str, ...]
    """Answers, the most important first."""
    sections: tuple[Section, ...]
    method: tuple[str, ...]
    """How to read it."""
    scenario: str
    """TOML text, empty where it is not known."""

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures in order."""
        items = (item for section in self.sections for item in section.items)
        return tuple(item for item in items if isinstance(item, Figure))
