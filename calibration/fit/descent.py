"""Any smooth loss by Adam, which finds the valley, and L-BFGS, which finds its floor."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array

from calibration.fit.checkpoint import ITERATIONS_PER_REPORT, Unsaved, stage_of
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


class State(NamedTuple):
    """A search under way."""

    point: Array
    """[D + 1] that is tried next."""
    inner: optax.OptState
    """Of the optimiser at work."""
    best: Array
    """[D + 1] best point seen."""
    best_cost: Array
    """[] its mean loss."""
    gradient: Array
    """[D + 1] of the loss there."""
    iterations: Array
    """[] int32."""
    idle: Array
    """[] int32, steps in a row without a gain."""


def descend(
    problem: Problem,
    objective: str,
    starts: Array,
    options: Options,
    progress: Callable[[str, float], None],
    checkpoint: Unsaved,
) -> End:
    """Search from every start [S, D], batched; arguments as `calibration.fit.search.fit`."""

    def loss(data: Data) -> Loss:
        return lambda point: problem.loss(point[:-1], point[-1], data, objective)

    @jax.jit
    def first(starts: Array, data: Data) -> State:
        return jax.vmap(partial(walk, loss(data)))(starts)

    @jax.jit
    def more(searches: State, data: Data, iterations: Array) -> State:
        return jax.vmap(lambda search: settle(loss(data), search, iterations))(searches)

    most, stage = ADAM_STEPS + options.max_iterations, stage_of(problem, objective)
    precision = jnp.full((len(starts), 1), START_LOG_PRECISION, starts.dtype)
    progress("searching", 0.0)
    with jax.numpy_dtype_promotion("standard"):  # optax relies on it

        def begun() -> tuple[State, Array]:
            points = jnp.concatenate([starts, precision], axis=1)
            return first(points, problem.data), jnp.asarray(ADAM_STEPS, jnp.int32)

        searches, done = checkpoint.state(stage, begun)
        checkpoint.keep(stage, (searches, done))
        while int(done) < most and bool(jax.vmap(goes_on)(searches).any()):
            progress("searching", int(done) / most)
            done = jnp.minimum(done + ITERATIONS_PER_REPORT, most)
            searches = more(searches, problem.data, done)
            checkpoint.keep(stage, (searches, done))
        return jax.vmap(end_of)(searches)


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
    return end_of(settle(loss, walk(loss, start), ADAM_STEPS + options.max_iterations))


def walk(loss: Loss, start: Array) -> State:
    """The steps of Adam, from which L-BFGS goes on at the best point; arguments as `minimise`."""
    value_and_grad, optimiser = jax.value_and_grad(loss), optax.adam(ADAM_STEP_SIZE)

    def step(state: State, _: None) -> tuple[State, None]:
        cost, gradient = value_and_grad(state.point)
        state = _seen(state, cost, gradient)
        finite = jnp.isfinite(cost) & jnp.isfinite(gradient).all()
        safe = jnp.where(finite, gradient, 0)
        updates, inner = optimiser.update(safe, state.inner, state.point)
        return state._replace(point=state.point + updates, inner=inner), None

    cost, gradient = value_and_grad(start)
    none = jnp.zeros((), jnp.int32)
    begun = State(start, optimiser.init(start), start, cost, gradient, none, none)
    walked, _ = jax.lax.scan(step, begun, None, length=ADAM_STEPS)
    inner = optax.lbfgs().init(walked.best)
    return walked._replace(point=walked.best, inner=inner, idle=none)


def settle(loss: Loss, state: State, iterations: int | Array) -> State:
    """Steps of L-BFGS until the search ends, or that many steps have been made in all."""
    optimiser = optax.lbfgs()

    def step(state: State) -> State:
        cost, gradient = optax.value_and_grad_from_state(loss)(state.point, state=state.inner)
        state = _seen(state, cost, gradient)
        updates, inner = optimiser.update(
            gradient, state.inner, state.point, value=cost, grad=gradient, value_fn=loss
        )
        return state._replace(point=state.point + updates, inner=inner)

    return jax.lax.while_loop(
        lambda state: goes_on(state) & (state.iterations < iterations), step, state
    )


def goes_on(state: State) -> Array:
    """Whether a search has not come to its end."""
    steep = jnp.linalg.norm(state.gradient) > NO_GAIN
    return steep & (state.idle < PATIENCE) & jnp.isfinite(state.point).all()


def end_of(state: State) -> End:
    """Where a search ended, and how."""
    flat = jnp.linalg.norm(state.gradient) <= SMALL_GRADIENT * (1 + jnp.abs(state.best_cost))
    status = jnp.where(state.idle < PATIENCE, MAX_ITERATIONS, STALLED)
    status = jnp.where(flat, CONVERGED, status)
    status = jnp.where(jnp.isfinite(state.best_cost), status, NONFINITE)
    return End(
        coordinates=state.best[:-1],
        log_precision=state.best[-1],
        cost=state.best_cost,
        iterations=state.iterations,
        status=status.astype(jnp.int32),
    )


def _seen(state: State, cost: Array, gradient: Array) -> State:
    """A search after another evaluation."""
    better = cost < state.best_cost
    gains = state.best_cost - cost > NO_GAIN * (1 + jnp.abs(state.best_cost))
    return state._replace(
        best=jnp.where(better, state.point, state.best),
        best_cost=jnp.where(better, cost, state.best_cost),
        gradient=jnp.where(better, gradient, state.gradient),
        iterations=state.iterations + 1,
        idle=jnp.where(gains, 0, state.idle + 1),
    )
