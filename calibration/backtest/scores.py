"""What a backtest says in numbers: errors, skill relative to persistence, and the ensemble's."""

import numpy as np

from calibration.backtest.run import MODEL, Backtest
from calibration.ensemble_scores import central_interval, crps, energy_score, interval_coverage
from calibration.metrics import masked_mean
from calibration.score_table import Score, Source, error_scores, skill_scores

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
    horizon = 1 if one_step else ALL_HORIZONS
    errors = result.errors
    scores = []
    for model, predicted in result.predictions.items():
        source = Source(result.mode, model, result.scored_names, horizon)
        scores += error_scores(source, predicted, observed, counts)
        if model != REFERENCE:
            overlap = 1 if one_step else None
            scores += skill_scores(source, errors[model], errors[REFERENCE], counts, overlap)
    if len(result.simulated) > 1:
        source = Source(result.mode, MODEL, result.scored_names, horizon)
        scores += _ensemble_scores(source, result.ensemble, observed, counts)
    return scores


def _ensemble_scores(
    source: Source, ensemble: np.ndarray, observed: np.ndarray, counts: np.ndarray
) -> list[Score]:
    """Fair CRPS and energy score, and how often intervals over paths held the observation."""
    where = counts[:, np.newaxis]
    each = crps(ensemble, observed)
    by_deposit = np.asarray(masked_mean(each, 0, where))
    scores = source.rows("crps", by_deposit, float(masked_mean(each, None, where)))
    joint = float(masked_mean(energy_score(ensemble, observed), None, counts))
    scores += source._replace(deposits=()).rows("energy_score", (), joint)
    for level in LEVELS:
        lower, upper = central_interval(ensemble, level)
        covered = np.asarray(interval_coverage(lower, upper, observed, 0, where))
        pooled = float(interval_coverage(lower, upper, observed, None, where))
        scores += source.rows(f"coverage_{100 * level:g}", covered, pooled)
    return scores
