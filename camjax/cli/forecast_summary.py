"""What a forecast says at its end: tables for people, JSON for machines."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from calibration.forecast import RollingForecasts, Study
from calibration.forecast.scores import REFERENCE
from calibration.forecast.tables import HEADER, forecast_rows
from calibration.score_table import POOLED
from camjax.cli.told import told_unused
from camjax.flags import warnings_of_futures
from camjax.runs.columns import aligned
from camjax.runs.plain import plain

METRICS = {
    "MAE": "mae",
    "RMSE": "rmse",
    "skill": "skill_mae",
    "DM p": "dm_mae_p_value",
    "in 80 %": "coverage_80",
    "in 95 %": "coverage_95",
}
"""Columns of the table of scores, and their names in metrics.csv."""

SHOWN_HORIZONS = 7
"""Most horizons in a table: the first, the last, and some between."""


def answer(result: Study, unused: Sequence[str], files: Sequence[str]) -> Any:
    """The whole answer as plain values, null where a number is not defined."""
    history = result.history
    return plain(
        {
            "rows": history.num_rows,
            "first": history.clock.stamp(history.times_days[0]),
            "last": history.clock.stamp(history.times_days[-1]),
            "spacing_days": history.spacing,
            "deposits": history.deposits,
            "horizon": result.present[0].weights.shape[1],
            "origins": len(result.past[0].origins) if result.past else 0,
            "flags": [
                {"futures": whose, **dataclasses.asdict(each)}
                for whose, own in result.undone.items()
                for each in own
            ],
            "forecasts": [
                dict(zip(HEADER, row, strict=True))
                for made in result.present
                for row in forecast_rows(history, made)
            ],
            "metrics": [score._asdict() for score in result.scores],
            "failures": [failure._asdict() for failure in result.failures],
            "unused_columns": tuple(unused),
            "files": tuple(files),
        }
    )


def text(name: str, result: Study, token: str, unused: Sequence[str]) -> str:
    """The whole answer as text."""
    history = result.history
    first, last = (history.clock.stamp(day) for day in history.times_days[[0, -1]])
    sections = [f"{name}: {history.num_rows} rows, {first} to {last}"]
    spacing = history.spacing
    if not spacing.is_even:
        gaps = f"{spacing.shortest:.6g} to {spacing.longest:.6g} days"
        sections.append(f"Rows are {gaps} apart, and forecast as if {history.dt_days:.6g}.")
    warned = warnings_of_futures(result.undone, token)
    sections += ["\n".join(warned)] if warned else []
    sections += [_weights(result, made) for made in result.present]
    if result.past:
        count = len(result.past[0].origins)
        sections.append(f"Scores from {count} earlier origins, pooled over deposits:")
        sections.append(_scores(result))
        sections.append(
            "Skill is 1 - MAE / MAE of persistence; DM p is how likely so large a difference is by"
            f" chance{_among(result)}."
        )
    sections += map(str, result.failures)
    sections += told_unused(unused)
    return "\n\n".join(sections)


def _weights(result: Study, made: RollingForecasts) -> str:
    """Forecast weights with their 95 % intervals."""
    rows = [(made.label, *made.deposits)]
    for h in _shown(made.weights.shape[1]):
        cells = []
        for i in range(len(made.deposits)):
            lower, upper = made.lower[0, -1, h, i], made.upper[0, -1, h, i]
            band = "" if math.isnan(lower) else f" [{lower:.1%}, {upper:.1%}]"
            cells.append(f"{made.weights[0, h, i]:.1%}{band}")
        rows.append((f"+{h + 1}", *cells))
    return aligned(rows)


def _scores(result: Study) -> str:
    """Scores of each method at some horizons."""
    found = {
        (score.mode, score.model, score.horizon, score.metric): score.value
        for score in result.scores
        if score.deposit == POOLED
    }
    rows = [("method", "rows ahead", *METRICS)]
    for made in result.past:
        for h in _shown(made.weights.shape[1]):
            values = (
                found.get((made.mode, made.model, h + 1, metric), math.nan)
                for metric in METRICS.values()
            )
            cells = map(_cell, METRICS, values)
            rows.append((made.label, str(h + 1), *cells))
    for failure in result.failures:
        if failure.task == "scores":
            rows.append((failure.method, "failed", *("-" for _ in METRICS)))
    return aligned(rows)


def _among(result: Study) -> str:
    """For how many methods p-values are adjusted, if for several."""
    count = len({made.label for made in result.past if made.model != REFERENCE})
    return f" in any of {count} comparisons (Holm)" if count > 1 else ""


def _shown(horizon: int) -> list[int]:
    """Horizons that a table shows, from 0."""
    count = min(horizon, SHOWN_HORIZONS)
    return sorted({round(i * (horizon - 1) / max(count - 1, 1)) for i in range(count)})


def _cell(column: str, value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.1%}" if column[:2] in ("sk", "in") else f"{value:.4g}"
