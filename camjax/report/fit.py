"""A fit: what was found and how surely, how well it predicts, and how it was searched."""

import math
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from camjax.report.content import Cell, Estimate, Report, Section, Table
from camjax.report.estimates import mean_text
from camjax.report.fitted_rows import Fitted, residuals, weights
from camjax.report.searches import searches
from camjax.report.units import DIGITS, NUMBER, POINTS, SHARE, words

MODEL, REFERENCE, POOLED = "camjax", "persistence", "pooled"
METHODS = {
    "profile": "by profile likelihood",
    "bootstrap": "by block bootstrap",
}
METHOD = (
    "Numbers of the scenario were moved until the weights it predicts came closest to those that "
    "observed balances imply. Intervals beside values are Wald's, on an unbounded scale and mapped "
    "back; they suppose that errors of rows are independent and that the model is right.",
    "Persistence predicts that nothing moves. A fit is judged by rows that it did not see; one "
    "that is no better there than persistence has not shown that it knows more.",
)


def fit_report(
    answer: dict[str, Any],
    fitted: Fitted,
    correlations: NDArray | None,
    scenario: str,
    about: Mapping[str, str],
) -> Report:
    """What there is to say of a fit.

    Args:
      answer: the values of fit.json.
      fitted: its rows.
      correlations: [K, K] of the estimates; None where the objective is no likelihood.
      scenario: TOML text of the fitted scenario.
      about: further facts of what was run, by name.
    """
    facts = {
        **about,
        "Mode": answer["mode"],
        "Objective": answer["objective"],
        "Rows fitted": f"{answer['rows_fitted']:,}",
        "Rows held out": f"{answer['rows_held_out']:,}",
        "Starts": f"{len(answer['starts']):,}",
        "camjax": answer["versions"]["camjax"],
    }
    estimates = Section(
        key="estimates",
        title="Estimates",
        text="",
        items=(_estimates(answer), _speed(answer), *_correlations(answer, correlations)),
    )
    fit = Section(
        key="fit",
        title="Observed and fitted",
        text="Rows that were held out are drawn in a colour of their own.",
        items=(weights(fitted), residuals(fitted), _scores(answer)),
    )
    return Report(
        title=f"{answer['scenario']}: fitted to observed weights",
        subtitle=f"Free: {', '.join(answer['estimates'])}",
        facts=tuple(facts.items()),
        sentences=(*_values(answer), _quality(answer), *_warnings(answer)),
        sections=(estimates, fit, searches(answer)),
        method=METHOD,
        scenario=scenario,
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


def _score(answer: dict[str, Any], part: str, model: str, metric: str, deposit: str) -> float:
    """One entry of the scores of fit.json, NaN if it is not there."""
    values = (
        _number(score["value"])
        for score in answer["scores"][part]
        if (score["model"], score["metric"], score["deposit"]) == (model, metric, deposit)
    )
    return next(values, math.nan)


def _quality(answer: dict[str, Any]) -> str:
    """How far off the fit is beside persistence, where that counts."""
    held_out = "held-out" in answer["scores"]
    part = "held-out" if held_out else "fitted"
    own, other = (_score(answer, part, model, "mae", POOLED) for model in (MODEL, REFERENCE))
    word = "better" if own < other else "worse"
    where = "held out" if held_out else "fitted"
    text = (
        f"In the rows {where}, the fit is off by {POINTS.text(own)} of weight on average, "
        f"persistence by {POINTS.text(other)}: the fit is {word}"
    )
    chance = _score(answer, part, MODEL, "dm_mae_p_value", POOLED)
    if math.isfinite(chance):
        text += f" (Diebold and Mariano's test: p = {DIGITS.text(chance)})"
    return f"{text}." if held_out else f"{text}; no rows were held out to judge it by."


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


def _correlations(answer: dict[str, Any], found: NDArray | None) -> tuple[Table, ...]:
    names = tuple(answer["estimates"])
    if found is None or len(names) < 2:
        return ()
    rows = zip(names, found.tolist(), strict=True)
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
    names = tuple(answer["deposits"])
    metrics = (("mae", POOLED), ("rmse", POOLED), *(("mae", name) for name in names))
    rows: list[tuple[Cell, ...]] = [
        (f"{part} rows, {model}", *(_score(answer, part, model, *metric) for metric in metrics))
        for part in answer["scores"]
        for model in (MODEL, REFERENCE)
    ]
    return Table(
        title="Scores",
        columns=(
            *("rows and method", "mean absolute error", "root mean square error"),
            *(f"MAE, {words(name)}" for name in names),
        ),
        units=(None, *[POINTS] * len(metrics)),
        rows=tuple(rows),
        note="Skill and the test of Diebold and Mariano are in fit.json.",
    )
