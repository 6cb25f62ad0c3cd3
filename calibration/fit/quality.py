"""How well a fit predicts, in the rows it saw and in those it did not, beside persistence."""

import numpy as np

from calibration.backtest.run import MODEL, baseline_predictions
from calibration.backtest.scores import ALL_HORIZONS, REFERENCE
from calibration.fit.search import Fit
from calibration.score_table import Score, Source, error_scores, skill_scores

SEEN, HELD_OUT = "fitted", "held-out"


def quality(result: Fit) -> dict[str, list[Score]]:
    """Scores of the fit and of persistence, in the rows fitted and in those held out, if any.

    Rows in which not every deposit was observed are not scored.

    In a free run, persistence holds the start, or, in rows held out, still the start.
    """
    problem = result.problem
    first = problem.observed_start
    observed = np.asarray(problem.data.observed)
    known = np.vstack([first, observed])
    predictions = {
        MODEL: np.asarray(result.compared.weights),
        REFERENCE: baseline_predictions(known, problem.mode)[REFERENCE],
    }
    whole = np.asarray(problem.data.counts & problem.data.seen.all(axis=1))
    parts = {SEEN: whole, HELD_OUT: problem.held_out}
    return {
        part: _scores(result, predictions, observed, rows)
        for part, rows in parts.items()
        if rows.any()
    }


def _scores(
    result: Fit, predictions: dict[str, np.ndarray], observed: np.ndarray, rows: np.ndarray
) -> list[Score]:
    problem = result.problem
    horizon, overlap = (1, 1) if problem.mode == "one-step" else (ALL_HORIZONS, None)
    errors = {name: predicted - observed for name, predicted in predictions.items()}
    scores: list[Score] = []
    for name, predicted in predictions.items():
        source = Source(problem.mode, name, problem.names, horizon)
        scores += error_scores(source, predicted, observed, rows, overlap)
        if name != REFERENCE:
            scores += skill_scores(source, errors[name], errors[REFERENCE], rows, overlap)
    return scores
