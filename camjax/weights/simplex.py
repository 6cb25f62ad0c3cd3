"""Weights: normalisation, caps, and how concentrated they are."""

import jax
import jax.numpy as jnp
from jax import Array

from camjax.vector import Vector, positive_or, shares, where


def normalised(scores: Vector, otherwise: Vector | None) -> Vector:
    """Scores as shares of their sum, W_i = s_i / Σ_j s_j.

    Where all are zero, `otherwise`; None promises that they never are.
    """
    total = scores.sum()
    if otherwise is None:
        return shares(scores, total)
    return where(total > 0, shares(scores, positive_or(total)), otherwise)


def restricted(weights: Vector, open_: Vector | None, otherwise: Vector) -> Vector:
    """Weights with the closed deposits at exactly 0 and the rest renormalised."""
    return weights if open_ is None else normalised(weights * open_, otherwise)


def capped(weights: Array, cap: Array, open_: Array | None = None) -> Array:
    """Nearest weights of which none exceeds a cap.

    argmin ||v - W||² subject to 0 ≤ v_i ≤ cap, Σ v = 1: v_i = min(max(W_i - θ, 0), cap), θ found
    exactly among the 2N breakpoints of Σ v(θ). Closed deposits keep 0; a cap that the open ones
    could not meet is raised to 1 / their number; with none open, weights stay as they are.

    Args:
      weights: [N], on the simplex.
      cap: [] in [1/N, 1].
      open_: [N] 1 for open, 0 for closed deposits; None: all open.

    Returns:
      [N], on the simplex. Piecewise linear, differentiated with the set of capped and zero
      entries held.

    References:
      Specification, 4.2. Euclidean projection onto the capped simplex: Wang & Lu 2015.

    >>> capped(jnp.array([0.7, 0.2, 0.1]), jnp.array(0.5))
    Array([0.5, 0.3, 0.2], dtype=float...)
    """
    is_open = jnp.ones_like(weights) if open_ is None else open_
    num_open = is_open.sum()
    cap = jnp.maximum(cap, 1 / positive_or(num_open))
    fixed_weights, fixed_cap = jax.lax.stop_gradient((weights, cap))
    shifts = jnp.sort(jnp.concatenate([fixed_weights, fixed_weights - fixed_cap]))
    shifted = fixed_weights[None, :] - shifts[:, None]
    totals = (is_open[None, :] * jnp.clip(shifted, 0, fixed_cap)).sum(1)
    # totals falls from ≥ 1 to 0 along the ascending shifts: θ lies just before the first below 1.
    after = jnp.clip(jnp.argmax(totals < 1), 1, shifts.shape[0] - 1)
    middle = (shifts[after - 1] + shifts[after]) / 2
    at_cap = jnp.where(fixed_weights - middle >= fixed_cap, is_open, 0)
    interior = jnp.where(fixed_weights > middle, is_open - at_cap, 0)
    free = positive_or(interior.sum())
    threshold = ((interior * weights).sum() + at_cap.sum() * cap - 1) / free
    nearest = jnp.clip(interior * (weights - threshold), 0, cap) + at_cap * cap
    return jnp.where(num_open > 0, nearest, weights)


def herfindahl_hirschman(weights: Array) -> Array:
    """Concentration Σ w_i² of weights [..., N]: 1/N when equal, 1 when all is in one deposit.

    References:
      Herfindahl 1950; Hirschman 1964.

    >>> herfindahl_hirschman(jnp.array([0.5, 0.5]))
    Array(0.5, dtype=float...)
    """
    return (weights * weights).sum(-1)


def entropy(weights: Array) -> Array:
    """Diversity -Σ w_i log w_i of weights [..., N], in nats: log N when equal, 0 when concentrated.

    References:
      Shannon 1948.
    """
    positive = weights > 0
    return -jnp.where(positive, weights * jnp.log(jnp.where(positive, weights, 1)), 0).sum(-1)
