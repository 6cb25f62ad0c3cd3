"""What data cannot tell, in words: dead and flat directions, look-alikes, numbers at their ends."""

import jax
import jax.numpy as jnp
import numpy as np

from calibration.fit.bijectors import Logit, LogLogit, RateOfDuration
from calibration.fit.free import DURATION, FreeParameters
from calibration.fit.objectives import num_residuals
from calibration.fit.search import Fit
from calibration.fit.uncertainty import Uncertainty
from calibration.score_table import EMPTY_SHARE

FLAT = 1e-3
"""Singular values below this share of the largest are flat directions."""
INDISTINCT = EMPTY_SHARE
"""Change of predictions, root mean square over residuals, that counts as none: shares are compared
no finer than by the one that stands for empty. It is that of a coordinate moved by half the range
that starts are spread over, so that no unit of the coordinate matters."""
NOTHING_LEARNED = 0.95
"""Share of a range that an interval covers of a number of which only the range is known."""
ALIKE = 0.95
"""Correlation of estimates above which two numbers stand in for each other."""
PART = 0.25
"""Length of a block's part of a unit vector from which the block is named in a direction."""
AT_END = 5e-3
"""Share of the way between two bounds closer than which a number is at one of them."""

WORDS = {DURATION: "rebalance duration"}
"""How warnings call a number; others by the last part of their path."""


def identifiability(result: Fit, found: Uncertainty) -> list[str]:
    """Warnings, each a sentence; none where the data tell all free numbers apart.

    Args:
      result: a fit.
      found: its covariance.
    """
    free = result.problem.free
    dead = _dead(result, found)
    return [
        *dict.fromkeys(f"{_group(free, i)} not identified: nothing depends on it." for i in dead),
        *_flat(result, found.jacobian, dead),
        *_alike(free, found, result.coordinates),
        *_at_ends(free, result.coordinates),
        *_wide(free, found, dead),
    ]


def singular_values(jacobian: np.ndarray) -> np.ndarray:
    """Singular values [D] of the Jacobian, largest first; coordinates are logarithms and logits."""
    values: np.ndarray = np.linalg.svd(jacobian, compute_uv=False)
    return values


def correlations(free: FreeParameters, found: Uncertainty, coordinates: np.ndarray) -> np.ndarray:
    """Correlations [K, K] of the estimates on their unbounded scales; NaN where unknown."""
    slopes = np.asarray(free.slopes(jnp.asarray(coordinates)))
    covariance = np.where(np.isfinite(found.covariance), found.covariance, 0)
    joint = slopes @ covariance @ slopes.T
    errors = np.where(found.line_errors > 0, found.line_errors, np.nan)
    with np.errstate(invalid="ignore"):
        correlation: np.ndarray = joint / errors[:, None] / errors[None, :]
    return np.where(np.isfinite(found.line_errors)[:, None], correlation, np.nan)


def _dead(result: Fit, found: Uncertainty) -> list[int]:
    """Coordinates on which no prediction depends."""
    lower, upper = result.problem.free.box()
    changes = np.linalg.norm(found.jacobian, axis=0) * (upper - lower) / 2
    number = int(num_residuals(result.objective, result.compared))
    # The information of a Dirichlet law is told in its own errors, which shrink as its precision's
    # root grows.
    unit = np.sqrt(result.precision) if result.precision is not None else 1.0
    dead: list[int] = np.flatnonzero(changes / np.sqrt(number) <= INDISTINCT * unit).tolist()
    return dead


def _flat(result: Fit, jacobian: np.ndarray, dead: list[int]) -> list[str]:
    """Combinations of coordinates along which predictions hardly change."""
    free = result.problem.free
    alive = [i for i in range(jacobian.shape[1]) if i not in dead]
    if not alive:
        return []
    _, values, directions = np.linalg.svd(jacobian[:, alive], full_matrices=False)
    warnings = []
    for value, direction in zip(values, directions, strict=True):
        if value >= FLAT * values[0]:
            continue
        lengths: dict[str, float] = {}
        for i, entry in zip(alive, direction, strict=True):
            name = _group(free, i)
            lengths[name] = float(np.hypot(lengths.get(name, 0.0), entry))
        names = [name for name, length in lengths.items() if length >= PART]
        if len(names) == 1:
            warnings.append(
                f"{names[0]} not identified: a change of that kind hardly shows in predictions"
                f" (singular value {value / values[0]:.1g} of the largest)."
            )
        else:
            warnings.append(
                f"{_listed(names)} are confounded: changed together they leave the predictions as"
                f" they are (singular value {value / values[0]:.1g} of the largest). Fix one of"
                " them, or bring data in which what they weigh varies."
            )
    return warnings


def _alike(free: FreeParameters, found: Uncertainty, coordinates: np.ndarray) -> list[str]:
    """Pairs of blocks whose estimates move together, told by the pair of numbers closest to it."""
    correlation = np.abs(correlations(free, found, coordinates))
    ends = np.cumsum([0, *(len(block.names) for block in free.blocks)])
    warnings = []
    for one in range(len(free.blocks)):
        for other in range(one):
            part = correlation[ends[one] : ends[one + 1], ends[other] : ends[other + 1]]
            if not (np.nan_to_num(part) > ALIKE).any():
                continue
            i, j = np.unravel_index(np.nanargmax(part), part.shape)
            pair = free.names[ends[other] + j], free.names[ends[one] + i]
            warnings.append(
                f"{word(pair[0])} and {word(pair[1])} are hardly told apart: their estimates"
                f" correlate at {part[i, j]:.3f}."
            )
    return warnings


def _at_ends(free: FreeParameters, coordinates: np.ndarray) -> list[str]:
    """Numbers that a fit drove to an end of their range."""
    warnings, first = [], 0
    for block in free.blocks:
        place = coordinates[first : first + len(block.coordinates)]
        first += len(block.coordinates)
        if isinstance(block.bijector, Logit | LogLogit | RateOfDuration):
            share = 1 / (1 + np.exp(-place[0]))
            if isinstance(block.bijector, RateOfDuration) and share < 1 - AT_END:
                continue
            if min(share, 1 - share) < AT_END:
                end = "lower" if share < 0.5 else "upper"
                if isinstance(block.bijector, RateOfDuration):
                    end = "shortest possible"
                warnings.append(f"{word(block.names[0])} is at its {end} bound.")
    return warnings


def _wide(free: FreeParameters, found: Uncertainty, dead: list[int]) -> list[str]:
    """Numbers of which hardly more is known than where they may be.

    Between two bounds: the interval covers as much of them as that of a number spread evenly
    between them would. Elsewhere: the standard error, on the unbounded scale, reaches beyond the
    range that starts were spread over.
    """
    lower, upper = free.box()
    slopes = np.abs(np.asarray(free.slopes(free.start)))
    reach = slopes @ ((upper - lower) / 2)
    touched = slopes[:, dead].any(axis=1) if dead else np.zeros(len(reach), bool)
    line = np.asarray(free.line(free.constrain(free.start)))
    places = jnp.stack([jnp.asarray(line + side * reach) for side in (-1, 1)])
    ends = np.sort(np.asarray(jax.vmap(free.from_line)(places)), axis=0).T
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


def word(path: str) -> str:
    """What a warning calls a number.

    >>> word("weights.asset_risk_aversion"), word("weights.factor.idle")
    ('asset risk aversion', 'factor of idle')
    """
    if path in WORDS:
        return WORDS[path]
    table, _, key = path.rpartition(".")
    parent = table.rpartition(".")[2]
    if table.count(".") == 0:
        return key.replace("_", " ")
    return f"{parent.replace('_', ' ')} of {key}" if table.startswith("weights") else path


def _group(free: FreeParameters, index: int) -> str:
    """What a warning calls the number or group that a coordinate belongs to."""
    groups = [block for block in free.blocks for _ in block.coordinates]
    block = groups[index]
    if len(block.names) == 1:
        return word(block.names[0])
    return "the factors" if ".factor." in block.names[0] else "the concentrations"


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
