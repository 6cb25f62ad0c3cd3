"""Simulation-based calibration of the posterior: heavy, run with `pytest -m slow`.

Numbers and a noise drawn from their priors, a history that they make, draws from its posterior:
then the rank of the truth among the draws is uniform (Talts et al., Validating Bayesian inference
algorithms with simulation-based calibration, 2018).
"""

import dataclasses
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from scipy.stats import kstest

pytest.importorskip("blackjax")

from worlds_observed import SMALL, observations_of, simulate_world

import camjax
from calibration.backtest.history import with_series
from calibration.composition import ilr_inverse
from calibration.fit import Problem, pose
from calibration.fit.objectives import coordinates
from calibration.fit.posterior import log_posterior, no_u_turn

pytestmark = pytest.mark.slow

RUNS = 1000
BATCH = 250
DRAWS = 100
THINNING = 6
"""Draws passed over: the No-U-Turn sampler's next ones still resemble each other."""
SIGNIFICANCE = 0.05
"""Of all tests together."""
DURATION, FACTOR = "rebalancing.duration_days", "weights.factor.outside"
PRIORS = {DURATION: (20.0, 0.4), FACTOR: (1.0, 0.3)}
NOISE_PRIOR = (0.05, 0.5)
CORRELATION = 0.7
"""Of an error with the one before, in a world that the likelihood does not know."""


@pytest.fixture(scope="module")
def problem(tmp_path_factory: pytest.TempPathFactory) -> Problem:
    """Forty days of two deposits and a rate that wanders."""
    numbers = {"steps": 40, "weights.yield_half_life_days": 3.0}
    world = simulate_world(tmp_path_factory.mktemp("world"), numbers, source=SMALL)
    scenario = camjax.load_scenario(SMALL, numbers)
    scenario = with_series(scenario, {n: jnp.asarray(c) for n, c in world.columns.items()})
    observations = observations_of(world, scenario)
    return pose(
        scenario, observations, [DURATION, "weights.factor"], mode="free-run", priors=PRIORS
    )


def ranks(problem: Problem, runs: int, correlation: float, seed: int) -> dict[str, np.ndarray]:
    """Ranks of the truth among its draws, made uniform over (0, 1), and the mixing of chains.

    Args:
      problem: whose priors truths are drawn from.
      runs: R, histories.
      correlation: of the error of a row with that of the row before.
      seed: of everything.
    """
    free, data = problem.free, problem.data

    def run(key: Array) -> tuple[Array, Array, Array]:
        of_numbers, of_noise, of_errors, of_chain = jax.random.split(key, 4)
        away = jax.random.normal(of_numbers, (2,))
        duration, factor = (
            median * jnp.exp(spread * step)
            for (median, spread), step in zip(PRIORS.values(), away, strict=True)
        )
        values = jnp.stack([duration, factor, 1 / factor])
        median, spread = NOISE_PRIOR
        log_noise = jnp.log(median) + spread * jax.random.normal(of_noise)
        truth = jnp.append(free.unconstrain(values), log_noise)

        def follow(before: Array, shock: Array) -> tuple[Array, Array]:
            error = correlation * before + jnp.sqrt(1 - correlation**2) * shock
            return error, error

        shocks = jax.random.normal(of_errors, (len(data.observed), 1))
        _, errors = jax.lax.scan(follow, shocks[0], shocks)
        places = coordinates(problem.compare(truth[:-1], data).weights)
        seen = dataclasses.replace(data, observed=ilr_inverse(places + jnp.exp(log_noise) * errors))
        density = partial(log_posterior, problem, data=seen, noise_prior=NOISE_PRIOR)
        start = jnp.append(free.start, jnp.log(median))
        draws, divergent = no_u_turn(density, start, of_chain, DRAWS * THINNING)
        return truth, draws, divergent

    keys = jax.random.split(jax.random.key(seed), runs)
    batched = jax.jit(jax.vmap(run))
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        parts = [batched(keys[first : first + BATCH]) for first in range(0, runs, BATCH)]
    truth, draws, divergent = (np.concatenate(part) for part in zip(*parts, strict=True))
    below = (draws[:, THINNING - 1 :: THINNING] < truth[:, None]).sum(axis=1)
    chance = np.random.default_rng(seed).uniform(size=below.shape)
    names = (*free.coordinates, "noise")
    uniform = (below + chance) / (DRAWS + 1)
    return dict(zip(names, uniform.T, strict=True)) | {
        "effective": np.array([effective_size(chain) for chain in draws]),
        "divergent": divergent.mean(axis=1),
    }


def effective_size(draws: np.ndarray) -> Any:
    """Least effective number of draws over the coordinates of one chain, [S, D] -> []."""
    from blackjax.diagnostics import effective_sample_size

    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        return np.asarray(effective_sample_size(jnp.asarray(draws)[None])).min()


def p_values(found: dict[str, np.ndarray]) -> dict[str, float]:
    """Of Kolmogorov and Smirnov's test that ranks are uniform, by what is ranked."""
    ranked = {name: found[name] for name in found if name not in ("effective", "divergent")}
    return {name: float(kstest(places, "uniform").pvalue) for name, places in ranked.items()}


def test_the_truth_ranks_evenly_among_draws_of_its_posterior(problem: Problem) -> None:
    found = ranks(problem, RUNS, correlation=0.0, seed=0)
    found_p = p_values(found)
    effective = found["effective"]
    print("p:", found_p, "effective draws, median and 5 %:", np.quantile(effective, [0.5, 0.05]))
    print("divergent:", found["divergent"].mean())
    assert np.quantile(effective, 0.05) >= DRAWS
    assert found["divergent"].mean() < 1e-2
    assert min(found_p.values()) > SIGNIFICANCE / len(found_p)


def test_errors_that_last_are_told_by_uneven_ranks(problem: Problem) -> None:
    """The likelihood takes errors to be independent; there they last for three rows."""
    found_p = p_values(ranks(problem, BATCH, correlation=CORRELATION, seed=1))
    print("p:", found_p)
    assert min(found_p.values()) < SIGNIFICANCE / len(found_p)
