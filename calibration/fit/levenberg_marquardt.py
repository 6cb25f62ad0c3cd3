"""Nonlinear least squares by Levenberg and Marquardt, in JAX, for one start or a batch."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from camjax import pytree, static

CONVERGED, STALLED, MAX_ITERATIONS, NONFINITE = range(4)
STATUS = ("converged", "stalled", "max_iter", "nonfinite")
"""Names of the states in which a search ends, by their number."""

RUNNING = -1
INITIAL_DAMPING = 10.0
"""Of the first step: cautious, since far from a minimum bold steps end in flat country."""
ACCEPTABLE = 1e-4
"""Least share of the promised decrease that makes a step worth taking."""
LARGEST_DAMPING = 1e16
"""Damping beyond which a step changes nothing in float64."""
FLAT_COSINE = 1e-4
"""Cosine between residuals and a column of the Jacobian below which an end counts as a minimum."""

Residuals = Callable[[Array], Array]


@pytree
class Options:
    """When a search stops.

    Args:
      tolerance: relative decrease of the sum of squares, or relative step, that is none.
      perfect: root mean square residual that counts as zero.
      max_iterations: of a search.
    """

    tolerance: float = static(default=1e-12)
    perfect: float = static(default=1e-13)
    max_iterations: int = static(default=100)


class Search(NamedTuple):
    """Where a search ended: the best point that it saw."""

    coordinates: Array
    """[D]."""
    cost: Array
    """[] half the sum of squares."""
    gradient: Array
    """[D] Jᵀ r."""
    curvature: Array
    """[D, D] Jᵀ J."""
    scale: Array
    """[D] largest norm of each column of J so far."""
    damping: Array
    """[] μ."""
    growth: Array
    """[] factor by which a rejected step raises μ."""
    iterations: Array
    """[] int32."""
    status: Array
    """[] int32, an index into `STATUS`."""


def least_squares(residuals: Residuals, start: Array, options: Options | None = None) -> Search:
    """Minimise ½ ‖r(z)‖² from one start; batches by `jax.vmap`.

    (JᵀJ + μ D²) δ = -Jᵀ r,  D_j the largest norm of column j so far,

    with J by forward mode. A step is taken if it gains at least 1e-4 of what its linear model
    promises; μ then shrinks with how good the promise was, and grows otherwise. So the point
    returned is the best one seen. Points at which residuals are not finite are never taken.

    Args:
      residuals: z [D] -> r [M].
      start: [D].
      options: when to stop.

    References:
      Moré, The Levenberg-Marquardt algorithm, 1978 (scaling). Nielsen, Damping parameter in
      Marquardt's method, 1999 (damping).
    """
    options = options or Options()
    return advance(residuals, begin(residuals, start), options, options.max_iterations)


def begin(residuals: Residuals, start: Array) -> Search:
    """A search before its first step; arguments as `least_squares`."""
    cost, gradient, curvature = _evaluate(residuals, start)
    finite = jnp.isfinite(cost) & jnp.isfinite(curvature).all()
    return Search(
        coordinates=start,
        cost=cost,
        gradient=gradient,
        curvature=curvature,
        scale=jnp.sqrt(jnp.diagonal(curvature)),
        damping=jnp.full_like(cost, INITIAL_DAMPING),
        growth=jnp.full_like(cost, 2.0),
        iterations=jnp.zeros((), jnp.int32),
        status=jnp.where(finite, RUNNING, NONFINITE).astype(jnp.int32),
    )


def advance(
    residuals: Residuals, search: Search, options: Options, iterations: int | Array
) -> Search:
    """Some more steps of a search, fewer where it ends before.

    Args:
      residuals: z [D] -> r [M].
      search: as it was left.
      options: when to stop.
      iterations: how many have been made when this returns.
    """

    def goes_on(search: Search) -> Array:
        return (search.status == RUNNING) & (search.iterations < iterations)

    return jax.lax.while_loop(goes_on, lambda s: _iterate(residuals, s, options), search)


def _evaluate(residuals: Residuals, point: Array) -> tuple[Array, Array, Array]:
    """½ ‖r‖², Jᵀ r and Jᵀ J."""
    jacobian, values = jax.jacfwd(lambda z: (r := residuals(z), r), has_aux=True)(point)
    return 0.5 * (values @ values), values @ jacobian, jacobian.T @ jacobian


def _iterate(residuals: Residuals, search: Search, options: Options) -> Search:
    """One step tried, and taken or not."""
    # A column that was never anything gets a scale, or the system would be singular.
    scale = jnp.where(search.scale > 0, search.scale, 1)
    damped = search.curvature + jnp.diag(search.damping * scale**2)
    unit = damped / (scale[:, None] * scale[None, :])
    step = -jnp.linalg.solve(unit, search.gradient / scale) / scale
    promised = 0.5 * step @ (search.damping * scale**2 * step - search.gradient)
    trial = search.coordinates + step
    cost, gradient, curvature = _evaluate(residuals, trial)
    finite = jnp.isfinite(cost) & jnp.isfinite(curvature).all()
    gain = jnp.where(finite, search.cost - cost, -jnp.inf)
    ratio = gain / jnp.where(promised > 0, promised, 1)
    taken = finite & (gain > 0) & (ratio > ACCEPTABLE)

    def pick(new: Array, old: Array) -> Array:
        return jnp.where(taken, new, old)

    easier = jnp.maximum(1 / 3, 1 - (2 * ratio - 1) ** 3)
    damping = search.damping * jnp.where(taken, easier, search.growth)
    best = pick(cost, search.cost)
    after = Search(
        coordinates=pick(trial, search.coordinates),
        cost=best,
        gradient=pick(gradient, search.gradient),
        curvature=pick(curvature, search.curvature),
        scale=jnp.maximum(search.scale, pick(jnp.sqrt(jnp.diagonal(curvature)), search.scale)),
        damping=jnp.maximum(damping, 1e-15),
        growth=jnp.where(taken, 2.0, 2 * search.growth),
        iterations=search.iterations + 1,
        status=search.status,
    )
    moved = jnp.linalg.norm(scale * step)
    tiny = moved <= options.tolerance * jnp.linalg.norm(scale * after.coordinates)
    same = (promised <= options.tolerance * search.cost) & (
        jnp.abs(gain) <= options.tolerance * search.cost
    )
    num_residuals = jax.eval_shape(residuals, trial).shape[0]
    perfect = 2 * best <= num_residuals * options.perfect**2
    ended = tiny | same | (after.damping > LARGEST_DAMPING)
    status = jnp.where(ended, jnp.where(_is_flat(after), CONVERGED, STALLED), RUNNING)
    status = jnp.where(perfect, CONVERGED, status)
    spent = (status == RUNNING) & (after.iterations >= options.max_iterations)
    return after._replace(status=jnp.where(spent, MAX_ITERATIONS, status).astype(jnp.int32))


def _is_flat(search: Search) -> Array:
    """Whether no direction leads down: residuals are orthogonal to every column of J."""
    norms = jnp.sqrt(jnp.diagonal(search.curvature) * 2 * search.cost)
    return (jnp.abs(search.gradient) <= FLAT_COSINE * norms).all()
