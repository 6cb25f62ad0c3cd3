"""Observations on the steps of a scenario: when they begin, and what they tell its model."""

import dataclasses
from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jax import Array

from calibration.missing_days import SAME_MOMENT_DAYS
from calibration.observations import Observations
from camjax.errors import CamjaxError, refusal
from camjax.scenario import Scenario


def first_step(scenario: Scenario, observations: Observations) -> int:
    """The step at which observations begin, once it is sure that they follow the steps.

    Raises:
      CamjaxError: fewer than two rows, rows that are not one step apart, or a scenario with too
        few steps to reach the last.
    """
    days, dt_days = observations.times_days, scenario.dt_days
    if len(days) < 2:
        remedy = "The first row is the start; every row after it is scored."
        raise CamjaxError(refusal("observations", "at least two rows", len(days), remedy))
    steps = np.round(days / dt_days).astype(int)
    if (np.abs(steps * dt_days - days) > SAME_MOMENT_DAYS).any() or (np.diff(steps) != 1).any():
        expected = f"a row every {dt_days:g} days from the scenario's start, as dt_days has it"
        got = ", ".join(f"{day:g}" for day in days[:3])
        remedy = "Pass dt_days= to observe()."
        raise CamjaxError(refusal("observations", expected, f"days {got}, …", remedy))
    if steps[-1] > scenario.steps:
        expected = f"at least {steps[-1]}, the step of the last observation"
        remedy = f'Load the scenario with {{"steps": {steps[-1]}}}.'
        raise CamjaxError(refusal("steps", expected, scenario.steps, remedy))
    return int(steps[0])


def observed_yield_columns(scenario: Scenario, observations: Observations) -> dict[str, Array]:
    """Driver columns `observed_yield_<deposit>` over the scenario's steps, [steps + 1] each.

    NaN, which stands for the mechanism's own quote, wherever no yield was observed.
    """
    columns = {}
    start = first_step(scenario, observations)
    for name, rates in zip(observations.names, observations.yield_rates.T, strict=True):
        if np.isnan(rates).all():
            continue
        column = np.full(scenario.steps + 1, np.nan)
        column[start : start + len(rates)] = rates
        dtype = scenario.model.rebalancing.duration_days.dtype
        columns[f"observed_yield_{name}"] = jnp.asarray(column, dtype)
    return columns


def balances_of_all(names: tuple[str, ...], observations: Observations) -> np.ndarray:
    """Balances [T + 1, D] of all deposits of a model, 0 for those that are not observed."""
    balances = np.zeros((len(observations.balances), len(names)))
    for name, held in zip(observations.names, observations.balances.T, strict=True):
        balances[:, names.index(name)] = held
    return balances


def with_series(scenario: Scenario, columns: Mapping[str, Array]) -> Scenario:
    """The scenario with further driver series."""
    given = {**scenario.processes.given, **columns}
    processes = dataclasses.replace(scenario.processes, given=given)
    return dataclasses.replace(scenario, processes=processes)
