"""Intervals of what is estimated from points that cover a box evenly."""

import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from camjax.errors import CamjaxError, refusal

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


def bootstrap(statistic: Statistic, num_rows: int, scramblings: int, seed: int) -> Sampled:
    """A statistic of n rows with its 95 % interval.

    With one scrambling rows are drawn again as if they were independent. They are more even than
    that, so the interval is too wide rather than too narrow. With R scramblings, which are
    independent, whole scramblings are drawn again, and the interval is

    estimate ± t_{R-1} s √(R / (R-1)),  s the deviation of the statistic over resamples.

    Args:
      statistic: of the rows it is given by number.
      num_rows: n, of all scramblings together, one after the other.
      scramblings: R.
      seed: of the resamples.

    References:
      Efron 1979; Owen 1997, Monte Carlo variance of scrambled net quadrature.
    """
    generator = np.random.default_rng([seed, 1])
    if scramblings == 1:
        rows = generator.integers(num_rows, size=(num_rows, RESAMPLES))
        factor = float(special.ndtri(0.975))
    else:
        size = num_rows // scramblings
        drawn = generator.integers(scramblings, size=(scramblings, 1, RESAMPLES))
        rows = (drawn * size + np.arange(size)[None, :, None]).reshape(num_rows, RESAMPLES)
        student = float(special.stdtrit(scramblings - 1, 0.975))
        factor = student * np.sqrt(scramblings / (scramblings - 1))
    resampled = statistic(rows)
    return Sampled(statistic(np.arange(num_rows)), factor * resampled.std(-1, ddof=1))


def check_sobol_size(samples: int, scramblings: int) -> None:
    """Refuse numbers of points that a Sobol sequence does not cover a box with.

    Raises:
      CamjaxError: samples are no power of two, or there are no scramblings.
    """
    if samples < 2 or samples & (samples - 1):
        below = 2 ** max(1, samples.bit_length() - 1)
        remedy = f"Points are balanced at powers of two only: {below} or {2 * below}."
        raise CamjaxError(refusal("samples", "a power of two", samples, remedy))
    if scramblings < 1:
        raise CamjaxError(refusal("scramblings", "at least 1", scramblings))
