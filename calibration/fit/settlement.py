"""Sequential settlement, which is not smooth: searched smooth, then polished as it is."""

import dataclasses
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from calibration.backtest.history import with_series
from calibration.fit.objectives import RESIDUALS
from calibration.fit.problem import Problem, pose
from calibration.fit.search import Fit, fit
from camjax import load_scenario

SEQUENTIAL = "sequential"
STARTING = ("num_starts", "seed", "starts")
"""Arguments of `fit` that say where searches begin."""


class SettledFit(NamedTuple):
    """A fit of a scenario that settles in turn, and what the smooth one would have said."""

    smooth: Fit
    """Of the same scenario with netted settlement."""
    exact: Fit
    """Of the scenario itself, from where the smooth one ended."""
    cost_at_smooth: float
    """Loss of the scenario itself at the numbers of the smooth fit: what clamping costs them."""


def fit_settled(problem: Problem, **how: Any) -> SettledFit:
    """Fit with netted settlement from many starts, then the scenario itself from the best.

    Clamped transfers have kinks on which a derivative says little; netted ones move the same
    amounts wherever nothing is clamped. Polishing never ends worse than the smooth numbers.

    Args:
      problem: of a scenario with sequential settlement.
      how: arguments of `fit`.
    """
    first = fit(netted(problem), **how)
    polishing = {key: value for key, value in how.items() if key not in STARTING}
    weighed = dataclasses.replace(problem.data, noise=first.problem.data.noise)
    problem = dataclasses.replace(problem, data=weighed)
    exact = fit(problem, starts=first.coordinates[None, :], **polishing)
    return SettledFit(first, exact, loss_at(exact.problem, first))


def loss_at(problem: Problem, other: Fit) -> float:
    """The loss of a problem at the numbers of another fit."""
    point, objective = jnp.asarray(other.coordinates), other.objective
    if objective in RESIDUALS:
        residuals = jax.jit(partial(problem.penalised, objective=objective))(point, problem.data)
        return 0.5 * float(residuals @ residuals)
    precision = jnp.log(jnp.asarray(other.precision or 1.0))
    return float(
        jax.jit(partial(problem.loss, objective=objective))(point, precision, problem.data)
    )


def netted(problem: Problem) -> Problem:
    """The same problem for the scenario with netted settlement."""
    own = problem.scenario
    text = problem.free.parameters.toml(problem.free.parameters.values)
    scenario = load_scenario(text, {"rebalancing.settlement": "netted"})
    series = {n: v for n, v in own.processes.given.items() if not n.startswith("observed_yield_")}
    again = pose(
        with_series(scenario, series),
        problem.observations,
        problem.paths,
        mode=problem.mode,
        bounds=problem.bounds,
    )
    priors = dataclasses.replace(problem.priors, free=again.free)
    return dataclasses.replace(again, data=problem.data, held_out=problem.held_out, priors=priors)
