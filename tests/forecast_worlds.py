"""Simulated histories that forecasts are tested on."""

import dataclasses

import jax
import numpy as np

import camjax
from calibration.forecast import History
from calibration.forecast.coordinates import from_ilr

SWITCH_DAYS = 60
RATES = (0.005, 0.05)
"""Savings rates that take turns."""

TOTAL = 225e6


def autoregressive(
    rows: int, seed: int, num_parts: int = 3, memory: float = 0.8, spread: float = 0.05
) -> History:
    """Weights whose ilr coordinates are independent AR(1) series; memory 1 is a random walk."""
    shocks = spread * np.random.default_rng(seed).standard_normal((rows, num_parts - 1))
    coordinates = np.zeros_like(shocks)
    for row in range(1, rows):
        coordinates[row] = memory * coordinates[row - 1] + shocks[row]
    return History.of_weights(from_ilr(coordinates))


def with_yields(history: History, seed: int) -> History:
    """The history with yields, one of which is never observed and one not always."""
    rng = np.random.default_rng(seed)
    yields = 0.03 + 0.01 * rng.standard_normal(history.balances.shape)
    yields[:, -1] = np.nan
    yields[::5, 0] = np.nan
    return dataclasses.replace(history, yield_rates=yields)


def corrupted(history: History, after: int, seed: int) -> History:
    """Another future: every value after a row replaced."""
    rng = np.random.default_rng(seed)
    later = np.arange(history.num_rows) > after

    def garble(values: np.ndarray) -> np.ndarray:
        garbage = rng.uniform(1.0, 1e6, values.shape)
        return np.where(later.reshape(-1, *(1,) * (values.ndim - 1)), garbage, values)

    return dataclasses.replace(
        history,
        balances=garble(history.balances),
        yield_rates=np.where(later[:, np.newaxis], np.nan, history.yield_rates),
        is_observed=history.is_observed & ~later,
        drivers={name: garble(values) for name, values in history.drivers.items()},
    )


def switching_scenario(steps: int, **overrides: object) -> camjax.Scenario:
    """`fei` with a savings rate that goes up and down, as announced beforehand."""
    schedule = [
        [float(day), RATES[turn % 2]] for turn, day in enumerate(range(0, 365, SWITCH_DAYS))
    ]
    changes = {"deposits.savings.rate": schedule, "steps": steps, **overrides}
    return camjax.load_scenario("fei", changes)


def fei_histories(
    scenario: camjax.Scenario, seed: int, num_paths: int, noise: float
) -> list[History]:
    """Paths of a scenario, observed with noise in ilr coordinates, drivers without.

    Row t is step t, and deposits that are still empty stay so.
    """
    keys = jax.random.split(jax.random.key(seed), num_paths)
    columns = jax.vmap(scenario.processes.sample)(keys)
    drivers = jax.vmap(scenario.model.drivers)(columns)
    paths = jax.vmap(lambda d: camjax.simulate(scenario.model, d, record=("balance",)))(drivers)
    start = [deposit.user_balance for deposit in scenario.model.deposits]
    first = np.broadcast_to(np.array(start), (num_paths, 1, len(start)))
    balances = np.concatenate([first, np.asarray(paths.balance)], axis=1)
    rng = np.random.default_rng(seed)
    noisy = balances * np.exp(noise * rng.standard_normal(balances.shape))
    noisy *= TOTAL / noisy.sum(axis=-1, keepdims=True)
    num_rows = scenario.steps + 1
    return [
        History(
            times_days=scenario.dt_days * np.arange(num_rows),
            balances=noisy[path],
            yield_rates=np.full(noisy[path].shape, np.nan),
            names=scenario.model.names,
            allocated=scenario.model.allocated,
            is_observed=np.ones(num_rows, bool),
            drivers={name: np.asarray(values[path]) for name, values in columns.items()},
        )
        for path in range(num_paths)
    ]
