"""Any smooth loss by Adam, which finds the valley, and L-BFGS, which finds its floor."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array

from calibration.fit.levenberg_marquardt import (
    CONVERGED,
    MAX_ITERATIONS,
    NONFINITE,
    STALLED,
    Options,
)
from calibration.fit.problem import Data, Problem

ADAM_STEPS = 100
"""Steps of Adam before L-BFGS."""
ADAM_STEP_SIZE = 0.05
"""In coordinates, which are logarithms and logits."""
START_LOG_PRECISION = 5.0
"""Logarithm of the Dirichlet precision that searches begin with: errors of a few per cent."""
NO_GAIN = 1e-11
"""Relative decrease of a loss that is none."""
PATIENCE = 5
"""Steps in a row without a gain after which a search ends."""
SMALL_GRADIENT = 1e-5
"""Norm of the gradient of a mean loss, over 1 + |loss|, at which a search has converged."""

Loss = Callable[[Array], Array]


class End(NamedTuple):
    """Where a search ended: the best point that it saw."""

    coordinates: Array
    """[D]."""
    log_precision: Array
    """[] log κ of the Dirichlet likelihood; unused by other losses."""
    cost: Array
    """[] mean loss."""
    iterations: Array
    """[] int32."""
    status: Array
    """[] int32, an index into `calibration.fit.levenberg_marquardt.STATUS`."""


def descend(
    problem: Problem,
    objective: str,
    starts: Array,
    options: Options,
    progress: Callable[[str, float], None],
) -> End:
    """Search from every start [S, D], batched."""

    @jax.jit
    def searched(starts: Array, data: Data) -> End:
        return jax.vmap(lambda start: minimise(partial(loss, data=data), start, options))(starts)

    def loss(point: Array, data: Data) -> Array:
        return problem.loss(point[:-1], point[-1], data, objective)

    precision = jnp.full((len(starts), 1), START_LOG_PRECISION, starts.dtype)
    progress("searching", 0.0)
    with jax.numpy_dtype_promotion("standard"):  # optax relies on it
        return searched(jnp.concatenate([starts, precision], axis=1), problem.data)


def minimise(loss: Loss, start: Array, options: Options) -> End:
    """Minimise a loss from one start; batches by `jax.vmap`.

    The point returned is the best one seen. A point at which the loss or its gradient is not
    finite ends the search.

    Args:
      loss: point [D + 1] -> [], the last entry being the logarithm of a precision.
      start: [D + 1].
      options: when to stop.

    References:
      Kingma and Ba, Adam, 2015. Liu and Nocedal, On the limited memory BFGS method, 1989.
    """
    value_and_grad = jax.value_and_grad(loss)

    class State(NamedTuple):
        point: Array
        inner: optax.OptState
        best: Array
        best_cost: Array
        gradient: Array
        iterations: Array
        idle: Array

    def seen(state: State, cost: Array, gradient: Array) -> State:
        better = cost < state.best_cost
        gains = state.best_cost - cost > NO_GAIN * (1 + jnp.abs(state.best_cost))
        return state._replace(
            best=jnp.where(better, state.point, state.best),
            best_cost=jnp.where(better, cost, state.best_cost),
            gradient=jnp.where(better, gradient, state.gradient),
            iterations=state.iterations + 1,
            idle=jnp.where(gains, 0, state.idle + 1),
        )

    def adam(state: State, _: None) -> tuple[State, None]:
        cost, gradient = value_and_grad(state.point)
        state = seen(state, cost, gradient)
        finite = jnp.isfinite(cost) & jnp.isfinite(gradient).all()
        updates, inner = first.update(jnp.where(finite, gradient, 0), state.inner, state.point)
        return state._replace(point=state.point + updates, inner=inner), None

    def lbfgs(state: State) -> State:
        cost, gradient = optax.value_and_grad_from_state(loss)(state.point, state=state.inner)
        state = seen(state, cost, gradient)
        updates, inner = second.update(
            gradient, state.inner, state.point, value=cost, grad=gradient, value_fn=loss
        )
        return state._replace(point=state.point + updates, inner=inner)

    def goes_on(state: State) -> Array:
        left = state.iterations < ADAM_STEPS + options.max_iterations
        steep = jnp.linalg.norm(state.gradient) > NO_GAIN
        return left & steep & (state.idle < PATIENCE) & jnp.isfinite(state.point).all()

    first, second = optax.adam(ADAM_STEP_SIZE), optax.lbfgs()
    cost, gradient = value_and_grad(start)
    none = jnp.zeros((), jnp.int32)
    begun = State(start, first.init(start), start, cost, gradient, none, none)
    walked, _ = jax.lax.scan(adam, begun, None, length=ADAM_STEPS)
    settling = walked._replace(point=walked.best, inner=second.init(walked.best), idle=none)
    ended = jax.lax.while_loop(goes_on, lbfgs, settling)
    flat = jnp.linalg.norm(ended.gradient) <= SMALL_GRADIENT * (1 + jnp.abs(ended.best_cost))
    status = jnp.where(ended.idle < PATIENCE, MAX_ITERATIONS, STALLED)
    status = jnp.where(flat, CONVERGED, status)
    status = jnp.where(jnp.isfinite(ended.best_cost), status, NONFINITE)
    return End(
        coordinates=ended.best[:-1],
        log_precision=ended.best[-1],
        cost=ended.best_cost,
        iterations=ended.iterations,
        status=status.astype(jnp.int32),
    )
