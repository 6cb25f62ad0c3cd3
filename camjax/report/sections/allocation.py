"""Where the capital is: over time, and at the end."""

import dataclasses

import numpy as np

from camjax.report.behind import behind_time
from camjax.report.content import (
    Figure,
    Line,
    Lines,
    Section,
    Stack,
    Table,
)
from camjax.report.over_time import (
    OverTime,
    drawn_settings,
    line_panel,
    over_time,
    settings_legend,
)
from camjax.report.sections.final import balances, split
from camjax.report.source import Source
from camjax.report.units import SHARE, Unit, amount, words

NOTE = "Shares are of user balances under allocation."
BANDS = "Lines are means over paths; light bands hold 90 % of the paths, dark ones half of them."


def allocation(source: Source) -> Section:
    """Shares over time and at the end, balances at the end."""
    items: list[Figure | Table] = []
    if source.has_steps:
        shares = over_time(source, "share")
        if len(source.settings) == 1:
            items.append(together(source, shares))
        items += [
            area(source, shares),
            by_deposit(source, shares, "weights", "Weights", SHARE),
            by_deposit(
                source,
                over_time(source, "balance"),
                "balances",
                "Balances",
                amount(source.token),
            ),
        ]
    final = over_time(source, "share", last=True)
    items += [split(source, final), balances(source, final)]
    return Section(key="allocation", title="Where the capital is", text=NOTE, items=tuple(items))


def area(source: Source, shares: OverTime) -> Figure:
    """Mean shares, stacked, a panel a setting."""
    panels, whole = [], []
    for i in drawn_settings(source):
        run = source.is_shown(i)
        layers = tuple(
            Line(
                name=group.name,
                colour=group.colour,
                values=np.where(run, np.nansum(shares.mean[i][:, group.positions], axis=1), np.nan),
            )
            for group in source.groups
            if source.allocated[i, group.positions].any()
        )
        panel = Stack(title=source.settings[i], unit=SHARE, axis=source.axis, layers=layers)
        own = [dataclasses.replace(layer, values=layer.values[run]) for layer in layers]
        axis = dataclasses.replace(source.axis, days=source.axis.days[run])
        panels.append(dataclasses.replace(panel, axis=axis, layers=tuple(own)))
        whole.append(panel)
    return Figure(
        key="allocation-area",
        title="Allocation over time",
        caption="Mean share of each deposit over paths. At the right: the share at the end.",
        panels=tuple(panels),
        table=behind_time("Mean shares", whole),
        legend=source.legend(),
        wide=len(panels) == 1,
    )


def together(source: Source, shares: OverTime) -> Figure:
    """Shares of all deposits of a run in one panel, with bands."""
    lines = []
    for name in source.drawn:
        n = source.names.index(name)
        (line,) = line_panel(source, shares.of_deposit(n), "", SHARE, source.colours[n]).lines
        lines.append(dataclasses.replace(line, name=words(name)))
    panel = Lines(
        title=f"Share of the {source.token} under allocation",
        unit=SHARE,
        axis=source.axis,
        lines=tuple(lines),
        from_zero=True,
    )
    return Figure(
        key="allocation-bands",
        title="Allocation and how far paths differ",
        caption=_bands_caption(source, several=False),
        panels=(panel,),
        table=behind_time("Shares", [panel]),
        legend=source.legend(),
        wide=True,
    )


def by_deposit(source: Source, found: OverTime, key: str, title: str, unit: Unit) -> Figure:
    """A quantity of every deposit with bands, a panel a deposit."""
    panels = []
    for name in source.drawn:
        n = source.names.index(name)
        of_one = found.of_deposit(n)
        panels.append(line_panel(source, of_one, words(name), unit, source.colours[n]))
    several = len(source.settings) > 1
    return Figure(
        key=key,
        title=f"{title}, deposit by deposit",
        caption=_bands_caption(source, several=several),
        panels=tuple(panels),
        table=behind_time(title, panels),
        legend=settings_legend(source),
    )


def _bands_caption(source: Source, *, several: bool) -> str:
    if source.num_paths == 1:
        return "One path; nothing to average."
    if several:
        return "Lines are means over paths; 90 % of the paths of a setting lie in its band."
    return BANDS
