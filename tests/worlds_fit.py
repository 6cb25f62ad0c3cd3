"""Worlds to fit: a year of the default scenario in which everything that matters varies."""

import dataclasses
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from worlds_observed import World, observations_of, simulate_world

import camjax
from calibration.composition import ilr, ilr_inverse
from calibration.fit import Problem, pose

FREE = (
    "rebalancing.duration_days",
    "weights.yield_half_life_days",
    "weights.asset_risk_aversion",
    "weights.yield_risk_aversion",
    "weights.factor",
)
"""Seven coordinates: three contrasts of four factors among them."""

TRUTH: dict[str, Any] = {
    "weights.yield_half_life_days": 4.0,
    "weights.asset_risk_aversion": 1.5,
    "weights.yield_risk_aversion": 0.5,
    "weights.factor": {
        "liquidity_pool": 1.6,
        "money_market": 0.8,
        "savings": 1.25,
        "idle": 0.625,
    },
    "weights.convenience_yield.idle": 0.02,
    "rebalancing.duration_days": 30.0,
}
"""Factors whose product is 1, as in the scenario that a fit begins with."""

ELSEWHERE = TRUTH | {
    "weights.yield_half_life_days": 2.0,
    "weights.asset_risk_aversion": 1.0,
    "weights.yield_risk_aversion": 1.0,
    "weights.factor": dict.fromkeys(TRUTH["weights.factor"], 1.0),
    "rebalancing.duration_days": 90.0,
}
"""Where a fit begins: at nothing that is true."""


def varied_drivers(steps: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Prices with long rises and falls, a utilization and a savings rate that wander."""
    rng = np.random.default_rng(seed)
    day = np.arange(steps + 1)
    swing = 0.35 * np.sin(2 * np.pi * day / 80) + 0.02 * rng.normal(size=steps + 1).cumsum()
    return {
        "volatile_asset_price": 2000 * np.exp(swing),
        "utilization": (0.7 + 0.12 * np.sin(day / 9) + 0.05 * rng.normal(size=steps + 1)).clip(
            0.05, 0.95
        ),
        "savings_rate": 0.02 + 0.012 * np.sin(2 * np.pi * day / 50),
    }


def schedules(columns: dict[str, np.ndarray]) -> dict[str, Any]:
    """Series as overrides of a scenario."""
    return {
        f"drivers.{name}": {
            "process": "schedule",
            "values": values,
            "days": np.arange(len(values)),
        }
        for name, values in columns.items()
    }


def fit_world(folder: Path, columns: dict[str, np.ndarray], **changes: Any) -> World:
    """Observations without noise of the true numbers under given drivers."""
    steps = len(next(iter(columns.values()))) - 1
    return simulate_world(folder, TRUTH | changes | {"steps": steps} | schedules(columns))


def posed(
    world: World, mode: Any, free: Any = FREE, begin: dict[str, Any] = ELSEWHERE, **changes: Any
) -> Problem:
    """The world's observations held against the scenario at other numbers."""
    base = {"steps": world.scenario.steps}
    drivers = {
        f"drivers.{name}": {
            "process": "schedule",
            "values": values,
            "days": np.arange(len(values)),
        }
        for name, values in world.columns.items()
    }
    scenario = camjax.load_scenario("fei", begin | base | drivers | changes)
    return pose(scenario, observations_of(world, scenario), free, mode=mode)


def with_noise(problem: Problem, deviation: float, seed: int = 0) -> Problem:
    """Observed weights with normal errors in their log-ratios; for free runs."""
    rng = np.random.default_rng(seed)
    places = np.asarray(ilr(problem.data.observed))
    noisy = ilr_inverse(places + deviation * rng.normal(size=places.shape))
    return dataclasses.replace(
        problem, data=dataclasses.replace(problem.data, observed=jnp.asarray(noisy))
    )
