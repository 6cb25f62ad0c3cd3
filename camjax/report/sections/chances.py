"""How likely it is that a deposit holds most, and when it comes to that."""

import numpy as np
import xarray

from camjax.analysis import probability_over_time, time_to_event
from camjax.report.behind import behind_time
from camjax.report.by_setting import by_setting
from camjax.report.content import Cell, Estimate, Figure, Line, Lines, Section, Table
from camjax.report.over_time import drawn_settings, settings_legend
from camjax.report.palette import setting_colour
from camjax.report.source import Source
from camjax.report.units import COUNT, SHARE, words

EVENT = "share > 0.5"
STEPS = {"q05_step": "5 % of paths by", "median_step": "half by", "q95_step": "95 % by"}
TEXT = (
    "Probabilities are shares of paths, with 95 % intervals after Clopper and Pearson. A path on "
    "which it never happens counts as such."
)


def chances(source: Source) -> Section | None:
    """Probability that a deposit holds more than half, over time; None without several paths."""
    if not source.has_paths or source.num_paths == 1:
        return None
    found = probability_over_time(source.results, EVENT).transpose("setting", "step", "deposit")
    panels = tuple(
        _panel(source, found.isel(step=source.shown), name)
        for name in source.drawn
        if (found.probability.sel(deposit=name) > 0).any()
    )
    if not panels:
        return None
    figure = Figure(
        key="chances",
        title="Probability of holding more than half",
        caption="Of the capital under allocation. Bands are 95 % intervals of the probabilities.",
        panels=panels,
        table=behind_time("Probability", panels, "Behind them: 95 % intervals."),
        legend=settings_legend(source),
    )
    return Section(
        key="chances-section", title="How likely", text=TEXT, items=(figure, _times(source))
    )


def _panel(source: Source, found: xarray.Dataset, name: str) -> Lines:
    """One deposit, a line a setting."""
    one = found.sel(deposit=name)
    lines = []
    for number, i in enumerate(drawn_settings(source)):
        if not np.isfinite(one.probability[i]).any():
            continue
        colour, dashed = setting_colour(number)
        several = len(source.settings) > 1
        line = Line(
            name=source.settings[i] if several else "probability",
            colour=colour if several else source.colour(name),
            values=one.probability[i].values,
            bands=((one.low[i].values, one.high[i].values),),
            dashed=dashed,
        )
        lines.append(line)
    return Lines(
        title=words(name),
        unit=SHARE,
        axis=source.axis,
        lines=tuple(lines),
        colour=source.colour(name),
        from_zero=True,
    )


def _times(source: Source) -> Table:
    """When a deposit first holds more than half, a row a setting and deposit."""
    found = time_to_event(source.results, EVENT)
    rows: list[tuple[Cell, ...]] = []
    for i, setting in enumerate(source.settings):
        for n, name in enumerate(source.names):
            at = found.isel(setting=i, deposit=n)
            if not source.allocated[i, n]:
                continue
            ever = Estimate(*(float(at[key]) for key in ("probability", "low", "high")))
            never = Estimate(*(float(at[key]) for key in ("never", "never_low", "never_high")))
            rows.append((setting, words(name), ever, never, *(float(at[key]) for key in STEPS)))
    columns = {"deposit": None, "ever": SHARE, "never": SHARE} | dict.fromkeys(
        STEPS.values(), COUNT
    )
    note = "Steps by which so many paths have seen it; –: not within the run."
    return by_setting(source, "First step with more than half", columns, rows, note)
