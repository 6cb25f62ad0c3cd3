"""Forecasts: weights to come with their intervals, and how well each method has done so far."""

from collections.abc import Sequence

import numpy as np
import xarray
from numpy.typing import NDArray

from camjax.flags import warnings_of_futures
from camjax.report.by_deposit import Weights, by_deposit
from camjax.report.content import Axis, Cell, Estimate, Figure, Report, Section, Table
from camjax.report.errors import (
    INTERVALS,
    OBSERVED,
    POOLED,
    REFERENCE,
    Scores,
    against_persistence,
    error_of,
    score_table,
)
from camjax.report.palette import INK, OTHERS
from camjax.report.scales import moment
from camjax.report.sections.undone import what_could_not
from camjax.report.source import provenance, scenario_name
from camjax.report.steps import shown_steps
from camjax.report.units import COUNT, DIGITS, POINTS, SHARE, words
from camjax.results import undone_in_futures

COLOURS = ("blue", "orange", "green", *OTHERS)
"""Of methods, in the order they were named; persistence is grey."""
SHOWN_HORIZONS = 6
"""Rows observed that are drawn before what is forecast, for each row ahead."""
METHOD = (
    "A forecast knows only what was observed up to its origin. Persistence predicts that nothing "
    "moves; a method that is no better from earlier origins has not shown that it knows more.",
    "A 95 % interval is meant to hold the weight that comes 95 times of 100; how often it did from "
    "earlier origins stands under coverage. Read that before believing either.",
    INTERVALS,
)


def forecast_report(results: xarray.Dataset) -> Report:
    """What there is to say of forecasts, from the dataset that `camjax forecast` writes."""
    text = str(results.attrs.get("scenario", ""))
    axis = _axis(results)
    last = moment(float(results.origin[-1]), axis)
    horizon = results.sizes["horizon"]
    facts = {
        "Methods": ", ".join(words(name) for name in _methods(results)),
        "Rows observed": f"{results.sizes['row']:,}",
        "Last observed": last,
        "Rows ahead": f"{horizon:,}",
        "Earlier origins": f"{results.sizes['origin'] - 1:,}",
        **provenance(results),
    }
    sections = [
        Section(
            key="ahead",
            title="What is to come",
            text=f"From what was observed up to {last}.",
            items=(_ahead(results, axis), _last_row(results)),
        )
    ]
    if "score" in results:
        sections.append(_past(results, axis))
    raised, token = undone_in_futures(results), _token(results)
    lost = what_could_not(raised, "futures", token)
    return Report(
        title=f"{scenario_name(text) if text else 'Observed weights'}: forecast",
        subtitle=f"Weights {horizon:,} row{'' if horizon == 1 else 's'} beyond {last}",
        facts=tuple((name, str(value)) for name, value in facts.items() if value is not None),
        sentences=(
            *warnings_of_futures(raised, token),
            *_told(results),
            *_judged(results),
        ),
        sections=(*([] if lost is None else [lost]), *sections),
        method=METHOD,
        scenario=text,
    )


def _token(results: xarray.Dataset) -> str:
    """Label of the stablecoin, where something is counted in it."""
    return str(results.mean_shortfall.attrs["units"]) if "mean_shortfall" in results else ""


def _axis(results: xarray.Dataset) -> Axis:
    """The axis of time over all rows observed, and its calendar."""
    days = results.time.values.astype(np.float64)
    start = None
    if "date" in results.coords:
        start = results.date.values[0] - np.timedelta64(round(float(days[0]) * 86_400), "s")
    return Axis(days=days, start=start)


def _methods(results: xarray.Dataset) -> list[str]:
    """Methods that look ahead, those that were asked for before persistence."""
    names = [str(name) for name in results.model.values]
    return sorted(names, key=lambda name: name == REFERENCE)


def _colour(results: xarray.Dataset, name: str) -> str:
    others = [one for one in _methods(results) if one != REFERENCE]
    return "grey" if name == REFERENCE else COLOURS[others.index(name) % len(COLOURS)]


def _deposits(results: xarray.Dataset) -> list[str]:
    return [str(name) for name in results.deposit.values]


def _widest(results: xarray.Dataset, model: str) -> tuple[NDArray, NDArray]:
    """Ends of the widest interval of a method, [O, H, N] each."""
    found = results.sel(model=model).isel(level=int(np.argmax(results.level.values)))
    dims = ("origin", "horizon", "deposit")
    return found.lower.transpose(*dims).values, found.upper.transpose(*dims).values


def _of(results: xarray.Dataset, model: str) -> NDArray:
    """Forecast weights of a method [O, H, N]."""
    return results.weight.sel(model=model).transpose("origin", "horizon", "deposit").values


def _ahead(results: xarray.Dataset, whole: Axis) -> Figure:
    """A panel a deposit: what was observed lately, and every method from the last row on."""
    horizon, observed = results.sizes["horizon"], results.observed_weight.values
    rows = min(SHOWN_HORIZONS * max(horizon, 5), len(observed))
    shown = shown_steps(rows)
    known = observed[-rows:][shown]
    days = np.concatenate([whole.days[-rows:][shown], results.target_time.values[-1]])
    blank = np.full((len(known) - 1, known.shape[1]), np.nan)

    def from_last(ahead: NDArray) -> NDArray:
        """Forecasts begin at what was last observed."""
        return np.concatenate([blank, known[-1:], ahead])

    none_ahead = np.full((horizon, known.shape[1]), np.nan)
    lines = [Weights(OBSERVED, INK, np.concatenate([known, none_ahead]))]
    for name in _methods(results):
        low, high = _widest(results, name)
        band = (from_last(low[-1]), from_last(high[-1]))
        values = from_last(_of(results, name)[-1])
        bands = (band,) if name != REFERENCE and np.isfinite(low[-1]).any() else ()
        lines.append(Weights(name, _colour(results, name), values, bands))
    return by_deposit(
        "ahead-weights",
        "Weights observed and forecast",
        f"Bands are intervals meant to hold {SHARE.text(float(results.level.max()), 0)} of what "
        "comes; persistence is drawn without its own.",
        Axis(days=days, start=whole.start),
        _deposits(results),
        lines,
    )


def _last_row(results: xarray.Dataset) -> Table:
    """Forecasts of every method, the longest horizon, with their intervals."""
    rows: list[tuple[Cell, ...]] = []
    for name in _methods(results):
        low, high = _widest(results, name)
        values = _of(results, name)
        for h in sorted({0, results.sizes["horizon"] - 1}):
            ends = zip(values[-1, h], low[-1, h], high[-1, h], strict=True)
            rows.append((words(name), float(h + 1), *(Estimate(*map(float, e)) for e in ends)))
    names = _deposits(results)
    return Table(
        title="Weights forecast",
        columns=("method", "rows ahead", *(words(name) for name in names)),
        units=(None, COUNT, *[SHARE] * len(names)),
        rows=tuple(rows),
        note=f"Below a weight: its {SHARE.text(float(results.level.max()), 0)} interval.",
    )


def _past(results: xarray.Dataset, axis: Axis) -> Section:
    """How forecasts from earlier origins turned out."""
    horizons = results.score.horizon.values.tolist()
    tables = [_score_table(results, h) for h in dict.fromkeys((horizons[0], horizons[-1]))]
    return Section(
        key="past",
        title="How well that went before",
        text="Every method forecast from earlier origins too, knowing no more than it would have.",
        items=(_past_errors(results, axis), *tables, _coverage(results)),
    )


def _past_errors(results: xarray.Dataset, axis: Axis) -> Figure:
    """A panel a deposit: forecast less observed weight by the time forecast, one row ahead."""
    origins = slice(0, results.sizes["origin"] - 1)
    observed = results.observed.transpose("origin", "horizon", "deposit").values[origins, 0]
    shown = shown_steps(len(observed))
    return by_deposit(
        "past-errors",
        "Errors one row ahead",
        "Forecast less observed weight, from earlier origins: above 0 it was too high.",
        Axis(days=results.target_time.values[origins, 0][shown], start=axis.start),
        _deposits(results),
        [
            Weights(
                name, _colour(results, name), (_of(results, name)[origins, 0] - observed)[shown]
            )
            for name in _methods(results)
        ],
        POINTS,
    )


def _scores_of(results: xarray.Dataset, method: str, horizon: int) -> Scores:
    """Scores of a method at one horizon; NaN where there is none."""
    known = results.score.sel({"method": method, "horizon": horizon}).to_series()
    return lambda metric, deposit: float(known.get((deposit, metric), np.nan))


def _scored(results: xarray.Dataset) -> Sequence[str]:
    """Methods that were scored, persistence last; those that knew later drivers among them."""
    names = [str(name) for name in results.method.values]
    return sorted(names, key=lambda name: name == REFERENCE)


def _score_table(results: xarray.Dataset, horizon: int) -> Table:
    rows = [(words(name), _scores_of(results, name, horizon)) for name in _scored(results)]
    made = score_table("method", rows, _deposits(results))
    return Table(
        title=f"Scores, {_rows_ahead(horizon)}",
        columns=made.columns,
        units=made.units,
        rows=made.rows,
        note=made.note,
    )


def _coverage(results: xarray.Dataset) -> Table:
    """How often intervals held what came, by method and horizon."""
    rows: list[tuple[Cell, ...]] = []
    for name in _scored(results):
        for horizon in results.score.horizon.values.tolist():
            scores = _scores_of(results, name, horizon)
            measures = ("skill_mae", "dm_mae_p_value", "coverage_80", "coverage_95")
            values = (scores(metric, POOLED) for metric in measures)
            rows.append((words(name), float(horizon), error_of(scores, "mae"), *values))
    return Table(
        title="Errors, skill and coverage by horizon",
        columns=(
            *("method", "rows ahead", "mean absolute error", "skill", "p of skill by chance"),
            *("held by 80 % intervals", "held by 95 % intervals"),
        ),
        units=(None, COUNT, POINTS, SHARE, DIGITS, SHARE, SHARE),
        rows=tuple(rows),
        note="Skill: 1 − error / error of persistence. Its p is Diebold and Mariano's, by Holm for "
        "all methods here.",
    )


def _rows_ahead(horizon: int) -> str:
    return f"{horizon} row{'' if horizon == 1 else 's'} ahead"


def _told(results: xarray.Dataset) -> list[str]:
    """Where the first method sees the deposit with the most, at the longest horizon."""
    name = _methods(results)[0]
    values, (low, high) = _of(results, name)[-1, -1], _widest(results, name)
    n = int(np.argmax(values))
    text = f"{words(name)} sees {words(_deposits(results)[n])} at {SHARE.text(float(values[n]))}"
    ends = float(low[-1, -1, n]), float(high[-1, -1, n])
    level = SHARE.text(float(results.level.max()), 0)
    if np.isfinite(ends).all():
        text += f" ({level} interval {SHARE.interval(*ends)})"
    text = f"{text} {_rows_ahead(results.sizes['horizon'])}."
    return [text[0].upper() + text[1:]]


def _judged(results: xarray.Dataset) -> list[str]:
    """How each method did beside persistence, at the longest horizon."""
    if "score" not in results:
        return ["No forecast from an earlier row was scored; nothing is known of how good this is."]
    horizon = results.score.horizon.values.tolist()[-1]
    persistence = _scores_of(results, REFERENCE, horizon)
    where = f"{_rows_ahead(horizon)}, "
    return [
        against_persistence(words(name), _scores_of(results, name, horizon), persistence, where)
        for name in _scored(results)
        if name != REFERENCE
    ]
