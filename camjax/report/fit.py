"""A fit: what was found and how surely, how well it predicts, and how it was searched."""

import json
import math
from typing import Any

import xarray

from camjax.report.content import Cell, Estimate, Report, Section, Table
from camjax.report.errors import (
    INTERVALS,
    MODEL,
    REFERENCE,
    Scores,
    against_persistence,
    score_table,
)
from camjax.report.estimates import mean_text
from camjax.report.fitted_rows import lasting, residuals, weights
from camjax.report.searches import searches
from camjax.report.source import provenance
from camjax.report.units import DIGITS, NUMBER, SHARE

FITTED, HELD_OUT = "fitted", "held-out"
METHODS = {
    "profile": "by profile likelihood",
    "bootstrap": "by block bootstrap",
}
METHOD = (
    "Numbers of the scenario were moved until the weights it predicts came closest to those that "
    "observed balances imply. Intervals beside values are Wald's, on an unbounded scale and mapped "
    "back; they suppose that the model is right, and of errors what stands beside the estimates.",
    "Persistence predicts that nothing moves. A fit is judged by rows that it did not see; one "
    "that is no better there than persistence has not shown that it knows more.",
    INTERVALS,
)


def fit_report(results: xarray.Dataset) -> Report:
    """What there is to say of a fit, from the dataset that `camjax calibrate` writes."""
    answer: dict[str, Any] = json.loads(str(results.fit.values))
    facts = {
        "Data": results.attrs.get("data"),
        "Mode": answer["mode"],
        "Objective": answer["objective"],
        "Rows fitted": f"{answer['rows_fitted']:,}",
        "Rows held out": f"{answer['rows_held_out']:,}",
        "Starts": f"{len(answer['starts']):,}",
        **provenance(results),
    }
    estimates = Section(
        key="estimates",
        title="Estimates",
        text=_supposed(answer),
        items=(_estimates(answer), _speed(answer), *_correlations(results)),
    )
    fit = Section(
        key="fit",
        title="Observed and fitted",
        text="Rows that were held out are drawn in a colour of their own.",
        items=(weights(results), residuals(results), *lasting(answer), _scores(answer)),
    )
    return Report(
        title=f"{answer['scenario']}: fitted to observed weights",
        subtitle=f"Free: {', '.join(answer['estimates'])}",
        facts=tuple((name, str(value)) for name, value in facts.items() if value is not None),
        sentences=(*_values(answer), _quality(answer), *_warnings(answer)),
        sections=(estimates, fit, searches(answer)),
        method=METHOD,
        scenario=str(results.attrs.get("scenario", "")),
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _estimate(entry: dict[str, Any]) -> Estimate:
    return Estimate(*(_number(entry[key]) for key in ("value", "lower_95", "upper_95")))


def _values(answer: dict[str, Any]) -> list[str]:
    told = [
        f"{name} is {mean_text(_estimate(entry), DIGITS)}; "
        f"the scenario had {DIGITS.text(_number(entry['scenario']))}."
        for name, entry in answer["estimates"].items()
    ]
    speed = answer["speed"]
    return [
        *told,
        f"A rebalance duration τ of {DIGITS.text(speed['duration_days'])} days closes "
        f"{SHARE.text(speed['rate'])} of a gap in a step, and half of it in "
        f"{DIGITS.text(speed['half_life_steps'])} steps.",
    ]


def _scores_of(answer: dict[str, Any], part: str, model: str) -> Scores:
    """Scores of the fit or of persistence in one part of the rows."""
    known = {
        (score["metric"], score["deposit"]): _number(score["value"])
        for score in answer["scores"][part]
        if score["model"] == model
    }
    return lambda metric, deposit: known.get((metric, deposit), math.nan)


def _quality(answer: dict[str, Any]) -> str:
    """How far off the fit is beside persistence, where that counts."""
    part = HELD_OUT if HELD_OUT in answer["scores"] else FITTED
    own, other = (_scores_of(answer, part, model) for model in (MODEL, REFERENCE))
    text = against_persistence("the fit", own, other, f"in the rows {part.replace('-', ' ')}, ")
    if part == HELD_OUT:
        return text
    return f"{text} No rows were held out: it is judged, and p told, by rows it was fitted to."


def _supposed(answer: dict[str, Any]) -> str:
    """What intervals suppose of errors, and what residuals say of it."""
    said = {
        None: "There are no intervals by curvature under this objective.",
        "independent": "Intervals suppose that errors of rows are independent.",
        "lasting": "Intervals allow for errors that last from row to row.",
    }[answer["errors"]]
    tested = answer["residual_test"]
    if tested is None:
        return f"{said} Residuals are too few or too small to test it."
    return (
        f"{said} The test of Ljung and Box, in the {tested['rows']:,} rows fitted, that residuals"
        f" do not last: p = {DIGITS.text(tested['p_value'])}."
    )


def _warnings(answer: dict[str, Any]) -> list[str]:
    found = [f"Warning: {text[0].upper()}{text[1:]}" for text in answer["warnings"]]
    if any(entry["lower_95"] is None for entry in answer["estimates"].values()):
        found.append("Warning: not every estimate has an interval.")
    return found


def _estimates(answer: dict[str, Any]) -> Table:
    others = [way for way in METHODS if answer.get(way)]
    rows: list[tuple[Cell, ...]] = []
    for name, entry in answer["estimates"].items():
        value = _estimate(entry)
        more = [Estimate(value.value, *map(_number, answer[way][name])) for way in others]
        error, before = _number(entry["standard_error"]), _number(entry["scenario"])
        rows.append((name, value, *more, error, before))
    columns = (
        *("number", "value"),
        *(f"value, interval {METHODS[way]}" for way in others),
        *("standard error", "scenario"),
    )
    return Table(
        title="Estimates",
        columns=columns,
        units=(None, *[DIGITS] * (len(columns) - 1)),
        rows=tuple(rows),
        note="Values with their 95 % intervals, where there are any.",
    )


def _speed(answer: dict[str, Any]) -> Table:
    """The rebalance duration in its three forms."""
    speed = answer["speed"]
    return Table(
        title="Speed of rebalancing",
        columns=("duration τ, days", "rate of a step", "half-life, steps"),
        units=(DIGITS, SHARE, DIGITS),
        rows=((speed["duration_days"], speed["rate"], speed["half_life_steps"]),),
    )


def _correlations(results: xarray.Dataset) -> tuple[Table, ...]:
    names = tuple(str(name) for name in results.number.values)
    if len(names) < 2 or results.correlation.isnull().all():
        return ()
    rows = zip(names, results.correlation.values.tolist(), strict=True)
    table = Table(
        title="Correlations of estimates",
        columns=("number", *names),
        units=(None, *[NUMBER] * len(names)),
        rows=tuple((name, *values) for name, values in rows),
        note="Near 1 or −1, data do not tell two numbers apart.",
    )
    return (table,)


def _scores(answer: dict[str, Any]) -> Table:
    """Errors of the fit and of persistence, in the rows fitted and in those held out."""
    rows = [
        (f"{part} rows, {model}", _scores_of(answer, part, model))
        for part in answer["scores"]
        for model in (MODEL, REFERENCE)
    ]
    return score_table("rows and method", rows, answer["deposits"])
