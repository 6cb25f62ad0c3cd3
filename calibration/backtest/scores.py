"""What a backtest says in numbers: errors, skill relative to persistence, and the ensemble's."""

import jax
import numpy as np
from jax import Array

from calibration.backtest.run import MODEL, Backtest
from calibration.ensemble_scores import central_interval, crps, energy_score, interval_coverage
from calibration.metrics import masked_mean
from calibration.score_table import (
    PRECISION,
    Score,
    Source,
    error_scores,
    for_all_methods,
    known_to,
    skill_scores,
    told_apart,
)
from camjax.rounding import without_rounding

REFERENCE = "persistence"
"""The baseline that skill is relative to."""

LEVELS = (0.8, 0.95)
"""Central intervals over paths whose coverage is measured."""

ALL_HORIZONS = "all"
"""Horizon of a free run's scores: every row, each a step further from the start."""


def score(result: Backtest) -> list[Score]:
    """Scores of the model and of every baseline.

    Errors for all; skill for all but the reference. One-step predictions also have a
    Diebold-Mariano test; the rows of a free run are one forecast, of which no test can be made.
    A model of several paths has the scores of an ensemble.

    Args:
      result: a backtest.

    Raises:
      CamjaxError: no row counts, since no balance was observed itself, or JAX computes in float32.
    """
    observed, counts = result.observed[1:], result.counts
    one_step = result.mode == "one-step"
    horizon, overlap = (1, 1) if one_step else (ALL_HORIZONS, None)
    errors = {name: told_apart(made, observed) for name, made in result.predictions.items()}
    scores = []
    for model, predicted in result.predictions.items():
        source = Source(result.mode, model, result.scored_names, horizon)
        scores += error_scores(source, predicted, observed, counts, overlap)
        if model != REFERENCE:
            scores += skill_scores(source, errors[model], errors[REFERENCE], counts, overlap)
    if len(result.simulated) > 1:
        source = Source(result.mode, MODEL, result.scored_names, horizon)
        scores += _ensemble_scores(source, result)
    return for_all_methods(scores)


def intervals(result: Backtest) -> dict[str, np.ndarray]:
    """Ends of the central intervals over paths, such as `lower_95`, [T, K] each.

    By `central_interval`: NaN where paths are too few for a level. There are none where there is
    one path.
    """
    if len(result.simulated) == 1:
        return {}
    return {
        f"{side}_{100 * level:g}": end
        for level in LEVELS
        for side, end in zip(
            ("lower", "upper"), central_interval(result.ensemble, level), strict=True
        )
    }


def _ensemble_scores(source: Source, result: Backtest) -> list[Score]:
    """Fair CRPS and energy score, and how often intervals over paths held the observation."""
    observed, counts = result.observed[1:], result.counts
    found = _judge(result.ensemble, observed, counts, intervals(result), known_to(observed))
    by_deposit, pooled, joint = jax.tree.map(lambda s: without_rounding(s, 1.0, PRECISION), found)
    scores = [
        score
        for metric in by_deposit
        for score in source.rows(metric, np.asarray(by_deposit[metric]), float(pooled[metric]))
    ]
    return scores + source._replace(deposits=()).rows("energy_score", (), float(joint))


@jax.jit
def _judge(
    ensemble: Array, observed: Array, counts: Array, ends: dict[str, Array], room: Array
) -> tuple[dict[str, Array], dict[str, Array], Array]:
    """Scores per deposit and pooled, by metric, and the energy score."""
    where = counts[:, None]
    each = crps(ensemble, observed)
    by_deposit, pooled = (
        {"crps": masked_mean(each, 0, where)},
        {"crps": masked_mean(each, None, where)},
    )
    for level in LEVELS:
        percent = f"{100 * level:g}"
        pair = ends[f"lower_{percent}"], ends[f"upper_{percent}"]
        for axis, found in ((0, by_deposit), (None, pooled)):
            found[f"coverage_{percent}"] = interval_coverage(*pair, observed, axis, where, room)
    return by_deposit, pooled, masked_mean(energy_score(ensemble, observed), None, counts)
