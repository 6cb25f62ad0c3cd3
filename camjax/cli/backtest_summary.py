"""What a backtest says at its end: a table for people, JSON for machines."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from calibration.backtest import Backtest
from calibration.backtest.run import MODEL
from calibration.backtest.scores import LEVELS, REFERENCE
from calibration.ensemble_scores import fewest_members
from calibration.score_table import Score, find
from camjax.cli.told import told_unused
from camjax.flags import warnings
from camjax.runs.columns import aligned
from camjax.runs.plain import plain

ERRORS = {"MAE": "mae", "MAD": "mad", "RMSE": "rmse", "Aitchison": "mean_aitchison_distance"}
"""Columns of the table, and their names in metrics.csv."""

ENSEMBLE = {
    "CRPS": "crps",
    "energy score": "energy_score",
    "in 80 %": "coverage_80",
    "in 95 %": "coverage_95",
}

SIGNIFICANT = 0.05
"""p-values above this are not told apart from chance."""

NEGLIGIBLE = 0.005
"""Skill below this is next to nothing, however sure a test may be of it."""


def answer(
    result: Backtest, scores: Sequence[Score], unused: Sequence[str], files: Sequence[str]
) -> Any:
    """The whole answer as plain values, null where a number is not defined."""
    clock, days = result.observations.clock, result.observations.times_days
    return plain(
        {
            "scenario": result.scenario.name,
            "token": result.scenario.token,
            "mode": result.mode,
            "rows": len(days),
            "scored_rows": int(result.counts.sum()),
            "first": clock.stamp(days[0]),
            "last": clock.stamp(days[-1]),
            "dt_days": result.scenario.dt_days,
            "num_paths": len(result.simulated),
            "seed": result.seed,
            "deposits": result.scored_names,
            "not_observed": _not_observed(result),
            "unused_columns": tuple(unused),
            "flags": [dataclasses.asdict(each) for each in result.raised],
            "verdict": verdict(scores),
            "metrics": [score._asdict() for score in scores],
            "files": tuple(files),
        }
    )


def text(result: Backtest, scores: Sequence[Score], unused: Sequence[str]) -> str:
    """The whole answer as text."""
    models = list(result.predictions)
    pooled = [("pooled", *ERRORS, "skill", "DM p")]
    by_deposit = [("MAE", *result.scored_names)]
    for model in models:
        errors = [f"{find(scores, model, metric):.4g}" for metric in ERRORS.values()]
        skill = _percent(find(scores, model, "skill_mae"))
        pooled.append((model, *errors, skill, _number(find(scores, model, "dm_mae_p_value"))))
        each = (find(scores, model, "mae", name) for name in result.scored_names)
        by_deposit.append((model, *(f"{value:.4g}" for value in each)))
    warned = "\n".join(warnings(result.raised, result.scenario.token))
    sections = [_heading(result), *filter(None, [warned]), aligned(pooled), aligned(by_deposit)]
    if len(result.simulated) > 1:
        values = (_number(find(scores, MODEL, metric)) for metric in ENSEMBLE.values())
        sections.append(aligned([("ensemble", *ENSEMBLE), (MODEL, *values)]))
    return "\n\n".join([*sections, "\n".join([verdict(scores), *_notes(result, unused)])])


def verdict(scores: Sequence[Score]) -> str:
    """One sentence on the model against persistence, by MAE, that claims no more than a test can.

    The model is named before its scores are seen, so its test is a single one.

    >>> verdict([])
    'camjax against persistence: skill undefined.'
    """
    skill, p_value = find(scores, MODEL, "skill_mae"), find(scores, MODEL, "dm_mae_p_single")
    if math.isnan(skill):
        return f"{MODEL} against {REFERENCE}: skill undefined."
    measured = f"skill {_percent(skill)} by MAE"
    if math.isnan(p_value):
        return f"{MODEL} against {REFERENCE}: {measured}; one run, so no test of chance."
    found = f"({measured}, Diebold-Mariano p = {_number(p_value)})"
    if p_value >= SIGNIFICANT:
        return f"{MODEL} cannot be told from {REFERENCE} {found}."
    if abs(skill) < NEGLIGIBLE:
        return f"{MODEL} and {REFERENCE} differ by next to nothing {found}."
    return f"{MODEL} is {'better' if skill > 0 else 'worse'} than {REFERENCE} {found}."


def _heading(result: Backtest) -> str:
    """What was run against what."""
    clock, days = result.observations.clock, result.observations.times_days
    num_paths, dt_days = len(result.simulated), result.scenario.dt_days
    every = "day" if dt_days == 1 else f"{dt_days:g} days"
    heading = (
        f"{result.scenario.name}, {result.mode} backtest from {clock.stamp(days[0])}:"
        f" {len(days) - 1} rows, one every {every}, to {clock.stamp(days[-1])}"
    )
    return f"{heading}; {num_paths} paths, seed {result.seed}" if num_paths > 1 else heading


def _notes(result: Backtest, unused: Sequence[str]) -> list[str]:
    """What a reader of the numbers has to know."""
    notes = []
    for name, share in _not_observed(result).items():
        notes.append(
            f"{name} is not observed: it starts out empty, takes {share:.1%} of simulated weight"
            " on average, and is left out of the comparison."
        )
    paths = len(result.simulated)
    blank = [level for level in LEVELS if 1 < paths < fewest_members(level)]
    if blank:
        needed = " and ".join(f"{fewest_members(level)} (of {level:.0%})" for level in blank)
        notes.append(f"Intervals need at least {needed} paths: {paths} have none.")
    filled = int((~result.counts).sum())
    if filled:
        notes.append(f"Rows not scored, since a balance was filled in: {filled}.")
    if result.mode == "one-step":
        count = len(result.predictions) - 1
        notes.append(
            f"DM p of the table: chance of so large a difference in any of {count} comparisons"
            f" (Holm); the sentence above is on {MODEL} alone."
        )
    notes += told_unused(unused)
    return notes


def _not_observed(result: Backtest) -> dict[str, float]:
    """Deposits under allocation that are not observed, and their mean simulated weight."""
    means = result.simulated.mean(axis=(0, 1))
    return {
        name: float(mean)
        for name, mean, flag in zip(result.names, means, result.scored, strict=True)
        if not flag
    }


def _percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:+.1%}"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3g}"
