"""Scores as rows of one table: who predicted what, how far ahead, and how well."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import jax
import numpy as np
from jax import Array

from calibration._arrays import as_floating
from calibration.diebold_mariano import diebold_mariano, holm
from calibration.mean_interval import mean_interval
from calibration.metrics import (
    ERROR_METRICS,
    error_metrics,
    mean_aitchison_distance,
    weight_errors,
)
from camjax.rounding import tolerance

if TYPE_CHECKING:
    import xarray

POOLED = "pooled"
"""Name in the column `deposit` for all deposits together."""

EMPTY_SHARE = 1e-6
"""Share that stands for an empty deposit where a logarithm is taken."""

LOSS_POWERS = {"mae": 1, "rmse": 2}
"""Metric -> power p of the loss |e|^p whose mean it is made of."""


P_VALUE, P_SINGLE = "_p_value", "_p_single"
"""How metrics end that are p-values: for all methods compared, and of a single test."""

PRECISION = "float64"
"""Of all that is scored."""


class Score(NamedTuple):
    """One row of metrics.csv."""

    mode: str
    model: str
    deposit: str
    horizon: int | str
    metric: str
    value: float


class Source(NamedTuple):
    """Whose scores they are, and of what: what all rows of a set have in common.

    Attributes:
      mode: such as "one-step".
      model: such as "persistence".
      deposits: names of the N deposits.
      horizon: steps ahead.
    """

    mode: str
    model: str
    deposits: tuple[str, ...]
    horizon: int | str

    def rows(self, metric: str, by_deposit: Iterable[float], pooled: float) -> list[Score]:
        """One score a deposit, and one for all together."""
        named = zip((*self.deposits, POOLED), (*by_deposit, pooled), strict=True)
        return [
            Score(self.mode, self.model, deposit, self.horizon, metric, float(value))
            for deposit, value in named
        ]


def told_apart(predicted: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Errors predicted − observed of weights, 0 where nothing tells the two apart.

    Args:
      predicted: [..., N] weights.
      observed: [..., N] weights; NaN where there is none.

    Returns:
      [..., N]; 0 within `known_to` of an observation.
    """
    errors = predicted - observed
    return np.where(np.abs(errors) <= known_to(observed), 0.0, errors)


def known_to(observed: np.ndarray) -> np.ndarray:
    """How well observed weights [..., N] are known at best: what differs less is the same.

    Rounding; and of an empty deposit twice `EMPTY_SHARE`, because a forecast by log-ratios has that
    share, give or take some percent, in its place.
    """
    rounding = float(tolerance(1.0, PRECISION))
    return np.where(observed < EMPTY_SHARE, 2 * EMPTY_SHARE, rounding)


def error_scores(
    source: Source,
    predicted: np.ndarray,
    observed: np.ndarray,
    where: np.ndarray,
    overlap: int | None,
) -> list[Score]:
    """Every metric of errors, per deposit and pooled, and the pooled mean Aitchison distance.

    Errors are those of `told_apart`.

    Beside MAE and RMSE stand the ends of their 95 % intervals, `mae_lower_95` and so on: those of
    the mean of |e| or e² by `mean_interval`, e² mapped back; pooled, of its mean over deposits.

    Args:
      source: whose predictions they are.
      predicted: [R, N] weights, rows ascending in time.
      observed: [R, N] weights.
      where: [R] booleans, the rows that count.
      overlap: steps ahead, by which errors of successive rows overlap; None: the rows are one
        forecast, and have no interval.

    Raises:
      CamjaxError: the shapes differ, or JAX computes in a precision below theirs.
    """
    errors = told_apart(predicted, observed)
    predicted = np.where(errors == 0, observed, predicted)
    by_deposit, pooled, distance = _errors(
        as_floating(predicted, "predicted"), as_floating(observed, "observed"), where
    )
    scores = [
        score
        for name in ERROR_METRICS
        for score in source.rows(name, np.asarray(by_deposit[name]), float(pooled[name]))
    ]
    aitchison = source._replace(deposits=()).rows("mean_aitchison_distance", (), float(distance))
    if overlap is not None:
        scores += _interval_scores(source, errors[where], overlap)
    return scores + aitchison


def _interval_scores(source: Source, errors: np.ndarray, overlap: int) -> list[Score]:
    """Ends of the intervals of MAE and RMSE from errors [n, N]."""
    scores = []
    for metric, power in LOSS_POWERS.items():
        ends = mean_interval(_with_pooled(np.abs(errors) ** power), overlap)
        for name, end in zip(("lower", "upper"), ends, strict=True):
            # Weights are shares, and so no loss, nor its mean, is below 0 or above 1.
            *by_deposit, pooled = np.clip(end, 0, 1) ** (1 / power)
            scores += source.rows(f"{metric}_{name}_95", by_deposit, pooled)
    return scores


def skill_scores(
    source: Source,
    errors: np.ndarray,
    reference_errors: np.ndarray,
    where: np.ndarray,
    overlap: int | None,
) -> list[Score]:
    """Skill relative to a reference forecast, and whether it is more than chance.

    skill = 1 - metric / reference metric, for MAE and RMSE: 1 is perfect, 0 no better than the
    reference, below 0 worse. Beside it the Diebold-Mariano test of the same loss, |e| or e², summed
    over deposits where pooled; its statistic is negative where the source loses less.

    Args:
      source: whose errors they are.
      errors: [R, N] predicted − observed as `told_apart` gives them, rows ascending in time.
      reference_errors: [R, N] of the reference.
      where: [R] booleans, the rows that count.
      overlap: steps ahead, by which errors of successive rows overlap; None: no test.

    Returns:
      Rows `skill_mae`, `dm_mae`, `dm_mae_p_value`, and the same for RMSE. NaN where undefined. The
      p-values are those of single tests; see `for_all_methods`.
    """
    scores = []
    for metric, power in LOSS_POWERS.items():
        own, reference = (np.abs(e[where]) ** power for e in (errors, reference_errors))
        own, reference = (_with_pooled(losses) for losses in (own, reference))
        ratio = _ratio(own.mean(axis=0), reference.mean(axis=0)) ** (1 / power)
        *by_deposit, pooled = 1 - ratio
        scores += source.rows(f"skill_{metric}", by_deposit, pooled)
        if overlap is not None:
            tests = [
                diebold_mariano(*pair, overlap) for pair in zip(own.T, reference.T, strict=True)
            ]
            for name, (*each, joint) in (
                (f"dm_{metric}", [test.statistic for test in tests]),
                (f"dm_{metric}{P_VALUE}", [test.p_value for test in tests]),
            ):
                scores += source.rows(name, each, joint)
    return scores


def for_all_methods(scores: Iterable[Score]) -> list[Score]:
    """Scores of several methods, with p-values for their number.

    `dm_mae_p_value` becomes what `holm` makes of it among the methods that are compared with the
    reference by the same loss, deposit and horizon; the single test's stays as `dm_mae_p_single`.
    """
    found = list(scores)
    families: dict[tuple[object, ...], list[int]] = {}
    for place, score in enumerate(found):
        if score.metric.endswith(P_VALUE):
            family = (score.mode, score.deposit, score.horizon, score.metric)
            families.setdefault(family, []).append(place)
    single = []
    for places in families.values():
        adjusted = holm([found[place].value for place in places])
        for place, value in zip(places, adjusted.tolist(), strict=True):
            name = found[place].metric.removesuffix(P_VALUE) + P_SINGLE
            single.append(found[place]._replace(metric=name))
            found[place] = found[place]._replace(value=value)
    return found + single


def find(scores: Iterable[Score], model: str, metric: str, deposit: str = POOLED) -> float:
    """The value of the first score of a model; NaN where there is none."""
    wanted = (
        score.value for score in scores if score[1:3] == (model, deposit) and score.metric == metric
    )
    return next(wanted, np.nan)


def score_array(scores: Sequence[Score], models: Sequence[str]) -> "xarray.DataArray":
    """Scores as an array; NaN where there is none.

    Args:
      scores: whose places are told apart by model, horizon, deposit and metric.
      models: the name of each score's model in the array.

    Returns:
      [model, horizon, scored, metric]; `scored` are deposits, and all together.
    """
    import xarray

    keys = [
        (model, score.horizon, score.deposit, score.metric)
        for model, score in zip(models, scores, strict=True)
    ]
    axes = [list(dict.fromkeys(column)) for column in zip(*keys, strict=True)]
    values = np.full([len(axis) for axis in axes], np.nan)
    for key, score in zip(keys, scores, strict=True):
        values[tuple(axis.index(part) for axis, part in zip(axes, key, strict=True))] = score.value
    dims = ("model", "horizon", "scored", "metric")
    attributes = {"units": "see metric", "long_name": "score, as in metrics.csv"}
    return xarray.DataArray(values, dict(zip(dims, axes, strict=True)), dims, attrs=attributes)


def scores_csv(scores: Iterable[Score]) -> str:
    """The text of metrics.csv."""
    return csv_text(Score._fields, scores)


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table as CSV; numbers at full precision, blank where there is none.

    >>> csv_text(("a", "b"), [(0.1, None), (1 / 3, float("nan"))]).splitlines()
    ['a,b', '0.1,', '0.3333333333333333,']
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


@jax.jit
def _errors(
    predicted: Array, observed: Array, where: Array
) -> tuple[dict[str, Array], dict[str, Array], Array]:
    errors = weight_errors(predicted, observed)
    counts = where[:, None]
    return (
        error_metrics(errors, axis=0, where=counts),
        error_metrics(errors, where=counts),
        mean_aitchison_distance(predicted, observed, where=where, floor=EMPTY_SHARE),
    )


def _with_pooled(losses: np.ndarray) -> np.ndarray:
    """Losses [R, N] with their mean over deposits as a last column."""
    return np.column_stack([losses, losses.mean(axis=1)])


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Quotient, NaN where the denominator is 0."""
    undefined = np.full_like(numerator, np.nan)
    return np.divide(numerator, denominator, out=undefined, where=denominator > 0)


def _cell(value: object) -> object:
    """Numbers so that they read back as they were; nothing for what is not known."""
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else repr(float(value))
    return "" if value is None else value
