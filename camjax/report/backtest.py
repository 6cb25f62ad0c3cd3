"""A backtest: observed weights, what was predicted of them, and how far that was off."""

import numpy as np
import xarray
from numpy.typing import NDArray

from camjax.report.behind import behind_time
from camjax.report.content import Axis, Cell, Figure, Line, Lines, Report, Section, Table
from camjax.report.palette import INK
from camjax.report.scales import moment
from camjax.report.source import axis_of, provenance, scenario_name, shown_steps
from camjax.report.units import POINTS, SHARE, words

MODEL, REFERENCE, OBSERVED = "camjax", "persistence", "observed"
COLOURS = {OBSERVED: INK, MODEL: "blue", REFERENCE: "vermilion"}
BAND = (0.05, 0.95)
MODES = {
    "one-step": "Every step starts from what was observed at the one before.",
    "free-run": "Only the start is observed.",
}
METHOD = (
    "Predictions are held against weights that observed balances imply. Prices and yields are "
    "those that came about, so a backtest judges the mechanism, not a forecast. Persistence "
    "predicts that nothing moves; a model that is no better has not shown that it knows more.",
    "Mean absolute error: mean over steps and deposits of |predicted − observed weight|. The test "
    "of whether a difference could be chance, Diebold and Mariano's, is in metrics.csv.",
)


def backtest_report(results: xarray.Dataset) -> Report:
    """What there is to say of a backtest, from the dataset that `camjax backtest` writes."""
    text = str(results.attrs.get("scenario", ""))
    mode = str(results.attrs.get("mode", "one-step"))
    axis = axis_of(results, slice(None))
    ends = [moment(float(axis.days[end]), axis) for end in (0, -1)]
    facts = {
        "Mode": mode,
        "Rows": f"{len(axis.days):,}",
        "From": ends[0],
        "To": ends[1],
        "Paths": f"{results.sizes['path']:,}",
        **provenance(results),
    }
    fit = Section(
        key="fit",
        title="Observed and predicted",
        text=MODES.get(mode, ""),
        items=(_weights(results, mode), _errors(results), _scores(results)),
    )
    return Report(
        title=f"{scenario_name(text)}: {mode} backtest",
        subtitle=f"Held against observed weights from {ends[0]} to {ends[1]}",
        facts=tuple((name, str(value)) for name, value in facts.items() if value is not None),
        sentences=_sentences(results),
        sections=(fit,),
        method=METHOD,
        scenario=text,
    )


def _scored(results: xarray.Dataset) -> list[str]:
    """Deposits that were observed."""
    seen = results.observed_weight.notnull().any("step").values
    return [str(name) for name, flag in zip(results.deposit.values, seen, strict=True) if flag]


def _mean_error(results: xarray.Dataset, model: str, power: int = 1) -> NDArray:
    """[K] of each deposit observed: mean of |error| or root mean square, where rows count."""
    rows = results.counts.values.astype(bool)
    errors = results.error.sel(model=model, deposit=_scored(results)).values[rows]
    return np.mean(np.abs(errors) ** power, axis=0) ** (1 / power)


def _sentences(results: xarray.Dataset) -> tuple[str, ...]:
    off = {model: float(_mean_error(results, model).mean()) for model in _models(results)}
    first = f"{MODEL} is off by {POINTS.text(off[MODEL])} of weight on average"
    if REFERENCE not in off:
        return (f"{first}.",)
    word = "worse" if off[MODEL] > off[REFERENCE] else "better"
    best = min(off, key=lambda model: off[model])
    return (
        f"{first}, persistence by {POINTS.text(off[REFERENCE])}: {MODEL} is {word}.",
        f"The smallest mean absolute error is that of {words(best)}.",
    )


def _models(results: xarray.Dataset) -> list[str]:
    return [str(name) for name in results.model.values]


def _weights(results: xarray.Dataset, mode: str) -> Figure:
    """A panel a deposit: observed, the model with its band, and persistence in a free run."""
    shown, names = shown_steps(results.sizes["step"]), _scored(results)
    axis = axis_of(results, shown)
    held = results.simulated_weight.sel(deposit=names)
    simulated = (held / held.sum("deposit")).transpose("path", "step", "deposit").values
    low, high = np.quantile(simulated, BAND, axis=0)
    others = [REFERENCE] if mode == "free-run" and REFERENCE in _models(results) else []
    panels = []
    for place, name in enumerate(names):
        predicted = results.predicted_weight.sel(deposit=name)
        band = ((low[shown, place], high[shown, place]),) if results.sizes["path"] > 1 else ()
        lines = [_line(OBSERVED, results.observed_weight.sel(deposit=name).values[shown])]
        for model in (MODEL, *others):
            values = predicted.sel(model=model).values[shown]
            lines.append(_line(model, values, band if model == MODEL else ()))
        panels.append(_panel(words(name), axis, lines))
    return Figure(
        key="observed-weights",
        title="Weights",
        caption="Observed weights and predictions; the band holds 90 % of the model's paths.",
        panels=tuple(panels),
        table=behind_time("Weights", panels),
        legend=tuple((name, COLOURS[name]) for name in (OBSERVED, MODEL, *others)),
    )


def _errors(results: xarray.Dataset) -> Figure:
    """A panel a deposit: predicted less observed weight, of the model and of persistence."""
    shown = shown_steps(results.sizes["step"])
    axis = axis_of(results, shown)
    models = [name for name in (REFERENCE, MODEL) if name in _models(results)]
    panels = [
        _panel(
            words(name),
            axis,
            [
                _line(model, results.error.sel(model=model, deposit=name).values[shown])
                for model in models
            ],
        )
        for name in _scored(results)
    ]
    return Figure(
        key="errors",
        title="Errors",
        caption="Predicted less observed weight: above 0 the deposit was given too much.",
        panels=tuple(panels),
        table=behind_time("Errors", panels),
        legend=tuple((name, COLOURS[name]) for name in models),
    )


def _scores(results: xarray.Dataset) -> Table:
    names = _scored(results)
    rows: list[tuple[Cell, ...]] = []
    for model in _models(results):
        absolute, squared = _mean_error(results, model), _mean_error(results, model, 2)
        pooled = float(absolute.mean()), float(np.sqrt(np.mean(squared**2)))
        rows.append((words(model), *pooled, *absolute.tolist()))
    return Table(
        title="Scores",
        columns=(
            *("method", "mean absolute error", "root mean square error"),
            *(f"MAE, {words(name)}" for name in names),
        ),
        units=(None, *[POINTS] * (2 + len(names))),
        rows=tuple(rows),
        note="Rows that were filled in do not count.",
    )


def _panel(title: str, axis: Axis, lines: list[Line]) -> Lines:
    return Lines(title=title, unit=SHARE, axis=axis, lines=tuple(lines), from_zero=True)


def _line(name: str, values: NDArray, band: tuple[tuple[NDArray, NDArray], ...] = ()) -> Line:
    return Line(name=name, colour=COLOURS[name], values=values, bands=band)
