"""What data cannot tell, in words: dead and flat directions, look-alikes, numbers at their ends."""

import jax.numpy as jnp
import numpy as np
from scipy import special

from calibration.fit.bijectors import Logit, LogLogit, RateOfDuration
from calibration.fit.flatness import Flatness, flatness, sentences
from calibration.fit.free import FreeParameters
from calibration.fit.naming import blocks_of, word
from calibration.fit.search import Fit
from calibration.fit.uncertainty import Uncertainty, errors_along

NOTHING_LEARNED = 0.95
"""Share of a range that an interval covers of a number of which only the range is known."""
ALIKE = 0.95
"""Correlation of estimates above which two numbers stand in for each other."""
AT_END = 5e-3
"""Share of the way between two bounds closer than which a number is at one of them."""


def identifiability(result: Fit, found: Uncertainty) -> list[str]:
    """Warnings, each a sentence; none where the data tell all free numbers apart.

    One fault is told once: numbers that are confounded are not told again to be alike, or wide.

    Args:
      result: a fit.
      found: its covariance.
    """
    free = result.problem.free
    flat = flatness(result, found.jacobian)
    ends = _at_ends(free, result.coordinates)
    return [
        *sentences(result, flat, set(ends)),
        *_alike(free, found, result.coordinates, flat),
        *ends.values(),
        *_wide(free, found, flat),
    ]


def correlations(free: FreeParameters, found: Uncertainty, coordinates: np.ndarray) -> np.ndarray:
    """Correlations [K, K] of the estimates on their unbounded scales; NaN where unknown.

    From the curvature, as of independent errors: what data tell apart.
    """
    slopes = np.asarray(free.slopes(jnp.asarray(coordinates)))
    covariance = np.where(np.isfinite(found.covariance), found.covariance, 0)
    joint = slopes @ covariance @ slopes.T
    variance = np.square(errors_along(slopes, found.covariance))
    known = (variance > 0) & np.isfinite(variance)
    errors = np.sqrt(np.where(known, variance, np.nan))
    correlation: np.ndarray = joint / errors[:, None] / errors[None, :]
    return correlation


def _alike(
    free: FreeParameters, found: Uncertainty, coordinates: np.ndarray, flat: Flatness
) -> list[str]:
    """Pairs of blocks whose estimates move together, told by the pair of numbers closest to it."""
    correlation = np.abs(correlations(free, found, coordinates))
    ends = np.cumsum([0, *(len(block.names) for block in free.blocks)])
    blocks = blocks_of(free)
    still = {blocks[i] for i in (*flat.dead, *flat.stuck)}
    warnings = []
    for one in range(len(free.blocks)):
        for other in range(one):
            part = correlation[ends[one] : ends[one + 1], ends[other] : ends[other + 1]]
            told = flat.together(one, other) or {one, other} & still
            if told or not (np.nan_to_num(part) > ALIKE).any():
                continue
            i, j = np.unravel_index(np.nanargmax(part), part.shape)
            pair = free.names[ends[other] + j], free.names[ends[one] + i]
            warnings.append(
                f"{word(pair[0])} and {word(pair[1])} are hardly told apart: their estimates"
                f" correlate at {part[i, j]:.3f}."
            )
    return warnings


def _at_ends(free: FreeParameters, coordinates: np.ndarray) -> dict[int, str]:
    """Numbers that a fit drove to an end of their range, by block."""
    first = np.cumsum([0, *(len(block.coordinates) for block in free.blocks)])
    warnings = {}
    for i, block in enumerate(free.blocks):
        kind, share = block.bijector, float(special.expit(coordinates[first[i]]))
        if not isinstance(kind, Logit | LogLogit | RateOfDuration):
            continue
        if isinstance(kind, RateOfDuration):
            end = "shortest possible" if share >= 1 - AT_END else ""
        else:
            end = "lower" if share < AT_END else "upper" if share > 1 - AT_END else ""
        if end:
            warnings[i] = f"{word(block.names[0])} is at its {end} bound."
    return warnings


def _wide(free: FreeParameters, found: Uncertainty, flat: Flatness) -> list[str]:
    """Numbers of which hardly more is known than where they may be.

    Between two bounds: the interval covers as much of them as that of a number spread evenly
    between them would. Elsewhere: the standard error, on the unbounded scale, reaches beyond the
    range that starts were spread over.
    """
    slopes, reach, ends = np.asarray(free.slopes(free.start)), free.reach(), free.box_of_values()
    told = {i for i, b in enumerate(blocks_of(free)) if any(b in part for part, _ in flat.flat)}
    told |= {*flat.dead, *flat.stuck}
    touched = (slopes[:, sorted(told)] != 0).any(axis=1)
    bounded = {
        block.names[0]: block.bijector
        for block in free.blocks
        if isinstance(block.bijector, Logit | LogLogit)
    }
    warnings = []
    for i, name in enumerate(free.names):
        if touched[i]:
            continue
        if name in bounded:
            low, high = bounded[name].lower, bounded[name].upper
            scale = np.log if isinstance(bounded[name], LogLogit) else np.asarray
            covered = np.ptp(scale(found.intervals[i])) / np.ptp(scale(np.array([low, high])))
            if covered > NOTHING_LEARNED:
                warnings.append(
                    f"{word(name)} is not pinned down: its 95 % interval covers {covered:.0%} of"
                    f" what lies between its bounds, {low:g} and {high:g}."
                )
        elif found.line_errors[i] > reach[i]:
            low, high = ends[i]
            warnings.append(
                f"{word(name)} is not pinned down: its standard error is wider than the range"
                f" that starts are spread over, {low:.3g} to {high:.3g}."
            )
    return warnings
