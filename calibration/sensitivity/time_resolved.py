"""Sensitivity of each deposit's share at each step."""

import dataclasses
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

import camjax
from camjax import Evaluations
from camjax.intervals import student_reach
from camjax.rounding import tolerance

LANES = 1024
"""Paths, times parameters, that run side by side."""


@dataclasses.dataclass(frozen=True)
class TimeResolved:
    """How shares at every step respond to parameters."""

    names: tuple[str, ...]
    deposits: tuple[str, ...]
    """Those under allocation."""
    time_days: NDArray
    """[T]."""
    response: NDArray
    """[T, N, K] change of the mean share for a relative change of a parameter, θ ∂E[w]/∂θ."""
    reach: NDArray
    """[T, N, K] half the width of its 95 % interval over paths."""


def time_resolved(evaluations: Evaluations) -> TimeResolved:
    """Responses of the mean share of each deposit at each step, by exact derivatives.

    θ ∂E[w_i(t)]/∂θ: 0.1 says that 1 % more of the parameter moves 0.1 percentage points of all
    capital into the deposit by step t. It is 0 in a parameter that is 0.

    Args:
      evaluations: of K parameters on P paths; their outputs are not looked at.
    """
    parameters = evaluations.parameters
    scenario, model = parameters.scenario, parameters.scenario.model
    at = jnp.asarray(parameters.values)

    def shares(point: Array, key: Array, normals: Any) -> Array:
        model, processes = parameters.insert(point)
        drivers = scenario.with_leaves(model, processes).sample_drivers(key, normals)
        balance = camjax.simulate(model, drivers, key, ("balance",)).balance
        held = balance[:, np.array(model.positions)]
        total = held.sum(1, keepdims=True)
        return held / jnp.where(total > 0, total, 1)

    def moments(sums: tuple[Array, Array], path: tuple[Array, Any]) -> tuple[Any, None]:
        found = jax.vmap(
            lambda key, normals: jax.jacfwd(shares)(at, key, normals) * at[None, None]
        )(*path)
        return (sums[0] + found.sum(0), sums[1] + (found * found).sum(0)), None

    num_paths = evaluations.num_paths
    block = _divisor(num_paths, max(1, LANES // (4 * len(parameters.names))))
    paths = jax.tree.map(
        lambda rows: rows.reshape(-1, block, *rows.shape[1:]),
        (
            evaluations.keys,
            jax.tree.map(partial(jnp.moveaxis, source=-1, destination=0), evaluations.normals),
        ),
    )
    shape = (scenario.steps, len(model.positions), len(parameters.names))
    nothing = jnp.zeros(shape, at.dtype)
    (total, squares), _ = jax.jit(partial(jax.lax.scan, moments))((nothing, nothing), paths)
    mean = np.asarray(total, np.float64) / num_paths
    variance = np.maximum(np.asarray(squares, np.float64) / num_paths - mean * mean, 0)
    spread = np.sqrt(variance / max(num_paths - 1, 1))
    inert = np.abs(mean) + spread <= tolerance(1.0, scenario.precision)
    return TimeResolved(
        names=parameters.names,
        deposits=tuple(model.names[place] for place in model.positions),
        time_days=scenario.dt_days * np.arange(1, scenario.steps + 1),
        response=np.where(inert, 0.0, mean),
        reach=student_reach(num_paths - 1 or np.nan) * np.where(inert, 0.0, spread),
    )


def _divisor(number: int, at_most: int) -> int:
    """The largest divisor of a number up to another."""
    return max(each for each in range(1, min(number, at_most) + 1) if number % each == 0)
