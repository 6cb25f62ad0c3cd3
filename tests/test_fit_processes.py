"""Processes fitted to series of which the law is known."""

from typing import Any

import jax
import numpy as np
import pytest
from scipy.stats import norm

import camjax
from calibration.fit.processes import FITTERS, fit_process, fit_processes
from camjax import CamjaxError, Scenario, load_scenario

DT_DAYS = 0.5
STEPS = 4000
LAWS: dict[str, dict[str, Any]] = {
    "brownian_motion": {"drift": 0.3, "volatility": 2.0},
    "geometric_brownian_motion": {"drift": 0.002, "volatility": 0.03},
    "ornstein_uhlenbeck": {"mean": 0.6, "reversion_rate": 0.2, "volatility": 0.05},
    "jump_diffusion": {
        "drift": 0.001,
        "volatility": 0.02,
        "jump_intensity": 0.2,
        "jump_mean": -0.05,
        "jump_std": 0.06,
    },
}
TOLERANCES = {"drift": 0.7, "reversion_rate": 0.2, "jump_intensity": 0.25, "jump_mean": 0.25}
"""Relative; drifts are known to a few volatilities over the root of the time, no better."""


def scenario(table: dict[str, Any]) -> Scenario:
    """A scenario whose fei price, or flow, is drawn from a process."""
    document = {
        "steps": STEPS,
        "dt_days": DT_DAYS,
        "deposits": [
            {"name": "outside", "type": "external", "user_balance": 1.0, "rate": 0.01},
            {"name": "idle", "type": "idle", "user_balance": 1.0},
        ],
        "drivers": {"yield_rate_outside": table},
    }
    return load_scenario(document)


def sampled(process: str) -> np.ndarray:
    table = {"process": process, "initial": 1.0, **LAWS[process]}
    drawn = scenario(table).processes.sample(jax.random.key(4))
    return np.asarray(drawn["yield_rate_outside"])


@pytest.mark.parametrize("process", LAWS)
def test_parameters_of_a_drawn_series_come_back(process: str) -> None:
    fitted = fit_process(sampled(process), process, DT_DAYS)
    for key, value in LAWS[process].items():
        assert fitted.table[key] == pytest.approx(value, rel=TOLERANCES.get(key, 0.1)), key
    assert scenario(fitted.table).is_random  # it stands in a scenario as it is


@pytest.mark.parametrize("process", LAWS)
def test_the_process_that_drew_a_series_explains_it_best(process: str) -> None:
    best, *others = fit_processes(sampled(process), DT_DAYS).items()
    explained = {name: fitted.aic for name, fitted in (best, *others)}
    # A richer process may be as good by chance, never much better.
    assert explained[process] <= min(explained.values()) + 10


def test_likelihoods_are_those_of_the_exact_transitions() -> None:
    series = sampled("ornstein_uhlenbeck")
    table = fit_process(series, "ornstein_uhlenbeck", DT_DAYS).table
    decay = np.exp(-table["reversion_rate"] * DT_DAYS)
    mean = table["mean"] + (series[:-1] - table["mean"]) * decay
    deviation = table["volatility"] * np.sqrt((1 - decay**2) / (2 * table["reversion_rate"]))
    oracle = norm.logpdf(series[1:], mean, deviation).sum()
    fitted = fit_process(series, "ornstein_uhlenbeck", DT_DAYS)
    assert fitted.log_likelihood == pytest.approx(oracle, rel=1e-12)

    prices = sampled("geometric_brownian_motion")
    table = fit_process(prices, "geometric_brownian_motion", DT_DAYS).table
    growth = (table["drift"] - table["volatility"] ** 2 / 2) * DT_DAYS
    deviation = table["volatility"] * np.sqrt(DT_DAYS)
    oracle = (norm.logpdf(np.diff(np.log(prices)), growth, deviation) - np.log(prices[1:])).sum()
    fitted = fit_process(prices, "geometric_brownian_motion", DT_DAYS)
    assert fitted.log_likelihood == pytest.approx(oracle, rel=1e-12)
    assert fitted.table["initial"] == prices[-1]


@pytest.mark.parametrize(
    ("series", "process", "message"),
    [
        (np.ones(5), "brownian_motion", "at least 10 finite values"),
        (np.ones(50), "brownian_motion", "values that move unevenly"),
        (np.linspace(-1, 1, 50) ** 3, "jump_diffusion", "positive values"),
        (np.linspace(1, 2, 50) ** 3, "ornstein_uhlenbeck", "reverts to a mean"),
        (np.ones(50), "gaussian_noise", "brownian_motion or"),
        (np.full(50, np.nan), "brownian_motion", "finite"),
    ],
)
def test_series_that_a_process_cannot_have_made_are_refused(
    series: np.ndarray, process: str, message: str
) -> None:
    with pytest.raises(CamjaxError, match=message):
        fit_process(series, process)


def test_every_fitted_process_is_one_that_scenarios_know() -> None:
    assert set(FITTERS) == set(LAWS)
    assert camjax.load_scenario("fei").processes.is_random
