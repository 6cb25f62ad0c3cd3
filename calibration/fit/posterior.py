"""Draws from the posterior by the No-U-Turn sampler; needs the extra `bayes` (blackjax)."""

import dataclasses
from functools import partial
from importlib.util import find_spec
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from calibration.fit.problem import Data
from calibration.fit.search import Fit
from camjax.errors import CamjaxError, refusal

CHAINS = 4
WARM_UP = 300
"""Steps in which a chain finds its step size and scales, and which are thrown away."""
LOG_NOISE_SPREAD = 2.0
"""Standard deviation of the prior of the logarithm of the noise around its estimate."""


@dataclasses.dataclass(frozen=True, eq=False)
class Posterior:
    """Draws and how well they have mixed.

    Attributes:
      values: [C, S, K] free numbers in the units of the scenario's file.
      noise: [C, S] standard deviation of a residual.
      intervals: [K, 2] central 95 % of the draws.
      r_hat: [D + 1] potential scale reduction of coordinates and log noise; 1 where chains agree.
      effective_size: [D + 1] draws that as many independent ones would be worth.
      num_divergent: draws at which the sampler lost its way.
    """

    values: np.ndarray
    noise: np.ndarray
    intervals: np.ndarray
    r_hat: np.ndarray
    effective_size: np.ndarray
    num_divergent: int


def sample_posterior(result: Fit, num_draws: int = 500, seed: int = 0) -> Posterior:
    """Draw from p(z, log σ | observations) for normal errors of log-ratios.

    −log p = M log σ + ‖r(z)‖²/2σ² + ½ ‖(z − c)/w‖² + ½ ((log σ − log σ̂)/2)²

    with a normal prior of each coordinate whose centre c and width w are those of the range that
    starts are spread over.

    Args:
      result: a fit with the objective "ilr".
      num_draws: S, of each of four chains.
      seed: of the chains.

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
    import blackjax
    from blackjax.diagnostics import effective_sample_size, potential_scale_reduction

    problem, rows = result.problem, result.num_residuals
    lower, upper = problem.free.box()
    centre, width = jnp.asarray((lower + upper) / 2), jnp.asarray((upper - lower) / 2)
    log_noise = 0.5 * np.log(max(2 * result.cost / rows, np.finfo(float).tiny))

    def log_density(point: Array, data: Data) -> Array:
        residuals = problem.residuals(point[:-1], data)
        likelihood = -rows * point[-1] - 0.5 * (residuals @ residuals) * jnp.exp(-2 * point[-1])
        prior = jnp.square((point[:-1] - centre) / width).sum()
        return likelihood - 0.5 * (prior + ((point[-1] - log_noise) / LOG_NOISE_SPREAD) ** 2)

    @jax.jit
    def chains(keys: Array, start: Array, data: Data) -> tuple[Array, Array]:
        def chain(key: Array) -> tuple[Array, Array]:
            target = partial(log_density, data=data)
            warm, run = jax.random.split(key)
            adapted = blackjax.window_adaptation(blackjax.nuts, target)
            (state, tuned), _ = adapted.run(warm, start, num_steps=WARM_UP)
            step = blackjax.nuts(target, **tuned).step

            def draw(state: Any, key: Array) -> tuple[Any, tuple[Array, Array]]:
                state, info = step(key, state)
                return state, (state.position, info.is_divergent)

            _, drawn = jax.lax.scan(draw, state, jax.random.split(run, num_draws))
            return drawn

        return jax.vmap(chain)(keys)

    start = jnp.append(jnp.asarray(result.coordinates), log_noise)
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        draws, divergent = chains(
            jax.random.split(jax.random.key(seed), CHAINS), start, problem.data
        )
        r_hat, size = potential_scale_reduction(draws), effective_sample_size(draws)
    values = np.asarray(jax.vmap(jax.vmap(problem.free.constrain))(draws[..., :-1]))
    return Posterior(
        values=values,
        noise=np.exp(np.asarray(draws[..., -1])),
        intervals=np.quantile(values.reshape(-1, values.shape[-1]), [0.025, 0.975], axis=0).T,
        r_hat=np.asarray(r_hat),
        effective_size=np.asarray(size),
        num_divergent=int(np.asarray(divergent).sum()),
    )
