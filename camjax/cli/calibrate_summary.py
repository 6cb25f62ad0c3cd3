"""What a fit says at its end."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from camjax.cli.calibrate_told import estimates, framed, number
from camjax.runs.columns import aligned

CONVERGED = "converged"

SCORES = {"MAE": "mae", "RMSE": "rmse", "skill": "skill_mae", "DM p": "dm_mae_p_value"}
"""Columns of the table of scores, and their names in fit.json."""

PARTS = {"fitted": "fitted rows (in-sample)", "held-out": "held-out rows"}
"""Parts of the rows, and what the table of scores calls them."""

P_VALUES = (
    "DM p: Diebold and Mariano's two-sided test, in the rows named, that the fit errs as much as"
    " persistence.\nIn the rows that it was fitted to a fit errs less than elsewhere: there p is no"
    " evidence for it."
)


def text(answer: dict[str, Any], unused: Sequence[str]) -> str:
    """The whole answer of `camjax calibrate`, from the values of fit.json."""
    rows = f"{answer['rows_fitted']} rows fitted"
    if answer["rows_fitted_in_part"]:
        rows += f", {answer['rows_fitted_in_part']} of them in part"
    if answer["rows_held_out"]:
        rows += f", {answer['rows_held_out']} held out"
    heading = f"{answer['scenario']}, {answer['mode']}, objective {answer['objective']}: {rows}"
    ending = [_speed(answer), _starts(answer), *_noise(answer), *_errors(answer), *_priors(answer)]
    if answer.get("yield_windows"):
        losses = answer["yield_windows"]
        ending.append(
            f"Yield window: {losses.index(min(losses)) + 1} of 1 to {len(losses)} steps fits best;"
            f" losses {', '.join(map(number, losses))}."
        )
    if answer.get("settlement"):
        ending.append(_settlement(answer["settlement"]))
    tables = [estimates(answer), *_more(answer), _scores(answer)]
    return framed(heading, answer, tables, ending, unused)


def _more(answer: dict[str, Any]) -> list[str]:
    """Intervals by other means, where they were asked for."""
    ways = [way for way in ("profile", "bootstrap") if answer.get(way)]
    if not ways:
        return []
    rows = [
        (
            name,
            *(f"{number(answer[way][name][0])} to {number(answer[way][name][1])}" for way in ways),
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
            numbers = (number(found.get(metric)) for metric in SCORES.values())
            rows.append((f"{PARTS[part]}, {model}", *numbers))
    table = aligned([("weights", *SCORES), *rows])
    if all(row[-1] == "-" for row in rows):
        return table
    return f"{table}\n{P_VALUES}"


def _speed(answer: dict[str, Any]) -> str:
    speed = answer["speed"]
    return (
        f"Rebalancing: τ = {speed['duration_days']:.4g} days is a rate of {speed['rate']:.1%} a"
        f" step; half of a gap is closed in {speed['half_life_steps']:.3g} steps."
    )


def _starts(answer: dict[str, Any]) -> str:
    starts = answer["starts"]
    states = Counter(start["status"] for start in starts)
    told = ", ".join(f"{n} {status}" for status, n in states.items())
    converged = [start["at_best"] for start in starts if start["status"] == CONVERGED]
    if not any(converged):
        found = "none converged" if not converged else f"the {len(converged)} ended at worse losses"
        return f"Starts: {len(starts)} ({told}); the best found no minimum, and {found}."
    return (
        f"Starts: {len(starts)} ({told}); {sum(converged)} of the {len(converged)} that converged"
        " found the best minimum."
    )


def _noise(answer: dict[str, Any]) -> list[str]:
    if answer["dirichlet_precision"] is not None:
        return [f"Dirichlet precision κ = {answer['dirichlet_precision']:.4g}."]
    if answer["residual_std"] is None:
        whence = "--bootstrap gives intervals"
        if answer["bootstrap"] is not None:
            whence = "intervals are those of the bootstrap"
        return [f"This objective is no likelihood: {whence}."]
    return [f"Standard deviation of a residual: {answer['residual_std']:.3g}."]


def _errors(answer: dict[str, Any]) -> list[str]:
    """What the residuals say of errors, and what intervals suppose of them."""
    tested, supposed = answer["residual_test"], answer["errors"]
    if tested is None:
        found = "Residuals are too few or too small to test whether errors last."
    else:
        known = [lags[0] for lags in tested["autocorrelation"] if lags[0] is not None]
        first = max(known, key=abs, default=0.0)
        lags = len(tested["autocorrelation"][0])
        found = (
            f"Ljung-Box test of the residuals of the {tested['rows']} rows fitted, {lags} lags:"
            f" p = {number(tested['p_value'])}, autocorrelation {first:.2f} from row to row."
        )
    told = [found]
    if supposed == "independent":
        told.append("Standard errors, intervals and profiles suppose independent errors of rows.")
    if supposed == "lasting":
        entries = answer["estimates"].values()
        degrees = sorted(entry["degrees"] for entry in entries if entry["degrees"] is not None)
        among = f", Student's t of {degrees[0]:.3g} to {degrees[-1]:.3g} degrees" if degrees else ""
        told.append(
            "Standard errors, intervals and profiles allow for errors that last (slowest waves"
            f"{among})."
        )
    if answer.get("bootstrap"):
        told.append(
            f"Bootstrap: blocks of {answer['bootstrap_block_rows']} rows, of errors that leave"
            f" {answer['bootstrap_memory']:.2f} of themselves to the next row."
        )
    return [" ".join(told)]


def _priors(answer: dict[str, Any]) -> list[str]:
    told = [
        f"{name} {number(found['prior']['median'])} (sigma {number(found['prior']['sigma'])})"
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
