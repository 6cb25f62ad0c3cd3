"""Worlds of which the truth is known: a model's own balances, as if they had been observed."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

import camjax
from calibration.observations import Observations, observe
from calibration.observed_file import read_observed

SMALL: dict[str, Any] = {
    "steps": 24,
    "deposits": [
        {"name": "outside", "type": "external", "user_balance": 6e6},
        {"name": "savings", "type": "savings", "user_balance": 4e6, "rate": 0.02},
    ],
    "rebalancing": {"law": "exponential", "duration_days": 20.0},
    "drivers": {
        "yield_rate_outside": {
            "process": "ornstein_uhlenbeck",
            "mean": 0.04,
            "reversion_rate": 0.1,
            "volatility": 0.01,
        }
    },
}
"""A scenario that compiles fast: two deposits, one random rate."""


class World(NamedTuple):
    """What was simulated, and the files that somebody who watched would have written."""

    scenario: camjax.Scenario
    columns: dict[str, np.ndarray]
    balances: np.ndarray
    yield_rates: np.ndarray
    observed: Path
    drivers: Path


def simulate_world(
    folder: Path,
    overrides: Mapping[str, Any],
    *,
    source: Any = "fei",
    deposits: tuple[str, ...] | None = None,
    yields: tuple[str, ...] = (),
    seed: int = 0,
) -> World:
    """Simulate a scenario and write observed.csv and drivers.csv of it.

    Args:
      folder: where to write.
      overrides: laid over the source.
      source: the scenario.
      deposits: those that were watched; None: all.
      yields: those whose yields were seen too, from step 1 on.
      seed: of the drivers.
    """
    scenario = camjax.load_scenario(source, overrides)
    key = jax.random.key(seed)
    columns = {n: np.asarray(v) for n, v in scenario.processes.sample(key).items()}
    trajectory = camjax.simulate(
        scenario.model,
        scenario.model.drivers(
            {n: jax.numpy.asarray(v) for n, v in columns.items()}, scenario.steps
        ),
        record=("balance", "yield_rate"),
    )
    start = [float(deposit.user_balance) for deposit in scenario.model.deposits]
    balances = np.vstack([start, np.asarray(trajectory.balance)])
    rates = np.vstack([np.full(len(start), np.nan), np.asarray(trajectory.yield_rate)])
    names = scenario.model.names
    watched = names if deposits is None else deposits
    table = {name: balances[:, names.index(name)] for name in watched}
    table |= {f"yield_rate_{name}": rates[:, names.index(name)] for name in yields}
    days = scenario.dt_days * np.arange(scenario.steps + 1)
    write_csv(folder / "observed.csv", {"time": days, **table})
    write_csv(folder / "drivers.csv", {"time": days, **columns})
    return World(
        scenario, columns, balances, rates, folder / "observed.csv", folder / "drivers.csv"
    )


def write_csv(path: Path, columns: Mapping[str, Any]) -> None:
    """Columns as a CSV file in full precision; NaN is a blank."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            writer.writerow(["" if value != value else value for value in row])


def observations_of(world: World, scenario: camjax.Scenario) -> Observations:
    """What a scenario makes of a world's observed.csv."""
    return observe(
        read_observed(world.observed),
        deposits=scenario.model.names,
        allocated=scenario.model.allocated,
        dt_days=scenario.dt_days,
    )
