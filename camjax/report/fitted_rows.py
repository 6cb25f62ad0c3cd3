"""Rows of a fit: observed and fitted weights, and how far apart they are."""

import numpy as np
import xarray
from numpy.typing import NDArray

from camjax.report.by_deposit import Weights, by_deposit
from camjax.report.content import Figure
from camjax.report.errors import OBSERVED
from camjax.report.palette import INK
from camjax.report.steps import axis_of, shown_steps
from camjax.report.units import POINTS

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
