"""Isometric log-ratios of histories, in NumPy: each history has a length of its own.

The transforms are those of `calibration.composition`, which JAX would compile for every length.
"""

import numpy as np

from calibration.composition import ilr_basis
from camjax.errors import CamjaxError, refusal
from camjax.rounding import tolerance


def to_ilr(weights: np.ndarray, floor: float | None = None) -> np.ndarray:
    """Weights [..., N] -> coordinates [..., N−1], as `calibration.composition.ilr`.

    Raises:
      CamjaxError: a weight is zero and no floor is given, the share that stands for empty.
    """
    parts = weights if floor is None else np.maximum(weights, floor)
    if not (parts > 0).all():
        remedy = (
            "Leave out a deposit that cannot hold anything; for one that is empty give a floor, "
            "the share that stands for empty, such as 1e-6."
        )
        raise CamjaxError(refusal("log-ratios", "positive weights", "a weight of 0", remedy))
    return np.log(parts) @ ilr_basis(weights.shape[-1]).T


def from_ilr(coordinates: np.ndarray) -> np.ndarray:
    """Coordinates [..., N−1] -> weights [..., N], as `calibration.composition.ilr_inverse`."""
    logarithms = coordinates @ ilr_basis(coordinates.shape[-1] + 1)
    parts = np.exp(logarithms - logarithms.max(axis=-1, keepdims=True))
    return parts / parts.sum(axis=-1, keepdims=True)


def moves(coordinates: np.ndarray) -> np.ndarray:
    """Whether each of the coordinates [t, K] moves by more than rounding: [K]."""
    return coordinates.std(axis=0) > tolerance(1.0, "float64")


def moving_directions(coordinates: np.ndarray) -> np.ndarray:
    """Orthonormal directions [r, K] in which coordinates [t, K] move by more than rounding.

    The coordinates' own, if they move in all; else those of the singular vectors.
    """
    centred = coordinates - coordinates.mean(axis=0)
    _, spread, directions = np.linalg.svd(centred / np.sqrt(len(centred)), full_matrices=False)
    is_moving = spread > tolerance(1.0, "float64")
    num_coordinates = coordinates.shape[1]
    if is_moving.sum() == num_coordinates:
        return np.eye(num_coordinates)
    return directions[is_moving]
