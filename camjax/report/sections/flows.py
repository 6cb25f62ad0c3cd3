"""Who was to move where."""

import itertools

import numpy as np
import xarray

from camjax.analysis import total_transfers
from camjax.report.behind import behind_flows
from camjax.report.by_setting import by_setting
from camjax.report.content import Cell, Figure, Flows, Section, Table
from camjax.report.estimates import ENDS, Estimates
from camjax.report.over_time import drawn_settings
from camjax.report.source import Source
from camjax.report.units import amount, words

CAPTION = (
    "Transfers planned, added up over the run; means over paths. Ribbons have the colour of the "
    "deposit that capital leaves, which stands at the left. Capital that comes and goes counts "
    "every time, so that totals are larger than balances."
)


def flows(source: Source) -> Section:
    """Transfers in total, as Sankey diagrams, with their intervals in a table."""
    totals, table = _totals(source)
    unit = amount(source.token)
    panels = tuple(
        Flows(
            title=source.settings[i],
            unit=unit,
            names=tuple(group.name for group in source.groups),
            colours=tuple(group.colour for group in source.groups),
            amounts=_grouped(source, totals[i]),
        )
        for i in drawn_settings(source)
    )
    figure = Figure(
        key="flows",
        title="Transfers planned between deposits",
        caption=CAPTION,
        panels=panels,
        table=behind_flows("Transfers in total", panels),
        wide=len(panels) == 1,
    )
    items = (figure,) if table is None else (figure, table)
    return Section(key="flows-section", title="Who was to move where", text="", items=items)


def _grouped(source: Source, amounts: np.ndarray) -> np.ndarray:
    """[N, N] amounts between what is drawn; what moves within a group is left out."""
    member = np.zeros((len(source.groups), len(source.names)))
    for place, group in enumerate(source.groups):
        member[place, group.positions] = 1
    found = member @ np.nan_to_num(amounts) @ member.T
    np.fill_diagonal(found, 0)
    return found


def _totals(source: Source) -> tuple[np.ndarray, Table | None]:
    """[settings, N, N] from source to destination, and net transfers with intervals if known."""
    dims = ("setting", "source", "destination")
    if not source.has_paths:
        mean = source.results.transfer.sel(statistic="mean").sum("step")
        return mean.transpose(*dims).values, None
    found = total_transfers(source.results)
    return found["mean"].transpose(*dims).values, _net(source, found, dims)


def _net(source: Source, found: xarray.Dataset, dims: tuple[str, ...]) -> Table:
    """Both directions and what is left of them, a row a pair."""
    gross = Estimates(found, ("mean", *ENDS), dims)
    net = Estimates(found, ("net_mean", "net_low", "net_high"), dims)
    rows: list[tuple[Cell, ...]] = []
    for s, setting in enumerate(source.settings):
        for i, j in itertools.combinations(range(len(source.names)), 2):
            if net[s, i, j].value < 0:
                i, j = j, i
            if gross[s, i, j].value > 0:
                pair = f"{words(source.names[i])} → {words(source.names[j])}"
                rows.append((setting, pair, gross[s, i, j], gross[s, j, i], net[s, i, j]))
    unit = amount(source.token)
    columns = {"from → to": None, "planned": unit, "planned back": unit, "net": unit}
    note = "Means over paths, in total over the run; below them their 95 % intervals."
    return by_setting(source, "Net transfers planned", columns, rows, note)
