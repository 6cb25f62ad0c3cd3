"""From a history and a scenario to what a simulation ahead starts from."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import replace

import jax.numpy as jnp
import numpy as np

import camjax
from calibration.forecast.ahead import OBSERVED_YIELD, Past
from calibration.forecast.history import History
from calibration.missing_days import SAME_MOMENT_DAYS
from camjax.errors import CamjaxError, refusal

Columns = dict[str, np.ndarray]

SMALLEST_PADDING_ROWS = 64
PADDING_GROWTH = 4
"""Histories are padded to this many rows, or this many times as often as it takes: a program is
compiled for each length."""


def first_step(history: History, scenario: camjax.Scenario) -> int:
    """Step of the scenario at which a history begins, once it is sure that it follows the steps.

    Raises:
      CamjaxError: rows are not one step apart.
    """
    days, dt_days = history.times_days, scenario.dt_days
    steps = np.round(days / dt_days).astype(int)
    if (np.abs(steps * dt_days - days) > SAME_MOMENT_DAYS).any() or (np.diff(steps) != 1).any():
        expected = f"a row every {dt_days:g} days from the scenario's start, as dt_days has it"
        got = ", ".join(f"{day:g}" for day in days[:3])
        remedy = "Align observations with the scenario's steps, or set dt_days to theirs."
        raise CamjaxError(refusal("history", expected, f"days {got}, …", remedy))
    return int(steps[0])


def require_same_deposits(history: History, scenario: camjax.Scenario) -> None:
    """Refuse a scenario that allocates among others than the deposits observed.

    Raises:
      CamjaxError: as said.
    """
    model = scenario.model
    allocated = [model.names[position] for position in model.positions]
    strangers = set(history.names) - set(model.names)
    if strangers or set(allocated) != set(history.deposits):
        remedy = (
            "Rename deposits in the table, or set deposits.<name>.allocated = false for those that "
            "nobody could use."
        )
        expected = f"observations of the deposits under allocation ({', '.join(allocated)})"
        raise CamjaxError(refusal("history", expected, ", ".join(history.names), remedy))


def observed_columns(history: History, scenario: camjax.Scenario) -> Columns:
    """Driver columns known up to the end of a history, by step of the scenario from 0.

    The scenario's driver file, over it the history's own series; a venue's yields quote for it, and
    other yields are what holders remember. What begins with the history is held back to step 0.

    Raises:
      CamjaxError: the scenario's driver file ends before the history does.
    """
    start = first_step(history, scenario)
    num_rows = start + history.num_rows
    columns: Columns = {}
    for name, values in scenario.processes.given.items():
        if len(values) < num_rows:
            expected = f"a row for each step to {num_rows - 1}"
            raise CamjaxError(refusal(f"drivers.{name}", expected, f"{len(values)} rows"))
        columns[name] = np.asarray(values)[:num_rows]
    own = {name: carried_forward(values)[-num_rows:] for name, values in history.drivers.items()}
    deposits = dict(zip(scenario.model.names, scenario.model.deposits, strict=True))
    for name, yields in zip(history.names, history.yield_rates.T, strict=True):
        if np.isnan(yields).all():
            continue
        if isinstance(deposits[name], camjax.External):
            own[f"yield_rate_{name}"] = carried_forward(yields)
        else:
            own[f"{OBSERVED_YIELD}{name}"] = yields
    return columns | {
        name: np.pad(values, (num_rows - len(values), 0), mode="edge")
        for name, values in own.items()
    }


def carried_forward(values: np.ndarray) -> np.ndarray:
    """A series with the last known value in place of NaN, and the first known one before that."""
    known = ~np.isnan(values)
    last = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    return values[np.where(last < 0, np.argmax(known), last)]


def processes_ahead(scenario: camjax.Scenario) -> camjax.DriverProcesses:
    """The processes that a scenario has for its drivers, those its driver file hides included."""
    given = scenario.processes.given
    if not given.keys() & scenario.document.drivers.processes.keys():
        return replace(scenario.processes, given={})
    document = tomllib.loads(scenario.toml)
    tables = document["drivers"]
    tables.pop("file", None)
    for name in given:
        # Held at its last value, like every constant that was observed; draws are drawn anew.
        if not name.startswith("dirichlet_"):
            tables.setdefault(name, {"process": "constant", "value": float(given[name][0])})
    return replace(camjax.load_scenario(document).processes, given={})


def is_announced(law: camjax.Process, is_observed: bool) -> bool:
    """Whether a process says beforehand what a driver will be.

    A schedule does. A constant does unless the driver was observed: it then stood in for that.
    """
    return not law.random and not (is_observed and isinstance(law, camjax.Constant))


def past_of(
    history: History,
    scenario: camjax.Scenario,
    processes: camjax.DriverProcesses,
    ahead: Mapping[str, np.ndarray],
    horizon: int,
) -> Past:
    """A history as `simulate_ahead` takes it, padded.

    Args:
      history: up to the origin.
      scenario: whose deposits and steps they are.
      processes: from `processes_ahead`; of those that draw nothing, what is announced is known.
      ahead: columns by step of the scenario that are known or assumed beyond the origin.
      horizon: H.

    Raises:
      CamjaxError: history and scenario do not fit together.
    """
    start = first_step(history, scenario)
    num_rows = start + history.num_rows
    padded = SMALLEST_PADDING_ROWS
    while padded < num_rows:
        padded *= PADDING_GROWTH
    observed = observed_columns(history, scenario)
    known_ahead = {
        name: _extended(values, padded + horizon)
        for name, values in {**_announced(processes, observed, padded + horizon), **ahead}.items()
    }
    for name in known_ahead:
        if name in observed:
            known_ahead[name][:num_rows] = observed[name]

    balances = np.full((padded, len(scenario.model.names)), np.nan)
    places = [scenario.model.names.index(name) for name in history.names]
    balances[:start, places] = history.balances[0]
    balances[start:num_rows, places] = history.balances
    dtype = scenario.model.rebalancing.duration_days.dtype
    return Past(
        num_rows=jnp.asarray(num_rows, jnp.int32),
        balances=jnp.asarray(balances, dtype),
        columns={
            name: jnp.asarray(_extended(values, padded), dtype)
            for name, values in observed.items()
            if name not in known_ahead
        },
        known_ahead={name: jnp.asarray(values, dtype) for name, values in known_ahead.items()},
    )


def _announced(
    processes: camjax.DriverProcesses, observed: Collection[str], num_rows: int
) -> Columns:
    """Series of the processes that say beforehand what will be, from step 0 on."""
    fixed = {
        name: law
        for name, law in processes.processes.items()
        if is_announced(law, name in observed)
    }
    if not fixed:
        return {}
    plan = replace(processes, processes=fixed, correlation=None, steps=num_rows - 1)
    return {name: np.asarray(values) for name, values in plan.sample().items()}


def _extended(values: np.ndarray, length: int) -> np.ndarray:
    """A series cut or, by its last value, extended to a length."""
    missing = max(length - len(values), 0)
    return np.pad(values[:length], (0, missing), mode="edge")
