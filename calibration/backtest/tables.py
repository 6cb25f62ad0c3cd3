"""A backtest row by row: weights.csv, and labelled arrays."""

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from calibration.backtest.run import Backtest
from calibration.backtest.scores import intervals
from calibration.observed_weights import time_coordinates
from calibration.score_table import Score, csv_text, score_array
from camjax import __version__

if TYPE_CHECKING:
    import xarray


def predictions_csv(result: Backtest) -> str:
    """One line for each row and deposit: the observed weight and what every model predicted.

    Columns: step (1…T), time, deposit, observed, counts (0 where a balance was filled in), one a
    model, and the ends of the intervals over paths where there are several. A deposit that is not
    observed has no observed weight and its model's column is its share of all simulated weight.
    """
    bands = intervals(result)
    header = ("step", "time", "deposit", "observed", "counts", *result.predictions, *bands)
    columns = {
        "observed": result.observed[1:],
        **result.predictions,
        **bands,
    }
    stamps = [result.observations.clock.stamp(day) for day in result.observations.times_days[1:]]
    rows = []
    for row, (stamp, counts) in enumerate(zip(stamps, result.counts, strict=True)):
        scored = 0
        for position, name in enumerate(result.names):
            lead = (row + 1, stamp, name)
            if result.scored[position]:
                observed, *others = (values[row, scored] for values in columns.values())
                rows.append((*lead, observed, int(counts), *others))
                scored += 1
            else:
                share = result.simulated[:, row, position].mean()
                blanks = [None] * (len(header) - len(lead) - 3)
                rows.append((*lead, None, 0, share, *blanks))
    return csv_text(header, rows)


def backtest_dataset(result: Backtest, scores: Sequence[Score]) -> "xarray.Dataset":
    """A backtest with the names, units and meanings of its axes.

    Dimensions: path, step (1…T, from the first observation), deposit (all under allocation), model;
    of scores: model, scored (deposits, and all together), metric. Where a deposit is not observed,
    what was observed or predicted of it is NaN.
    """
    import xarray

    token = result.scenario.token
    simulated = ("path", "step", "deposit")
    per_step = ("step", "deposit")
    by_model = ("model", "step", "deposit")
    predictions = np.stack(list(result.predictions.values()))
    errors = np.stack(list(result.errors.values()))
    named = list(result.observations.names)
    known = [name for name in result.names if name in named]
    held = result.observations.balances[1:, [named.index(name) for name in known]]
    rates = result.observations.yield_rates[1:, [named.index(name) for name in known]]
    observed = result.observed[1:]
    undone = result.undone
    path_status = np.bitwise_or.reduce(undone.status, axis=1)
    short, asked = (np.sum(of, axis=1) for of in (undone.shortfall, undone.redemption))
    variables = {
        "simulated_weight": (simulated, result.simulated, "1", "share of what is allocated"),
        "target_weight": (simulated, result.target_weight, "1", "target weight of the rule"),
        "yield_rate": (simulated, result.yield_rate, "1/year", "yield rate the mechanism quoted"),
        "balance": (simulated, result.balance, token, "user balance at the end of the step"),
        "status": (simulated[:2], undone.status, "1", "what could not be done, as bit flags"),
        "path_status": (("path",), path_status, "1", "what the path could not do, as bit flags"),
        "path_shortfall": (("path",), short, token, "redemption not paid on the path"),
        "path_redemption": (("path",), asked, token, "redemption asked for on the path"),
        "observed_weight": (per_step, _spread(result, observed), "1", "weight observed"),
        "observed_balance": (per_step, _spread(result, held), token, "balance observed"),
        "observed_yield_rate": (per_step, _spread(result, rates), "1/year", "yield rate observed"),
        "predicted_weight": (by_model, _spread(result, predictions), "1", "weight predicted"),
        "error": (by_model, _spread(result, errors), "1", "predicted less observed weight"),
        "counts": (("step",), result.counts.astype(np.int8), "1", "1 where nothing was filled in"),
    }
    coordinates = {
        "path": np.arange(len(result.simulated)),
        "step": np.arange(1, len(result.observed)),
        "deposit": list(result.names),
        "model": list(result.predictions),
    }
    dataset = xarray.Dataset(
        {
            name: (dims, values, {"units": unit, "long_name": long_name})
            for name, (dims, values, unit, long_name) in variables.items()
        },
        coordinates,
        {
            "mode": result.mode,
            "scenario": result.scenario.toml,
            "seed": result.seed,
            "camjax_version": __version__,
            "precision": result.scenario.precision,
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        },
    )
    found = score_array(scores, [score.model for score in scores])
    days = result.observations.times_days[1:]
    return dataset.assign(score=found.isel(horizon=0, drop=True)).assign_coords(
        time_coordinates(result.observations.clock, days, "step")
    )


def _spread(result: Backtest, values: np.ndarray) -> np.ndarray:
    """Values [..., K] of the deposits observed, over all N under allocation; NaN for the others."""
    everywhere = np.full((*values.shape[:-1], len(result.names)), np.nan)
    everywhere[..., np.array(result.scored)] = values
    return everywhere
