"""A report from results: which chapters it has, and what it says of itself."""

import numpy as np
import xarray

from camjax.report.backtest import backtest_report
from camjax.report.content import Report, Section
from camjax.report.fit import fit_report
from camjax.report.forecast import forecast_report
from camjax.report.headlines import headlines
from camjax.report.over_time import drawn_settings
from camjax.report.sections.allocation import allocation
from camjax.report.sections.budget import budget
from camjax.report.sections.chances import chances
from camjax.report.sections.comparison import comparison
from camjax.report.sections.flows import flows
from camjax.report.sections.risks import risks
from camjax.report.sections.series import market, mechanisms, supply, yields
from camjax.report.sections.together import moves_together
from camjax.report.sections.undone import could_not
from camjax.report.source import Source, provenance, scenario_name
from camjax.report.steps import number_range
from camjax.results.lacking import told_what_is_lacking

INTERVALS = (
    "A 95 % interval says how well a mean or a probability is known from the paths that were "
    "run; more paths make it narrower. Means: Student's t. Probabilities: Clopper and Pearson "
    "1934. Where few paths carry a mean, which the skewness tells, that is said: its interval is "
    "likely too narrow. Results that hold statistics instead of paths do not tell. A range that "
    "holds 90 % of the paths says how far paths differ; more paths do not make it narrower."
)
MODEL = (
    "What is shown follows from a model and from the scenario below. Nothing here holds it against "
    "observed weights, which `camjax backtest` does; read differences between settings rather than "
    "levels."
)

OF_HISTORY = {
    "fit": fit_report,
    "predicted_weight": backtest_report,
    "target_time": forecast_report,
}
"""Reports on observed weights, by a variable that nothing else has; a fit predicts too."""

MOST_NAMED = 8
"""Settings that the line under the title names."""


def build_report(results: xarray.Dataset) -> Report:
    """What there is to say of the results of a run, a sweep, a backtest, a fit or a forecast.

    Raises:
      CamjaxError: they are no such results.
    """
    with told_what_is_lacking("a report", results):
        return _report(results)


def _report(results: xarray.Dataset) -> Report:
    for mark, report in OF_HISTORY.items():
        if mark in results:
            return report(results)
    source = Source.of(results)
    text = str(results.attrs.get("scenario", ""))
    name = scenario_name(text)
    several = len(source.settings) > 1
    return Report(
        title=f"{name}: {len(source.settings)} settings" if several else name,
        subtitle=_subtitle(source),
        facts=_facts(source),
        sentences=headlines(source),
        sections=_sections(source),
        method=(INTERVALS, MODEL),
        scenario=text,
    )


def _sections(source: Source) -> tuple[Section, ...]:
    found: list[Section | None] = [could_not(source), allocation(source), comparison(source)]
    if source.has_steps:
        found += [
            chances(source),
            flows(source) if "transfer" in source.results else None,
            budget(source),
            yields(source) if "yield_rate" in source.results else None,
            market(source),
            supply(source),
            mechanisms(source),
            moves_together(source),
            risks(source),
        ]
    return tuple(section for section in found if section is not None and section.items)


def _subtitle(source: Source) -> str:
    """Whose capital, over how long, under what."""
    days = number_range(source.end_days)
    where = f"Where holders keep their {source.token} over {days} days"
    if len(source.settings) == 1:
        return where
    more = " and others" if len(source.settings) > MOST_NAMED else ""
    return f"{where}: {', '.join(source.settings[:MOST_NAMED])}{more}"


def _settings(source: Source) -> str:
    """How many there are, and how many of them are drawn over time."""
    count, drawn = len(source.settings), len(drawn_settings(source))
    return f"{count}" if drawn == count else f"{count}, {drawn} drawn over time"


def _deposits(source: Source) -> str | None:
    """How many there are, where not all are drawn one by one."""
    drawn, count = len(source.drawn), len(source.ever_allocated)
    return None if drawn == count else f"{count}, {drawn} drawn one by one"


def _facts(source: Source) -> tuple[tuple[str, str], ...]:
    """What was run, and by what."""
    several = len(source.settings) > 1
    dt_days = float(source.axis.days[-1]) / int(source.results.step[-1])
    steps = number_range(np.rint(source.end_days / dt_days))
    paths = "not recorded" if source.num_paths is None else f"{source.num_paths:,}"
    facts = {
        "Settings": _settings(source) if several else None,
        "Deposits": _deposits(source),
        "Paths a setting" if several else "Paths": paths,
        "Steps": f"{steps} of {dt_days:g} day{'' if dt_days == 1 else 's'}",
        **provenance(source.results),
    }
    return tuple((key, str(value)) for key, value in facts.items() if value is not None)
