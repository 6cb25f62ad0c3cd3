"""What a fit makes small: distances between predicted and observed compositions.

Every objective compares predicted with observed weights [T, K] of rows that count.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.scipy.special import gammaln

from calibration._arrays import norm
from calibration.composition import ilr
from calibration.score_table import EMPTY_SHARE

HUBER_DISTANCE = 0.05
"""Aitchison distance at which Huber's loss turns from square to linear: errors of about 5 %."""


class Compared(NamedTuple):
    """What was predicted and observed at T rows for K deposits."""

    weights: Array
    """[T, K] predicted, dimensionless."""
    balances: Array
    """[T, K] predicted, tokens."""
    observed_weights: Array
    """[T, K] dimensionless."""
    observed_balances: Array
    """[T, K] tokens."""
    counts: Array
    """[T] booleans, whether the row was observed."""


def log_ratio_residuals(compared: Compared) -> Array:
    """ilr(predicted) − ilr(observed), [T, K − 1], 0 for rows that do not count.

    Their sum of squares is that of Aitchison distances; least squares is the likelihood of errors
    that are normal, alike and independent in ilr. All shares are raised by 1e-6, so that an empty
    deposit has a logarithm and derivatives do not end where a share becomes small.
    """
    predicted, observed = coordinates(compared.weights), coordinates(compared.observed_weights)
    return _counted(predicted - observed, compared.counts)


def weight_residuals(compared: Compared) -> Array:
    """Predicted − observed weights, [T, K]: least squares minimises RMSE."""
    return _counted(compared.weights - compared.observed_weights, compared.counts)


def balance_residuals(compared: Compared) -> Array:
    """Predicted − observed balances over the observed total of the row, [T, K]."""
    total = compared.observed_balances.sum(axis=-1, keepdims=True)
    errors = (compared.balances - compared.observed_balances) / total
    return _counted(errors, compared.counts)


def huber_loss(compared: Compared, log_precision: Array) -> Array:
    """Mean of Huber's loss of Aitchison distances: square up to 0.05, linear beyond."""
    del log_precision
    distance = norm(log_ratio_residuals(compared))
    linear = HUBER_DISTANCE * (distance - 0.5 * HUBER_DISTANCE)
    loss = jnp.where(distance <= HUBER_DISTANCE, 0.5 * distance**2, linear)
    return loss.sum() / _rows(compared)


def absolute_loss(compared: Compared, log_precision: Array) -> Array:
    """Mean absolute error of weights."""
    del log_precision
    errors = jnp.abs(weight_residuals(compared))
    return errors.sum() / (_rows(compared) * errors.shape[-1])


def absolute_balance_loss(compared: Compared, log_precision: Array) -> Array:
    """Mean absolute error of balances over the observed total."""
    del log_precision
    errors = jnp.abs(balance_residuals(compared))
    return errors.sum() / (_rows(compared) * errors.shape[-1])


def dirichlet_loss(compared: Compared, log_precision: Array) -> Array:
    """Mean negative log-likelihood of observed weights w ~ Dirichlet(κ ŵ), ŵ predicted.

    −log p(w) = −log Γ(κ) + Σ_i log Γ(κ ŵ_i) − (κ ŵ_i − 1) log w_i

    Args:
      compared: predictions and observations.
      log_precision: [] log κ, fitted beside the parameters.
    """
    precision = jnp.exp(log_precision)
    concentration = precision * softened(compared.weights)
    logarithms = jnp.log(softened(compared.observed_weights))
    terms = gammaln(concentration) - (concentration - 1) * logarithms
    loss = _counted(terms, compared.counts).sum() - _rows(compared) * gammaln(precision)
    return loss / _rows(compared)


RESIDUALS: Mapping[str, Callable[[Compared], Array]] = MappingProxyType(
    {"ilr": log_ratio_residuals, "weights": weight_residuals, "balances": balance_residuals}
)
"""Objectives that are sums of squares, by name: Levenberg-Marquardt."""

LOSSES: Mapping[str, Callable[[Compared, Array], Array]] = MappingProxyType(
    {
        "dirichlet": dirichlet_loss,
        "huber": huber_loss,
        "mae": absolute_loss,
        "balance-mae": absolute_balance_loss,
    }
)
"""All other objectives, by name: Adam, then L-BFGS."""

LIKELIHOODS = (*RESIDUALS, "dirichlet")
"""Objectives whose curvature says how sure a fit is."""


def softened(weights: Array) -> Array:
    """Weights raised by the share that stands for empty, closed again: C(w + 1e-6)."""
    raised = weights + EMPTY_SHARE
    return raised / raised.sum(axis=-1, keepdims=True)


def coordinates(weights: Array) -> Array:
    """Ilr of softened weights, [..., K − 1]."""
    return ilr(softened(weights))


def _rows(compared: Compared) -> Array:
    """How many rows count."""
    return compared.counts.astype(compared.weights.dtype).sum()


def _counted(values: Array, counts: Array) -> Array:
    """Values [T, ...] with 0 in rows that do not count."""
    return jnp.where(counts[:, None], values, 0)
