"""Where searches begin: the scenario's own numbers, and points spread evenly around them."""

import numpy as np

from calibration.fit.free import FreeParameters


def wide_starts(free: FreeParameters, num_starts: int, seed: int = 0) -> np.ndarray:
    """The scenario's own coordinates, then scrambled Sobol points of the box around them.

    Args:
      free: whose box it is.
      num_starts: S, at least 1.
      seed: of the scrambling.

    Returns:
      [S, D].

    References:
      Owen, Scrambled net variance for integrals of smooth functions, 1997.
    """
    own = np.asarray(free.start)[None, :]
    return np.concatenate([own, sobol_starts(free, num_starts - 1, seed)])


def sobol_starts(free: FreeParameters, num_starts: int, seed: int = 0) -> np.ndarray:
    """Scrambled Sobol points [S, D] of the box that wide starts are spread over."""
    from scipy.stats import qmc

    lower, upper = free.box()
    exponent = max(num_starts - 1, 0).bit_length()
    points = qmc.Sobol(len(lower), scramble=True, rng=seed).random_base2(exponent)
    spread: np.ndarray = lower + points[:num_starts] * (upper - lower)
    return spread
