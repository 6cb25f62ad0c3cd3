"""What the savings rate costs the protocol, and whether its revenue bears it."""

import numpy as np
import xarray

from camjax.analysis import (
    declares_revenue,
    deficit,
    protocol_revenue,
    rate_spread,
    savings_cost,
    so_far,
)
from camjax.report.behind import behind_time
from camjax.report.by_setting import by_setting
from camjax.report.content import Cell, Estimate, Figure, Section, Table
from camjax.report.over_time import found_over_time, line_panel, over_time, settings_legend
from camjax.report.sections.series import CAPTION
from camjax.report.source import Source
from camjax.report.units import COUNT, RATE, SHARE, amount, words

COST = "Cost: balance × rate × Δt / 365, added up along each path."
REVENUE = (
    "Revenue is what the scenario declares in [revenue]. A deficit is a step that costs more than "
    "it earns."
)
BANDS = "Lines are means over paths; bands hold 90 % of the paths."
DEFICIT_NOTE = "Probabilities are shares of paths, with 95 % intervals after Clopper and Pearson."


def budget(source: Source) -> Section | None:
    """What a savings rate costs; None where nobody pays one.

    Where a scenario declares a revenue, also what it leaves, and the probability of a deficit.
    """
    deposits = [name for name in source.of_type("savings") if name in source.names]
    if not deposits or not source.has_paths:
        return None
    (deposit, *_) = deposits
    results = source.results
    unit = amount(source.token)
    cost = savings_cost(results, deposit=deposit)
    series = {"Cost of the savings rate so far": so_far(cost)}
    items: list[Figure | Table] = []
    declared = declares_revenue(results)
    if declared:
        revenue = protocol_revenue(results)
        series["Revenue less cost so far"] = so_far(revenue - cost)
        items.append(_deficit(source, revenue, cost, deposit))
    colour = source.colour(deposit)
    panels = [
        line_panel(source, over_time(source, array), title, unit, colour, from_zero=True)
        for title, array in series.items()
    ]
    figure = Figure(
        key="budget" if declared else "savings-cost",
        title=f"The {'budget' if declared else 'cost'} of {words(deposit)}",
        caption=CAPTION if len(source.settings) == 1 else BANDS,
        panels=tuple(panels),
        table=behind_time("Budget" if declared else "Cost", panels),
        legend=settings_legend(source),
    )
    return Section(
        key="budget-section" if declared else "savings-cost-section",
        title="What the savings rate costs",
        text=f"{COST} {REVENUE}" if declared else COST,
        items=(figure, *items, *_spread(source, deposit)),
    )


def _deficit(
    source: Source, revenue: xarray.DataArray, cost: xarray.DataArray, deposit: str
) -> Table:
    """Probability of ever seeing a deficit, a row a setting."""
    found = deficit(source.results, revenue, deposit=deposit)
    total = over_time(source, so_far(cost), last=True)
    unit = amount(source.token)
    rows: list[tuple[Cell, ...]] = []
    for i, setting in enumerate(source.settings):
        at = found.isel(setting=i)
        ever = Estimate(*(float(at[name]) for name in ("probability", "low", "high")))
        rows.append((setting, total.estimate(i, -1), ever, float(at.median_step)))
    columns = {
        "cost over the run": unit,
        "a deficit in some step": SHARE,
        "median first step": COUNT,
    }
    note = f"{DEFICIT_NOTE} No first step: fewer than half of the paths see one."
    return by_setting(source, "Cost and deficit", columns, rows, note)


def _spread(source: Source, deposit: str) -> tuple[Figure, ...]:
    """How far the money market's yield is above the savings rate."""
    markets = [name for name in source.of_type("money_market") if name in source.names]
    if not markets:
        return ()
    first, *_ = markets
    found = rate_spread(source.results, first, deposit)
    titles = {
        "spread": "Yield less savings rate",
        "volatility": f"Its deviation over {found.window_steps} steps",
    }
    panels = [
        line_panel(
            source, found_over_time(source, found, f"{name}_"), title, RATE, source.colour(first)
        )
        for name, title in titles.items()
        if np.isfinite(found[f"{name}_mean"]).any()
    ]
    figure = Figure(
        key="spread",
        title=f"{words(first).capitalize()} against {words(deposit)}",
        caption="Means over paths; bands hold 90 % of them. Above 0 the money market quotes more.",
        panels=tuple(panels),
        table=behind_time("Spread", panels),
        legend=settings_legend(source),
    )
    return (figure,)
