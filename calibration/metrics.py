"""How far simulated or forecast weights are from observed ones.

All metrics derive from one tensor of errors (predicted − observed) with any leading axes, such as
[T, N] or [origins, horizons, N]. `axis` says over what a metric is taken, as in NumPy: `axis=0` of
[T, N] gives one value a deposit; `axis=None` pools everything, so a pooled RMSE is the root
of the pooled mean square, never a mean of roots. `where` marks the entries that were observed.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from calibration._arrays import as_floating, as_floating_pair, require_shape, sqrt_or_zero
from calibration.composition import aitchison_distance

Axis = int | tuple[int, ...] | None


class ErrorMetric(Protocol):
    """A metric of errors: `metric(errors, axis, where)`."""

    def __call__(
        self, errors: ArrayLike, axis: Axis = None, where: ArrayLike | None = None
    ) -> Array:
        """Reduce errors [...] over `axis`."""


def weight_errors(predicted: ArrayLike, observed: ArrayLike) -> Array:
    """Errors e = predicted − observed: positive where the prediction is too high.

    Args:
      predicted: [...] dimensionless (or any one unit).
      observed: [...] the same shape; nothing is broadcast.

    Returns:
      [...] in the wider of the two dtypes.

    Raises:
      CamjaxError: the shapes differ.
    """
    predicted, observed = as_floating_pair(predicted, observed, "weight_errors")
    require_shape(predicted, observed.shape, "predicted", "Predict what was observed, row by row.")
    return predicted - observed


def masked_mean(values: ArrayLike, axis: Axis = None, where: ArrayLike | None = None) -> Array:
    """Mean over the entries that count.

    Args:
      values: [...] any unit.
      axis: axes to average over; None: all.
      where: booleans that broadcast to `values`; None: every entry counts.

    Returns:
      The mean over `axis`; NaN where no entry counts.
    """
    return _mean(*_selected(values, where), axis)


def mean_absolute_error(
    errors: ArrayLike, axis: Axis = None, where: ArrayLike | None = None
) -> Array:
    """MAE = mean |e| over `axis`. Arguments as `masked_mean`. Source: Specification, 5."""
    selected, counts = _selected(errors, where)
    return _mean(jnp.abs(selected), counts, axis)


def median_absolute_error(
    errors: ArrayLike, axis: Axis = None, where: ArrayLike | None = None
) -> Array:
    """MAD = median |e| over `axis`, unscaled. Arguments as `masked_mean`.

    The median absolute deviation of the errors from zero. It carries no factor 1.4826, and is not
    the mean absolute deviation, which is `mean_absolute_deviation`. Source: Specification, 5.
    """
    selected, counts = _selected(errors, where)
    magnitudes = jnp.abs(selected)
    if where is None:
        return jnp.median(magnitudes, axis=axis)
    median = jnp.nanmedian(jnp.where(counts, magnitudes, jnp.nan), axis=axis)
    return jnp.where(jnp.isnan(magnitudes).any(axis=axis), jnp.nan, median)


def mean_absolute_deviation(
    errors: ArrayLike, axis: Axis = None, where: ArrayLike | None = None
) -> Array:
    """Mean absolute deviation of the errors from their mean: mean |e − mean e| over `axis`.

    What is left of the MAE once the bias is taken out. Arguments as `masked_mean`.
    """
    selected, counts = _selected(errors, where)
    centre = _mean(selected, counts, axis, keepdims=True)
    return _mean(jnp.abs(selected - jnp.broadcast_to(centre, selected.shape)), counts, axis)


def root_mean_square_error(
    errors: ArrayLike, axis: Axis = None, where: ArrayLike | None = None
) -> Array:
    """RMSE = √(mean e²) over `axis`, with gradient 0 where every error is 0.

    Arguments as `masked_mean`. Source: Specification, 5.
    """
    selected, counts = _selected(errors, where)
    return sqrt_or_zero(_mean(selected * selected, counts, axis))


def bias(errors: ArrayLike, axis: Axis = None, where: ArrayLike | None = None) -> Array:
    """Bias = mean e over `axis`: positive where predictions are too high. As `masked_mean`."""
    return masked_mean(errors, axis, where)


ERROR_METRICS: Mapping[str, ErrorMetric] = MappingProxyType(
    {
        "mae": mean_absolute_error,
        "mad": median_absolute_error,
        "mean_absolute_deviation": mean_absolute_deviation,
        "rmse": root_mean_square_error,
        "bias": bias,
    }
)
"""Name in a metrics table -> metric. A new metric of errors is one function and one line here."""


def error_metrics(
    errors: ArrayLike, axis: Axis = None, where: ArrayLike | None = None
) -> dict[str, Array]:
    """Every metric of `ERROR_METRICS`, by name.

    Args:
      errors: [...] as from `weight_errors`.
      axis: axes to reduce; None pools all.
      where: booleans that broadcast to `errors`, True where there was an observation.

    Returns:
      name -> metric over `axis`.

    >>> {name: round(float(value), 3) for name, value in error_metrics([0.1, -0.3, 0.0]).items()}
    {'mae': 0.133, 'mad': 0.1, 'mean_absolute_deviation': 0.156, 'rmse': 0.183, 'bias': -0.067}
    """
    return {name: metric(errors, axis, where) for name, metric in ERROR_METRICS.items()}


def mean_aitchison_distance(
    predicted: ArrayLike,
    observed: ArrayLike,
    axis: Axis = None,
    where: ArrayLike | None = None,
    floor: float | None = None,
) -> Array:
    """Mean Aitchison distance between predicted and observed weights.

    mean ‖clr(predicted) − clr(observed)‖₂

    Args:
      predicted: [..., N] positive; zeros only together with `floor`.
      observed: [..., N] as `predicted`.
      axis: axes of [...] to average over; None: all.
      where: booleans that broadcast to [...]; the compositions that are False are not looked at.
      floor: the share that stands for an empty deposit; None refuses zeros.

    Returns:
      The mean over `axis`, dimensionless; NaN where no composition counts.

    Raises:
      CamjaxError: the shapes differ, or a part that counts is zero and no floor is given.
    """
    predicted, observed = as_floating_pair(predicted, observed, "mean_aitchison_distance")
    require_shape(predicted, observed.shape, "predicted", "Predict what was observed, row by row.")
    counts = _counts(where, observed.shape[:-1])
    in_parts = jnp.broadcast_to(counts[..., None], observed.shape)
    predicted, observed = (jnp.where(in_parts, parts, 1) for parts in (predicted, observed))
    return _mean(aitchison_distance(predicted, observed, floor), counts, axis)


def _counts(where: ArrayLike | None, shape: tuple[int, ...]) -> Array:
    """Which entries count, in full shape."""
    return jnp.broadcast_to(True if where is None else jnp.asarray(where, dtype=bool), shape)


def _selected(values: ArrayLike, where: ArrayLike | None) -> tuple[Array, Array]:
    """Values with 0 for those that do not count (so no NaN reaches a gradient), and which do."""
    array = as_floating(values, "errors")
    counts = _counts(where, array.shape)
    return jnp.where(counts, array, 0), counts


def _mean(values: Array, counts: Array, axis: Axis, keepdims: bool = False) -> Array:
    """Mean over the entries that count."""
    total = jnp.where(counts, values, 0).sum(axis=axis, keepdims=keepdims)
    return total / counts.sum(axis=axis, keepdims=keepdims, dtype=values.dtype)
