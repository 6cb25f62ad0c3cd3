"""Whether chains agree: the rank-normalised split R-hat, and starts that lie apart."""

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats


def split_r_hat(draws: NDArray) -> NDArray:
    """Potential scale reduction [D] of chains, 1 where they agree; below 1.01 they have mixed.

    Chains are split in halves, draws replaced by normal scores of their ranks, and R̂ is the root of
    the variance of all draws over that within chains; the larger of this and that of the folded
    draws |x − median|, which tells chains of different widths apart. NaN of what never varies.

    Args:
      draws: [C, S, D] of C chains of at least four draws.

    References:
      Vehtari, Gelman, Simpson, Carpenter and Bürkner, Rank-normalization, folding, and
      localization: an improved R̂ for assessing convergence of MCMC, 2021.
    """
    half = draws.shape[1] // 2
    halves = np.concatenate([draws[:, :half], draws[:, -half:]])
    folded = np.abs(halves - np.median(halves, axis=(0, 1)))
    return np.maximum(*(_r_hat(_normal_scores(values)) for values in (halves, folded)))


def spread_starts(
    centre: NDArray, covariance: NDArray, num_chains: int, width: float, seed: int
) -> NDArray:
    """Starts [C, D] spread around a centre, wider than the law that is sampled.

    Args:
      centre: [D].
      covariance: [D, D] of the law, as nearly as it is known.
      num_chains: C.
      width: standard deviations of the starts in those of the law.
      seed: of the draws.
    """
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    drawn = np.random.default_rng(seed).normal(size=(num_chains, len(centre)))
    starts: NDArray = centre + width * drawn @ root.T
    return starts


def _normal_scores(draws: NDArray) -> NDArray:
    """Φ⁻¹((rank − 3/8)/(n + 1/4)) over all chains, ties sharing their mean rank."""
    flat = draws.reshape(-1, draws.shape[-1])
    ranks = stats.rankdata(flat, axis=0)
    scores: NDArray = special.ndtri((ranks - 0.375) / (len(flat) + 0.25)).reshape(draws.shape)
    return scores


def _r_hat(draws: NDArray) -> NDArray:
    number = draws.shape[1]
    within = draws.var(axis=1, ddof=1).mean(axis=0)
    between = draws.mean(axis=1).var(axis=0, ddof=1)
    varies = np.ptp(draws, axis=1).max(axis=0) > 0
    ratio = between / np.where(varies, within, 1)
    stuck = np.where(between > 0, np.inf, np.nan)  # chains that each stand still, apart or not
    return np.where(varies, np.sqrt((number - 1) / number + ratio), stuck)
