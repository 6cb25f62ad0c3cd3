"""Draws from the posterior by the No-U-Turn sampler; needs the extra `bayes` (blackjax)."""

import dataclasses
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from calibration.fit.autocorrelation import Whiteness
from calibration.fit.mixing import split_r_hat, spread_starts
from calibration.fit.problem import Data, Problem
from calibration.fit.search import Fit
from calibration.fit.uncertainty import inverse_square, uncertainty, whiteness_of
from camjax.errors import CamjaxError, refusal

CHAINS = 4
APART = 3.0
"""Standard deviations of where chains start, in those of the posterior."""
WARM_UP = 300
"""Steps in which a chain finds its step size and scales, and which are thrown away."""
LOG_NOISE_SPREAD = 2.0
"""Standard deviation of the prior of the logarithm of the noise, where none is given."""


@dataclasses.dataclass(frozen=True, eq=False)
class Posterior:
    """Draws and how well they have mixed.

    Attributes:
      values: [C, S, K] free numbers in the units of the scenario's file.
      noise: [C, S] standard deviation of a residual.
      intervals: [K, 2] central 95 % of the draws.
      r_hat: [D + 1] of coordinates and log noise, split and rank-normalised (`split_r_hat`), of
        chains that start apart; 1 where they agree.
      effective_size: [D + 1] draws that as many independent ones would be worth.
      num_divergent: draws at which the sampler lost its way.
      whiteness: whether errors last from row to row, which draws do not allow for: intervals are
        then too narrow, and those of `uncertainty` hold; None where that cannot be tested.
    """

    values: np.ndarray
    noise: np.ndarray
    intervals: np.ndarray
    r_hat: np.ndarray
    effective_size: np.ndarray
    num_divergent: int
    whiteness: Whiteness | None


def sample_posterior(
    result: Fit,
    num_draws: int = 500,
    seed: int = 0,
    *,
    noise_prior: tuple[float, float] | None = None,
) -> Posterior:
    """Draw from p(z, log σ | observations), see `log_posterior`.

    Args:
      result: a fit with the objective "ilr".
      num_draws: S, of each of four chains.
      seed: of the chains.
      noise_prior: median of σ, and standard deviation of its logarithm; None: wide, around the
        estimate.

    Raises:
      CamjaxError: another objective, or blackjax is missing.

    References:
      Hoffman and Gelman, The No-U-Turn sampler, 2014. Vehtari et al., Rank-normalization,
      folding, and localization, 2021 (effective size).
    """
    if result.objective != "ilr":
        raise CamjaxError(refusal("posterior", 'the objective "ilr"', result.objective))
    if find_spec("blackjax") is None:
        remedy = "pip install 'camjax[bayes]' brings it."
        raise CamjaxError(refusal("posterior", "blackjax", "none", remedy))
    from blackjax.diagnostics import effective_sample_size

    problem = result.problem
    mean_square = np.square(result.residuals).sum() / result.num_residuals
    noise = float(np.sqrt(max(mean_square, np.finfo(float).tiny)))
    density = partial(log_posterior, problem, noise_prior=noise_prior or (noise, LOG_NOISE_SPREAD))

    @jax.jit
    def chains(keys: Array, starts: Array, data: Data) -> tuple[Array, Array]:
        target = partial(density, data=data)
        return jax.vmap(lambda key, start: no_u_turn(target, start, key, num_draws))(keys, starts)

    starts = jnp.asarray(_starts(result, noise, seed))
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        draws, divergent = chains(
            jax.random.split(jax.random.key(seed), CHAINS), starts, problem.data
        )
        size = effective_sample_size(draws)
    values = np.asarray(jax.vmap(jax.vmap(problem.free.constrain))(draws[..., :-1]))
    return Posterior(
        values=values,
        noise=np.exp(np.asarray(draws[..., -1])),
        intervals=np.quantile(values.reshape(-1, values.shape[-1]), [0.025, 0.975], axis=0).T,
        r_hat=split_r_hat(np.asarray(draws)),
        effective_size=np.asarray(size),
        num_divergent=int(np.asarray(divergent).sum()),
        whiteness=whiteness_of(result),
    )


def _starts(result: Fit, noise: float, seed: int) -> np.ndarray:
    """Starts [C, D + 1] spread wider than the posterior, as its curvature tells it."""
    lower, upper = result.problem.free.box()
    # What data and priors do not tell lies in the range of the starts, as in `log_density`.
    found = uncertainty(result, lasting=False)
    priors = np.asarray(
        jax.jacfwd(result.problem.priors.residuals)(jnp.asarray(result.coordinates))
    )
    vague = np.diag(2 / (upper - lower))
    told = inverse_square(np.concatenate([found.jacobian / noise, priors, vague]))
    covariance = np.zeros((len(told) + 1, len(told) + 1))
    covariance[:-1, :-1] = told
    covariance[-1, -1] = 0.5 / result.num_residuals
    centre = np.append(result.coordinates, np.log(noise))
    return spread_starts(centre, covariance, CHAINS, APART, seed)


def log_posterior(
    problem: Problem, point: Array, data: Data, noise_prior: tuple[float, float]
) -> Array:
    """Logarithm [] of the posterior density, up to a constant, of normal errors of log-ratios.

    log p(z, log σ | y) = −M log σ − ‖r(z)‖²/2σ² + log p(z) − ½ ((log σ − log m)/s)²

    p(z) is the problem's priors; coordinates without one are normal around the middle of the
    range that starts are spread over, with half its width.

    Args:
      problem: whose numbers and priors they are.
      point: [D + 1] coordinates z, then log σ.
      data: observations.
      noise_prior: m and s.
    """
    residuals = problem.residuals(point[:-1], data)
    parts = jnp.where(data.counts[:, None], data.seen, False).sum()
    number = (parts - data.counts.sum()).astype(point.dtype)
    median, spread = noise_prior
    noise = (point[-1] - np.log(median)) / spread
    likelihood = -number * point[-1] - 0.5 * (residuals @ residuals) * jnp.exp(-2 * point[-1])
    return likelihood + problem.priors.log_density(point[:-1]) - 0.5 * noise**2


def no_u_turn(
    log_density: Callable[[Array], Array], start: Array, key: Array, num_draws: int
) -> tuple[Array, Array]:
    """One chain: draws [S, D] after a warm-up, and whether each diverged; batches by `jax.vmap`.

    Args:
      log_density: point [D] -> [].
      start: [D].
      key: of its random numbers.
      num_draws: S.
    """
    import blackjax

    warm, run = jax.random.split(key)
    adapted = blackjax.window_adaptation(blackjax.nuts, log_density)
    (state, tuned), _ = adapted.run(warm, start, num_steps=WARM_UP)
    step = blackjax.nuts(log_density, **tuned).step

    def draw(state: Any, key: Array) -> tuple[Any, tuple[Array, Array]]:
        state, info = step(key, state)
        return state, (state.position, info.is_divergent)

    _, drawn = jax.lax.scan(draw, state, jax.random.split(run, num_draws))
    return drawn
