"""Rows of a fit: observed and fitted weights, and how far apart they are."""

import math
from typing import Any

import numpy as np
import xarray
from numpy.typing import NDArray

from camjax.report.by_deposit import Weights, by_deposit
from camjax.report.content import Estimate, Figure, Spread, Spreads, Table
from camjax.report.errors import OBSERVED
from camjax.report.palette import INK
from camjax.report.steps import axis_of, shown_steps
from camjax.report.units import NUMBER, POINTS

SEEN, UNSEEN = "fitted", "held out"
COLOURS = {SEEN: "blue", UNSEEN: "vermilion"}


def weights(results: xarray.Dataset) -> Figure:
    """A panel a deposit: observed and fitted weights."""
    shown = shown_steps(results.sizes["step"])
    observed = Weights(OBSERVED, INK, results.observed_weight.values[shown])
    return by_deposit(
        "fitted-weights",
        "Weights",
        "Observed weights, and those that the fitted scenario predicts.",
        axis_of(results, shown),
        _deposits(results),
        [observed, *_parts(results, results.predicted_weight.values, shown)],
    )


def residuals(results: xarray.Dataset) -> Figure:
    """A panel a deposit: fitted less observed weight, in rows that were observed."""
    shown = shown_steps(results.sizes["step"])
    known = (results.seen + results.held_out).values[:, None] > 0
    errors = np.where(known, (results.predicted_weight - results.observed_weight).values, np.nan)
    return by_deposit(
        "residuals",
        "Residuals",
        "Fitted less observed weight: above 0 the deposit was given too much.",
        axis_of(results, shown),
        _deposits(results),
        _parts(results, errors, shown),
        POINTS,
    )


def lasting(answer: dict[str, Any]) -> tuple[Figure, ...]:
    """Autocorrelation of residuals, a panel a log-ratio; none where there is nothing to test.

    Args:
      answer: the values of fit.json.
    """
    tested = answer["residual_test"]
    if tested is None:
        return ()
    nowhere = math.nan
    panels = tuple(
        Spreads(
            title=f"log-ratio {number}",
            unit=NUMBER,
            rows=tuple(
                Spread(f"{lag} rows apart", "blue", Estimate(value), nowhere, nowhere)
                for lag, value in enumerate(lags, 1)
                if value is not None
            ),
            reach="no interval",
            middle="autocorrelation",
            bars=True,
        )
        for number, lags in enumerate(tested["autocorrelation"], 1)
        if any(value is not None for value in lags)
    )
    rows = [(panel.title, row.name, row.mean.value) for panel in panels for row in panel.rows]
    table = Table(
        title="Autocorrelation of residuals",
        columns=("log-ratio", "rows apart", "autocorrelation"),
        units=(None, None, NUMBER),
        rows=tuple(rows),
        note="Of isometric log-ratios, fitted less observed, in the rows fitted.",
    )
    within = 2 / math.sqrt(tested["rows"])
    return (
        Figure(
            key="autocorrelation",
            title="Do errors last?",
            caption=f"Autocorrelation of residuals. Independent errors stay within ±{within:.2f}.",
            panels=panels,
            table=table,
        ),
    )


def _deposits(results: xarray.Dataset) -> list[str]:
    return [str(name) for name in results.deposit.values]


def _parts(results: xarray.Dataset, values: NDArray, shown: slice) -> list[Weights]:
    """Values [T, N] as a line for each part of the rows: those held out, and the others."""
    held_out = results.held_out.values > 0
    parts = {SEEN: ~held_out, UNSEEN: held_out}
    return [
        Weights(name, COLOURS[name], np.where(rows[:, None], values, np.nan)[shown])
        for name, rows in parts.items()
        if rows.any()
    ]
