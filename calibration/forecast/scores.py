"""What rolling forecasts say in numbers, for each horizon."""

import math

import jax
import numpy as np
from jax import Array

from calibration._arrays import as_floating
from calibration.ensemble_scores import crps, energy_score, interval_coverage
from calibration.forecast.base import LEVELS
from calibration.forecast.rolling_origin import RollingForecasts
from calibration.metrics import masked_mean
from calibration.score_table import (
    PRECISION,
    Score,
    Source,
    error_scores,
    known_to,
    skill_scores,
    told_apart,
)
from camjax.errors import CamjaxError, refusal
from camjax.rounding import without_rounding

REFERENCE = "persistence"
"""The method that skill is relative to."""


def forecast_scores(
    forecasts: RollingForecasts, reference: RollingForecasts | None = None
) -> list[Score]:
    """Scores of one method at every horizon, all from its forecasts and observations.

    Errors, by deposit and pooled; relative to a reference, skill and the Diebold-Mariano test,
    which allows for horizons that overlap; coverage and mean width of the intervals, where
    there are any; and where there are samples, the fair CRPS and energy score.

    Args:
      forecasts: of the method.
      reference: of the method it is compared with, from the same origins; None: no comparison.

    Raises:
      CamjaxError: other origins or deposits in the reference, no observation to score by, or JAX
        computes in float32.
    """
    if not forecasts.is_scored.any(axis=0).all():
        expected = "an observation to score each horizon by"
        raise CamjaxError(refusal("observations", expected, "horizons without one"))
    if reference is not None and (
        reference.observed.shape != forecasts.observed.shape
        or (reference.origins != forecasts.origins).any()
    ):
        raise CamjaxError(refusal("reference", "forecasts from the same origins", "others"))
    scores = []
    for h in range(forecasts.weights.shape[1]):
        source = Source(forecasts.mode, forecasts.model, forecasts.deposits, h + 1)
        scores += _point_scores(source, forecasts, reference, h)
        scores += _interval_scores(source, forecasts, h)
        if forecasts.samples is not None:
            scores += _sample_scores(source, forecasts, forecasts.samples[:, :, h], h)
    return scores


def _point_scores(
    source: Source, forecasts: RollingForecasts, reference: RollingForecasts | None, h: int
) -> list[Score]:
    """Errors, and skill if there is something to compare with."""
    counts = forecasts.is_scored[:, h]
    spacing = np.diff(forecasts.origins).min(initial=h + 1)
    overlap = math.ceil((h + 1) / spacing)
    pair = forecasts.weights[:, h], forecasts.observed[:, h]
    scores = error_scores(source, *pair, counts, overlap)
    if reference is None:
        return scores
    errors, others = (
        told_apart(made.weights[:, h], made.observed[:, h]) for made in (forecasts, reference)
    )
    return scores + skill_scores(source, errors, others, counts, overlap)


def _interval_scores(source: Source, forecasts: RollingForecasts, h: int) -> list[Score]:
    """How often intervals held the observation and how wide they were, where there was one."""
    scores = []
    for k, level in enumerate(LEVELS):
        lower, upper = forecasts.lower[:, k, h], forecasts.upper[:, k, h]
        where = forecasts.is_scored[:, h] & ~np.isnan(lower).any(axis=1)
        ends = (as_floating(values, "intervals") for values in (lower, upper))
        observed = as_floating(forecasts.observed[:, h], "observed")
        room = known_to(forecasts.observed[:, h])
        for name, (by_deposit, pooled) in _interval_metrics(*ends, observed, where, room).items():
            scores += source.rows(f"{name}_{100 * level:g}", np.asarray(by_deposit), float(pooled))
    return scores


def _sample_scores(
    source: Source, forecasts: RollingForecasts, samples: np.ndarray, h: int
) -> list[Score]:
    """Fair CRPS and energy score of samples [O, S, N]."""
    counts = forecasts.is_scored[:, h]
    members = as_floating(samples[counts].swapaxes(0, 1), "samples")
    each, joint = _sample_metrics(members, as_floating(forecasts.observed[counts, h], "observed"))
    each, joint = (without_rounding(score, 1.0, PRECISION) for score in (each, joint))
    scores = source.rows("crps", each, float(each.mean()))
    return scores + source._replace(deposits=()).rows("energy_score", (), float(joint))


@jax.jit
def _interval_metrics(
    lower: Array, upper: Array, observed: Array, where: Array, room: Array
) -> dict[str, tuple[Array, Array]]:
    """Coverage and mean width, by deposit and pooled."""
    counts = where[:, None]
    return {
        "coverage": (
            interval_coverage(lower, upper, observed, 0, counts, room),
            interval_coverage(lower, upper, observed, None, counts, room),
        ),
        "width": (
            masked_mean(upper - lower, 0, counts),
            masked_mean(upper - lower, None, counts),
        ),
    }


@jax.jit
def _sample_metrics(members: Array, observed: Array) -> tuple[Array, Array]:
    """Mean CRPS by deposit, and mean energy score."""
    return crps(members, observed).mean(axis=0), energy_score(members, observed).mean()
