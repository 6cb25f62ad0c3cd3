"""A backtest: observed weights, what was predicted of them, and how far that was off."""

import numpy as np
import xarray

from camjax.flags import warnings
from camjax.report.by_deposit import Weights, by_deposit
from camjax.report.content import Figure, Report, Section, Table
from camjax.report.errors import (
    INTERVALS,
    MODEL,
    OBSERVED,
    POOLED,
    REFERENCE,
    Scores,
    against_persistence,
    score_table,
)
from camjax.report.palette import INK
from camjax.report.scales import moment
from camjax.report.sections.undone import what_could_not
from camjax.report.source import provenance, scenario_name
from camjax.report.steps import axis_of, shown_steps
from camjax.report.units import POINTS, words
from camjax.results import undone

COLOURS = {OBSERVED: INK, MODEL: "blue", REFERENCE: "vermilion"}
BAND = (0.05, 0.95)

FEWEST_PATHS = 19
"""Below k of P paths a further one falls with probability k/(P + 1): fewer have no such band."""
MODES = {
    "one-step": "Every step starts from what was observed at the one before.",
    "free-run": "Only the start is observed.",
}
METHOD = (
    "Predictions are held against weights that observed balances imply. Prices and yields are "
    "those that came about, so a backtest judges the mechanism, not a forecast. Persistence "
    "predicts that nothing moves; a model that is no better has not shown that it knows more.",
    f"{INTERVALS} All scores are in metrics.csv.",
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
    (raised,), token = undone(results), str(results.balance.attrs.get("units", "FEI"))
    lost = what_could_not({"": raised}, "setting", token)
    return Report(
        title=f"{scenario_name(text)}: {mode} backtest",
        subtitle=f"Held against observed weights from {ends[0]} to {ends[1]}",
        facts=tuple((name, str(value)) for name, value in facts.items() if value is not None),
        sentences=(*warnings(raised, token), *_sentences(results)),
        sections=(*([] if lost is None else [lost]), fit),
        method=METHOD,
        scenario=text,
    )


def _sentences(results: xarray.Dataset) -> tuple[str, ...]:
    """How far off the model is, beside persistence, and who is best."""
    models = _models(results)
    off = {model: _scores_of(results, model)("mae", POOLED) for model in models}
    best = words(min(off, key=lambda model: off[model]))
    persistence = _scores_of(results, REFERENCE)
    return (
        against_persistence(MODEL, _scores_of(results, MODEL), persistence),
        f"The smallest mean absolute error is that of {best}.",
    )


def _models(results: xarray.Dataset) -> list[str]:
    return [str(name) for name in results.model.values]


def _scores_of(results: xarray.Dataset, model: str) -> Scores:
    """Scores of one model; NaN where there is none."""
    known = results.score.sel(model=model).to_series()
    return lambda metric, deposit: float(known.get((deposit, metric), np.nan))


def _scored(results: xarray.Dataset) -> list[str]:
    """Deposits that were observed."""
    return [str(name) for name in results.scored.values if name != POOLED]


def _weights(results: xarray.Dataset, mode: str) -> Figure:
    """A panel a deposit: observed, the model with its band, and persistence in a free run."""
    shown, names = shown_steps(results.sizes["step"]), _scored(results)
    known = results.sel(deposit=names)
    held = known.simulated_weight
    simulated = (held / held.sum("deposit")).transpose("path", "step", "deposit").values
    low, high = np.quantile(simulated, BAND, axis=0, method="weibull")
    band = ((low[shown], high[shown]),) if results.sizes["path"] >= FEWEST_PATHS else ()
    predicted = known.predicted_weight.transpose("model", "step", "deposit")
    others = [REFERENCE] if mode == "free-run" else []
    lines = [
        Weights(model, COLOURS[model], predicted.sel(model=model).values[shown], bands)
        for model, bands in ((MODEL, band), *((name, ()) for name in others))
    ]
    observed = known.observed_weight.transpose("step", "deposit").values[shown]
    return by_deposit(
        "observed-weights",
        "Weights",
        "Observed weights and predictions; the band holds 90 % of the model's paths.",
        axis_of(results, shown),
        names,
        [Weights(OBSERVED, COLOURS[OBSERVED], observed), *lines],
    )


def _errors(results: xarray.Dataset) -> Figure:
    """A panel a deposit: predicted less observed weight, of the model and of persistence."""
    shown, names = shown_steps(results.sizes["step"]), _scored(results)
    errors = results.error.sel(deposit=names).transpose("model", "step", "deposit")
    return by_deposit(
        "errors",
        "Errors",
        "Predicted less observed weight: above 0 the deposit was given too much.",
        axis_of(results, shown),
        names,
        [
            Weights(model, COLOURS[model], errors.sel(model=model).values[shown])
            for model in (REFERENCE, MODEL)
        ],
        POINTS,
    )


def _scores(results: xarray.Dataset) -> Table:
    rows = [(words(model), _scores_of(results, model)) for model in _models(results)]
    return score_table("method", rows, _scored(results))
