"""What a fit says at its end."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from camjax.cli.columns import aligned

SAME_MINIMUM = 1e-6
"""Starts whose loss is this close to the best, relatively, have found the same minimum."""

SCORES = {"MAE": "mae", "RMSE": "rmse", "skill": "skill_mae", "DM p": "dm_mae_p_value"}
"""Columns of the table of scores, and their names in fit.json."""


def text(answer: dict[str, Any], unused: Sequence[str]) -> str:
    """The whole answer of `camjax calibrate`, from the values of fit.json."""
    rows = f"{answer['rows_fitted']} rows fitted"
    if answer["rows_fitted_in_part"]:
        rows += f", {answer['rows_fitted_in_part']} of them in part"
    if answer["rows_held_out"]:
        rows += f", {answer['rows_held_out']} held out"
    heading = f"{answer['scenario']}, {answer['mode']}, objective {answer['objective']}: {rows}"
    ending = [_speed(answer), _starts(answer), *_noise(answer), *_priors(answer)]
    ending += [f"Warning: {warning}" for warning in answer["warnings"]]
    if answer.get("yield_windows"):
        losses = answer["yield_windows"]
        ending.append(
            f"Yield window: {losses.index(min(losses)) + 1} of 1 to {len(losses)} steps fits best;"
            f" losses {', '.join(map(_number, losses))}."
        )
    if answer.get("settlement"):
        ending.append(_settlement(answer["settlement"]))
    if unused:
        ending.append(f"Columns that are no drivers of the scenario: {', '.join(unused)}.")
    sections = [heading, _estimates(answer), *_more(answer), _scores(answer), "\n".join(ending)]
    return "\n\n".join(sections)


def _estimates(answer: dict[str, Any]) -> str:
    header = ("estimate", "value", "std error", "95 % interval", "scenario")
    rows = [
        (
            name,
            _number(found["value"]),
            _number(found["standard_error"]),
            f"{_number(found['lower_95'])} to {_number(found['upper_95'])}",
            _number(found["scenario"]),
        )
        for name, found in answer["estimates"].items()
    ]
    return aligned([header, *rows])


def _more(answer: dict[str, Any]) -> list[str]:
    """Intervals by other means, where they were asked for."""
    ways = [way for way in ("profile", "bootstrap") if answer.get(way)]
    if not ways:
        return []
    rows = [
        (
            name,
            *(
                f"{_number(answer[way][name][0])} to {_number(answer[way][name][1])}"
                for way in ways
            ),
        )
        for name in answer["estimates"]
    ]
    return [aligned([("95 % limits", *ways), *rows])]


def _scores(answer: dict[str, Any]) -> str:
    rows = []
    for part, scores in answer["scores"].items():
        for model in dict.fromkeys(score["model"] for score in scores):
            found = {
                score["metric"]: score["value"]
                for score in scores
                if score["model"] == model and score["deposit"] == "pooled"
            }
            numbers = (_number(found.get(metric)) for metric in SCORES.values())
            rows.append((f"{part} rows, {model}", *numbers))
    return aligned([("weights", *SCORES), *rows])


def _speed(answer: dict[str, Any]) -> str:
    speed = answer["speed"]
    return (
        f"Rebalancing: τ = {speed['duration_days']:.4g} days is a rate of {speed['rate']:.1%} a"
        f" step; half of a gap is closed in {speed['half_life_steps']:.3g} steps."
    )


def _starts(answer: dict[str, Any]) -> str:
    starts = answer["starts"]
    best = starts[answer["best_start"]]["cost"]
    close = SAME_MINIMUM * max(abs(best), SAME_MINIMUM)
    same = sum(s["cost"] is not None and s["cost"] - best <= close for s in starts)
    states = ", ".join(
        f"{n} {status}" for status, n in Counter(s["status"] for s in starts).items()
    )
    return f"Starts: {len(starts)} ({states}); {same} of them found the best minimum."


def _noise(answer: dict[str, Any]) -> list[str]:
    if answer["dirichlet_precision"] is not None:
        return [f"Dirichlet precision κ = {answer['dirichlet_precision']:.4g}."]
    if answer["residual_std"] is None:
        return ["This objective is no likelihood: --bootstrap gives intervals."]
    return [f"Standard deviation of a residual: {answer['residual_std']:.3g}."]


def _priors(answer: dict[str, Any]) -> list[str]:
    told = [
        f"{name} {_number(found['prior']['median'])} (sigma {_number(found['prior']['sigma'])})"
        for name, found in answer["estimates"].items()
        if found["prior"] is not None
    ]
    return [f"Priors, medians: {', '.join(told)}."] if told else []


def _settlement(found: dict[str, Any]) -> str:
    return (
        "Sequential settlement: searched with netted settlement, then polished with the scenario's"
        f" own; loss {found['smooth_cost']:.6g} netted, {found['exact_cost_at_smooth']:.6g} at the"
        f" same numbers sequential, {found['exact_cost']:.6g} after polishing."
    )


def _number(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "-"
    return f"{value:.4g}"
