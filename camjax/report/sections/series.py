"""Series over time that a run records: market, supply, money markets, pools, yields."""

from typing import NamedTuple

import xarray

from camjax.analysis import so_far, user_balance
from camjax.report.behind import behind_time
from camjax.report.content import Figure, Lines, Section
from camjax.report.over_time import (
    found_over_time,
    line_panel,
    over_time,
    sample_paths,
    settings_legend,
)
from camjax.report.palette import INK
from camjax.report.source import MOST_DEPOSITS, Source
from camjax.report.units import NUMBER, RATE, SHARE, USD, Unit, amount, words

MEANING = "Lines are means over paths; light bands hold 90 % of the paths"
CAPTION = f"{MEANING}, dark ones half of them."
SAMPLED = f"{MEANING}. Thin lines are the first three paths."


class Series(NamedTuple):
    """A variable of the results, and how it is drawn."""

    variable: str
    title: str
    unit: Unit
    samples: bool = False
    cumulative: bool = False
    from_zero: bool = False


def market(source: Source) -> Section:
    """Prices and risk, which no deposit influences."""
    series = (
        Series("volatile_asset_price", "Price of the volatile asset", USD, samples=True),
        Series("volatile_asset_risk", "Risk metric of the volatile asset", NUMBER),
    )
    figure = _figure(source, "market", "Prices and risk", series, INK)
    return Section(
        key="market-section",
        title="The market",
        text="What comes from outside; no deposit influences it.",
        items=() if figure is None else (figure,),
    )


def yields(source: Source) -> Section | None:
    """Yield rates that deposits quote; None where all are 0."""
    found = over_time(source, "yield_rate")
    panels = tuple(
        line_panel(
            source, found.of_deposit(n), words(name), RATE, source.colours[n], from_zero=True
        )
        for n, name in enumerate(source.names)
        if name in source.drawn and found.mean[..., n].any()
    )
    text = "What each deposit offers its holders; target weights follow from it and from risk."
    if not panels:
        return None
    figure = Figure(
        key="yields",
        title="Yield rates quoted",
        caption=_caption(source, CAPTION),
        panels=panels,
        table=behind_time("Yield rates", panels),
        legend=settings_legend(source),
    )
    return Section(
        key="yields-section",
        title="What deposits offer",
        text=text,
        items=(figure,),
    )


def supply(source: Source) -> Section | None:
    """What users hold in total, minted and redeemed so far; None where nothing is minted."""
    if not source.has_paths:
        return None
    found = user_balance(source.results)
    token = amount(source.token)
    titles = {
        "user_balance": "Held by users in total",
        "minted": "Minted so far",
        "redeemed": "Redeemed so far",
    }
    if "minted_mean" not in found:
        return None
    panels = [
        line_panel(
            source, found_over_time(source, found, f"{name}_"), title, token, INK, from_zero=True
        )
        for name, title in titles.items()
    ]
    figure = Figure(
        key="supply",
        title=f"User {source.token}, minted and redeemed",
        caption=_caption(source, f"{MEANING}."),
        panels=tuple(panels),
        table=behind_time("Supply", panels),
        legend=settings_legend(source),
    )
    text = "By users, and by the arbitrage that keeps pools at the market price."
    return Section(key="supply-section", title="What comes and goes", text=text, items=(figure,))


def mechanisms(source: Source) -> Section:
    """How money markets and pools behave inside."""
    token = amount(source.token)
    markets = (
        Series("utilization", "Utilization", SHARE),
        Series("borrow_rate", "Borrow rate", RATE),
        Series("supply_rate", "Supply rate", RATE),
        Series("borrowed", "Lent out", token, from_zero=True),
    )
    pools = (
        Series("pool_tvl", "Value locked", USD),
        Series("pool_trading_fees", "Trading fees so far", USD, cumulative=True),
        Series("pool_impermanent_loss", "Impermanent loss", SHARE),
        Series("pool_minted_redeemed", "Brought in by arbitrage so far", token, cumulative=True),
    )
    figures = (
        _figure(source, "money-market", "Money market", markets, _colour(source, "money_market")),
        _figure(source, "pool", "Liquidity pool", pools, _colour(source, "liquidity_pool")),
    )
    return Section(
        key="mechanisms",
        title="Money markets and pools",
        text="",
        items=tuple(figure for figure in figures if figure is not None),
    )


def _figure(
    source: Source, key: str, title: str, series: tuple[Series, ...], colour: str
) -> Figure | None:
    """A panel a variable that the results hold; None where they hold none."""
    panels = [
        panel
        for one in series
        if one.variable in source.results
        for panel in _panels(source, one, colour)
    ]
    if not panels:
        return None
    sampled = any(line.samples is not None for panel in panels for line in panel.lines)
    several = any(len(panel.lines) > 1 for panel in panels)
    return Figure(
        key=key,
        title=title,
        caption=_caption(source, SAMPLED if sampled else CAPTION),
        panels=tuple(panels),
        table=behind_time(title, panels),
        legend=settings_legend(source) if several else (),
    )


def _panels(source: Source, series: Series, colour: str) -> list[Lines]:
    """One panel, or one for each of several deposits of a type."""
    array = source.results[series.variable]
    if series.cumulative:
        if not source.has_paths:
            return []
        array = so_far(array)
    kinds = [d for d in array.dims if d not in ("setting", "path", "statistic", "step")]
    if not kinds:
        return [_panel(source, series, array, series.title, colour)]
    (kind,) = kinds
    return [
        _panel(
            source,
            series,
            array.isel({kind: n}, drop=True),
            f"{series.title}, {words(str(name))}",
            source.colour(str(name)),
        )
        for n, name in enumerate(array[kind].values[:MOST_DEPOSITS])
    ]


def _panel(
    source: Source, series: Series, array: xarray.DataArray, title: str, colour: str
) -> Lines:
    found = over_time(source, array)
    panel = line_panel(source, found, title, series.unit, colour, from_zero=series.from_zero)
    if not series.samples or len(panel.lines) > 1:
        return panel
    samples = sample_paths(source, array)
    return line_panel(source, found, title, series.unit, colour, samples=samples)


def _colour(source: Source, kind: str) -> str:
    names = source.of_type(kind)
    return source.colour(names[0]) if names else INK


def _caption(source: Source, text: str) -> str:
    return "One path." if source.num_paths == 1 else text
