"""Where the capital ended up."""

import numpy as np

from camjax.report.by_setting import by_setting
from camjax.report.content import Bars, Cell, Figure, Spread, Spreads, Table
from camjax.report.over_time import OverTime, over_time
from camjax.report.source import Source
from camjax.report.units import SHARE, amount, words

LOW, HIGH = "5 % of paths below", "5 % of paths above"


def split(source: Source, final: OverTime) -> Figure:
    """Where the capital ended up."""
    panels: list[Bars | Spreads] = []
    if len(source.settings) > 1:
        held = [
            np.array([np.nansum(mean[0, list(group.positions)]) for group in source.groups])
            for mean in final.mean
        ]
        panels.append(
            Bars(
                title="Mean split at the end",
                unit=SHARE,
                names=tuple(group.name for group in source.groups),
                colours=tuple(group.colour for group in source.groups),
                rows=tuple(zip(source.settings, held, strict=True)),
            )
        )
    panels += _distributions(source, final)
    rows = tuple(
        (setting, words(name), final.estimate(i, -1, n), *_ends(final, i, n))
        for i, setting in enumerate(source.settings)
        for n, name in enumerate(source.names)
        if source.allocated[i, n]
    )
    columns = {"deposit": None, "mean share": SHARE, LOW: SHARE, HIGH: SHARE}
    table = by_setting(
        source, "Shares at the end", columns, rows, "Below a mean: its 95 % interval."
    )
    return Figure(
        key="final-split",
        title="Final split",
        caption="Dots are means over paths; 90 % of paths end within the stroke.",
        panels=tuple(panels),
        table=table,
        legend=source.legend() if len(source.settings) > 1 else (),
        wide=len(panels) == 1,
    )


def _distributions(source: Source, final: OverTime) -> list[Spreads]:
    """Final shares of the deposits, or of a deposit under all settings."""
    if len(source.settings) == 1:
        rows = tuple(
            _row(words(name), source.colour(name), final, 0, source.names.index(name))
            for name in source.drawn
        )
        return [Spreads(title="Share at the end", unit=SHARE, rows=rows)]
    panels = []
    for name in source.drawn:
        n = source.names.index(name)
        rows = tuple(
            _row(setting, source.colours[n], final, i, n)
            for i, setting in enumerate(source.settings)
            if source.allocated[i, n]
        )
        panels.append(Spreads(title=words(name), unit=SHARE, rows=rows, colour=source.colours[n]))
    return panels


def balances(source: Source, final: OverTime) -> Table:
    """Balances at the end, of deposits outside the allocation too."""
    found = over_time(source, "balance", last=True)
    unit = amount(source.token)
    rows: list[tuple[Cell, ...]] = [
        (
            setting,
            words(name),
            found.estimate(i, -1, n),
            *_ends(found, i, n),
            final.estimate(i, -1, n),
        )
        for i, setting in enumerate(source.settings)
        for n, name in enumerate(source.names)
    ]
    columns = {"deposit": None, "mean balance": unit, LOW: unit, HIGH: unit, "mean share": SHARE}
    note = "Below a mean: its 95 % interval. A deposit without a share is not under allocation."
    return by_setting(source, "Balances at the end", columns, rows, note)


def _row(name: str, colour: str, found: OverTime, i: int, n: int) -> Spread:
    return Spread(name, colour, found.estimate(i, -1, n), *_ends(found, i, n))


def _ends(found: OverTime, i: int, n: int) -> tuple[float, float]:
    return float(found.q05[i, -1, n]), float(found.q95[i, -1, n])
