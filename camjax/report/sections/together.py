"""What moves together: deposits along paths, and all states on average."""

import itertools

import numpy as np

from camjax.analysis import correlation_matrix, rolling_correlation
from camjax.report.behind import behind_matrices, behind_time
from camjax.report.content import Figure, Lines, Matrix, Section
from camjax.report.over_time import (
    drawn_settings,
    found_over_time,
    line_panel,
    settings_legend,
)
from camjax.report.palette import INK
from camjax.report.source import Source
from camjax.report.units import NUMBER, words

WINDOW_STEPS = 30
MOST_DEPOSITS = 4
"""Whose pairs are drawn, those that hold most; `camjax analyse` gives all."""
KINDS = {"balance": "balance", "yield_rate": "yield"}
TEXT = (
    "Correlations say what moves together, not what moves what. Not defined where something does "
    "not move, such as a deposit that stays empty."
)


def moves_together(source: Source) -> Section | None:
    """Rolling correlations of balances and the matrix of mean states; None without paths."""
    if not source.has_paths:
        return None
    figures = (_pairs(source), _matrix(source))
    items = tuple(figure for figure in figures if figure is not None)
    return Section(key="together", title="What moves together", text=TEXT, items=items)


def _pairs(source: Source) -> Figure | None:
    """A panel a pair of deposits; None where no correlation is defined."""
    held = source.results.balance.isel(step=source.shown).mean(["setting", "path", "step"])
    order = sorted(source.ever_allocated, key=lambda name: -float(held.sel(deposit=name)))
    chosen = [name for name in source.names if name in order[:MOST_DEPOSITS]]
    panels: list[Lines] = []
    for first, second in itertools.combinations(chosen, 2):
        found = rolling_correlation(
            source.results, first, second, "balance", window_steps=WINDOW_STEPS
        )
        over = found_over_time(source, found)
        if np.isfinite(over.mean).any():
            title = f"{words(first)} and {words(second)}"
            panels.append(line_panel(source, over, title, NUMBER, INK, from_zero=True))
    if not panels:
        return None
    drawn = "Lines are means over the paths on which it is defined; bands hold 90 % of them."
    return Figure(
        key="correlations",
        title=f"Balances of two deposits, correlation over {WINDOW_STEPS} steps",
        caption="One path." if source.num_paths == 1 else drawn,
        panels=tuple(panels),
        table=behind_time("Correlations", panels),
        legend=settings_legend(source),
    )


def _matrix(source: Source) -> Figure | None:
    """Correlations along time of the means over paths, a panel a setting."""
    panels = tuple(
        panel for i in drawn_settings(source) if (panel := _states(source, i)) is not None
    )
    if not panels:
        return None
    return Figure(
        key="correlation-matrix",
        title="Correlations of mean states along time",
        caption=(
            "Of the means over paths, over all steps: what the typical path does. Blue moves "
            "together, orange against each other."
        ),
        panels=panels,
        table=behind_matrices("Correlations of mean states", panels),
    )


def _states(source: Source, setting: int) -> Matrix | None:
    """The states of one setting that move; None where fewer than two do."""
    found = correlation_matrix(source.results.isel(setting=[setting])).isel(setting=0)
    values = found.correlation.transpose("state", "other_state").values
    names = [str(name) for name in found.state.values]
    shown = [
        i for i, name in enumerate(names) if np.isfinite(values[i, i]) and _drawn(source, name)
    ]
    if len(shown) < 2:
        return None
    return Matrix(
        title=source.settings[setting],
        unit=NUMBER,
        names=tuple(_called(names[i]) for i in shown),
        values=values[np.ix_(shown, shown)],
    )


def _drawn(source: Source, state: str) -> bool:
    """Whether a state is none of a deposit that is not drawn one by one."""
    _, bracket, name = state.removesuffix("]").partition("[")
    return not bracket or name not in source.names or name in source.drawn


def _called(state: str) -> str:
    """A state in words.

    >>> _called("yield_rate[money_market]"), _called("utilization")
    ('yield, money market', 'utilization')
    """
    kind, _, name = state.removesuffix("]").partition("[")
    said = KINDS.get(kind, words(kind))
    return f"{said}, {words(name)}" if name else said
