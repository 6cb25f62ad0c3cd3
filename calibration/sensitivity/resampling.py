"""Intervals of what is estimated from points that cover a box evenly."""

import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from camjax.errors import CamjaxError, refusal
from camjax.intervals import normal_reach, student_reach

RESAMPLES = 100

Statistic = Callable[[NDArray], NDArray]
"""Maps rows [n] or [n, resamples] to estimates [...] or [..., resamples]."""


@dataclasses.dataclass(frozen=True)
class Sampled:
    """Estimates and half the widths of their 95 % intervals."""

    value: NDArray
    reach: NDArray

    @property
    def low(self) -> NDArray:
        """Lower ends."""
        return self.value - self.reach

    @property
    def high(self) -> NDArray:
        """Upper ends."""
        return self.value + self.reach


def with_interval(statistic: Statistic, num_rows: int, scramblings: int, seed: int) -> Sampled:
    """A statistic of n rows with its 95 % interval.

    With R scramblings, which are independent, each is left out in turn (the jackknife):

    estimate ± t_{R-1} √((R-1)/R Σ_r (θ_r - θ̄)²),  θ_r without scrambling r.

    With one, rows are drawn again as if they were independent. They are more even than that, so
    the interval is too wide rather than too narrow.

    Args:
      statistic: of the rows it is given by number.
      num_rows: n, of all scramblings together, one after the other.
      scramblings: R.
      seed: of the resamples of a single scrambling.

    References:
      Efron 1979; Efron & Stein 1981; Owen 1997, Monte Carlo variance of scrambled net quadrature.
    """
    every = np.arange(num_rows)
    value = statistic(every)
    if scramblings == 1:
        generator = np.random.default_rng([seed, 1])
        resampled = statistic(generator.integers(num_rows, size=(num_rows, RESAMPLES)))
        return Sampled(value, normal_reach() * resampled.std(-1, ddof=1))
    sets = every.reshape(scramblings, -1)
    left = np.stack([np.delete(sets, r, axis=0).ravel() for r in range(scramblings)], axis=1)
    error = np.sqrt(scramblings - 1) * statistic(left).std(-1)
    return Sampled(value, student_reach(scramblings - 1) * error)


def scramblings_of(samples: int, scramblings: int | None, usual: int) -> int:
    """R scramblings of n points in all; unless they are given the usual ones, fewer of few points.

    Refuses numbers of points that Sobol sequences do not cover a box with.

    Raises:
      CamjaxError: samples are no power of two, or scramblings are none or leave one point each.
    """
    if samples < 2 or samples & (samples - 1):
        below = 2 ** max(1, samples.bit_length() - 1)
        remedy = f"Points are balanced at powers of two only: {below} or {2 * below}."
        raise CamjaxError(refusal("samples", "a power of two", samples, remedy))
    if scramblings is None:
        return max(1, min(usual, samples // 2))
    if scramblings < 1 or scramblings & (scramblings - 1) or 2 * scramblings > samples:
        expected = f"a power of two up to {samples // 2}, of 2 points each or more"
        raise CamjaxError(refusal("scramblings", expected, scramblings))
    return scramblings
