"""What a fit makes small: distances between predicted and observed compositions.

Every objective compares predicted with observed weights [T, K] of rows that count. Of a row in
which not every deposit was observed, the sub-composition of those that were is compared: log-ratios
and Dirichlet laws of a part are those of the whole, and other weights are closed over the part.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.scipy.special import gammaln

from calibration._arrays import norm
from calibration.composition import ilr, ilr_basis
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
    parts: Array
    """[T, K] booleans, whether the deposit was observed and its row is to be fitted."""

    @property
    def counts(self) -> Array:
        """[T] booleans, whether a row has at least two parts, so that there is a ratio."""
        return self.parts.sum(axis=-1) > 1


def log_ratio_residuals(compared: Compared) -> Array:
    """ilr(predicted) − ilr(observed), [T, K − 1], 0 for rows that do not count.

    Their sum of squares is that of Aitchison distances; least squares is the likelihood of errors
    that are normal, alike and independent in ilr. All shares are raised by 1e-6, so that an empty
    deposit has a logarithm and derivatives do not end where a share becomes small.

    V c with c the logarithms of predicted over observed shares less their mean over the parts
    observed, 0 for the other parts, and V of `ilr_basis`: a row of n parts has n − 1 dimensions.
    """
    ratio = jnp.log(softened(compared.weights)) - jnp.log(softened(compared.observed_weights))
    parts = compared.parts
    number = parts.astype(ratio.dtype).sum(axis=-1)
    mean = _share(jnp.where(parts, ratio, 0).sum(axis=-1), number)
    centred = jnp.where(parts, ratio - mean[:, None], 0)
    basis = jnp.asarray(ilr_basis(ratio.shape[-1]), ratio.dtype)
    return _counted(centred @ basis.T, compared.counts)


def weight_residuals(compared: Compared) -> Array:
    """Predicted − observed weights, [T, K]: least squares minimises RMSE."""
    predicted = _closed(compared.weights, compared.parts)
    return _counted(predicted - _closed(compared.observed_weights, compared.parts), compared.counts)


def balance_residuals(compared: Compared) -> Array:
    """Predicted − observed balances over the observed total of the row, [T, K]."""
    parts = compared.parts
    total = jnp.where(parts, compared.observed_balances, 0).sum(axis=-1)
    errors = jnp.where(parts, compared.balances - compared.observed_balances, 0)
    return _counted(_share(errors, total[:, None]), compared.counts)


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
    return jnp.abs(weight_residuals(compared)).sum() / _parts(compared)


def absolute_balance_loss(compared: Compared, log_precision: Array) -> Array:
    """Mean absolute error of balances over the observed total."""
    del log_precision
    return jnp.abs(balance_residuals(compared)).sum() / _parts(compared)


def dirichlet_loss(compared: Compared, log_precision: Array) -> Array:
    """Mean over rows of `dirichlet_rows`."""
    return dirichlet_rows(compared, log_precision).sum() / _rows(compared)


def dirichlet_rows(compared: Compared, log_precision: Array) -> Array:
    """Negative log-likelihood [T] of observed weights w ~ Dirichlet(κ ŵ), ŵ predicted.

    −log p(w) = −log Γ(κ) + Σ_i log Γ(κ ŵ_i) − (κ ŵ_i − 1) log w_i

    Args:
      compared: predictions and observations.
      log_precision: [] log κ, fitted beside the parameters.
    """
    parts = compared.parts
    concentration = jnp.exp(log_precision) * softened(compared.weights)
    logarithms = jnp.log(_closed(softened(compared.observed_weights), parts, 1.0))
    terms = gammaln(concentration) - (concentration - 1) * logarithms
    total = jnp.where(parts, concentration, 0).sum(axis=-1)
    whole = jnp.where(compared.counts, gammaln(jnp.where(compared.counts, total, 1)), 0)
    each = _counted(jnp.where(parts, terms, 0), compared.counts)
    return each.sum(axis=-1) - whole


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


def num_residuals(objective: str, compared: Compared) -> Array:
    """How many numbers [] a sum of squares is of; log-ratios are one fewer than parts."""
    parts = jnp.where(compared.counts[:, None], compared.parts, False).sum()
    return parts - compared.counts.sum() if objective == "ilr" else parts


def _rows(compared: Compared) -> Array:
    """How many rows count."""
    return compared.counts.astype(compared.weights.dtype).sum()


def _parts(compared: Compared) -> Array:
    """How many parts rows that count have, in all."""
    return num_residuals("weights", compared).astype(compared.weights.dtype)


def _counted(values: Array, counts: Array) -> Array:
    """Values [T, ...] with 0 in rows that do not count."""
    return jnp.where(counts[:, None], values, 0)


def _closed(weights: Array, parts: Array, other: float = 0.0) -> Array:
    """Weights [T, K] that sum to 1 over the parts, and another number elsewhere."""
    total = jnp.where(parts, weights, 0).sum(axis=-1, keepdims=True)
    return jnp.where(parts, _share(weights, total), other)


def _share(values: Array, total: Array) -> Array:
    """Values over a total, which may be 0 where nothing is looked at."""
    return values / jnp.where(total == 0, 1, total)
