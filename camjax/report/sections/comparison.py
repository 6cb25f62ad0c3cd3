"""Settings held against the first, path by path."""

import numpy as np

from camjax.analysis import compare_all
from camjax.report.content import Cell, Figure, Section, Spread, Spreads, Table
from camjax.report.estimates import ENDS, Estimates
from camjax.report.source import Source
from camjax.report.units import POINTS, SHARE, amount, words
from camjax.results import is_run
from camjax.rounding import are_one

DIFFERENCE = ("difference", *ENDS)
EXCEEDS = ("exceeds", "exceeds_low", "exceeds_high")
DIMS = ("setting", "deposit")
OUTSIDE = {
    "volatile_asset_price": "prices",
    "utilization": "utilization",
    "mint_redeem": "mints and redemptions",
}
"""Variables that may come from outside, and what they are called."""
ROUNDING = "Differences that may be rounding alone count as none, and as equal."


def comparison(source: Source) -> Section | None:
    """Paired differences of final shares and of balances; None for one setting or no paths."""
    if len(source.settings) < 2 or not source.has_paths:
        return None
    shares = Estimates(compare_all(source.final, "share"), DIFFERENCE, DIMS)
    base = source.settings[0]
    figure = Figure(
        key="comparison",
        title=f"Final shares against {base}",
        caption=f"Dots: mean difference to {base} in percentage points, with its 95 % interval.",
        panels=_panels(source, shares),
        table=_table(source, shares),
    )
    items = (_design(source), figure)
    return Section(
        key="comparison-section", title="Settings compared", text=_text(source), items=items
    )


def _text(source: Source) -> str:
    """What settings share on a path, by what was recorded, and how they are compared."""
    held: dict[bool, list[str]] = {True: [], False: []}
    for name, called in OUTSIDE.items():
        if name in source.results:
            held[_is_shared(source, name)].append(called)
    same, differ = (" and ".join(held[is_so]) for is_so in (True, False))
    does = "so that a difference on a path is what the setting does"
    text = f"Path i draws the same random numbers under every setting, {does}."
    if same:
        text += f" The same on a path under every setting: {same}."
    if differ:
        text += f" Not the same: {differ}; differences hold what follows from that too."
    if not source.one_end:
        text += " Each setting is taken at its own end."
    return f"{text} Intervals are those of paired differences. {ROUNDING}"


def _is_shared(source: Source, name: str) -> bool:
    """Whether a variable is the same under every setting in the steps that all have."""
    array = source.results[name]
    known = is_run(array)
    common = known.all("setting") if "setting" in known.dims else known
    values = array.isel(step=np.flatnonzero(common.values)).transpose("setting", ...).values
    return are_one(values, source.precision)


def _design(source: Source) -> Table:
    """What each setting changes."""
    keys = [str(key) for key in np.atleast_1d(source.results.attrs.get("swept", []))]
    rows = [
        (setting, *(str(source.results[key].values[i]) for key in keys))
        for i, setting in enumerate(source.settings)
    ]
    return Table(
        title="Settings",
        columns=("setting", *keys),
        units=(None,) * (1 + len(keys)),
        rows=tuple(rows),
    )


def _panels(source: Source, shares: Estimates) -> tuple[Spreads, ...]:
    """A panel a deposit, a row a setting."""
    panels = []
    for n, name in enumerate(source.names):
        colour = source.colours[n]
        if name not in source.drawn:
            continue
        found = [(label, shares[i, n]) for i, label in enumerate(source.settings[1:])]
        rows = tuple(
            Spread(label, colour, one, one.low, one.high)
            for label, one in found
            if np.isfinite(one.value)
        )
        if rows:
            panels.append(
                Spreads(
                    title=words(name),
                    unit=POINTS,
                    rows=rows,
                    reach="95 % interval",
                    colour=colour,
                )
            )
    return tuple(panels)


def _table(source: Source, shares: Estimates) -> Table:
    """Differences and how often a setting gives more, a row a setting and deposit."""
    found = compare_all(source.final, "balance")
    balances, exceeds = (Estimates(found, names, DIMS) for names in (DIFFERENCE, EXCEEDS))
    ties = found.ties.transpose(*DIMS).values
    rows: list[tuple[Cell, ...]] = [
        (
            setting,
            words(name),
            *(estimates[i, n] for estimates in (shares, balances, exceeds)),
            float(ties[i, n]),
        )
        for i, setting in enumerate(source.settings[1:])
        for n, name in enumerate(source.names)
        if source.allocated[[0, 1 + i], n].all()
    ]
    return Table(
        title=f"Differences to {source.settings[0]} at the end",
        columns=("setting", "deposit", "share", "balance", "holds more on", "equal on"),
        units=(None, None, POINTS, amount(source.token), SHARE, SHARE),
        rows=tuple(rows),
        note="Mean differences, and shares of paths; below them their 95 % intervals.",
    )
