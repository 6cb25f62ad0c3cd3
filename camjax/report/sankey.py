"""Where the bars and ribbons of a Sankey diagram lie, in a square of 1 by 1, 0 at the top."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

GAP = 0.03
"""Between bars over each other."""

Extent = tuple[float, float]
"""Top and bottom."""


class Ribbon(NamedTuple):
    """A flow from a source at the left to a destination at the right."""

    source: int
    destination: int
    left: Extent
    right: Extent


class Layout(NamedTuple):
    """A whole diagram."""

    sources: tuple[Extent, ...]
    destinations: tuple[Extent, ...]
    ribbons: tuple[Ribbon, ...]


def layout(amounts: ArrayLike) -> Layout:
    """Lay out flows; thicknesses are in proportion to amounts.

    Args:
      amounts: [N, N] from row to column, not negative.

    >>> layout([[0, 3], [1, 0]]).ribbons[0].left
    (0.0, 0.7275)
    """
    flows = np.maximum(np.nan_to_num(np.asarray(amounts, np.float64)), 0.0)
    total = flows.sum()
    if total == 0:
        return Layout((), (), ())
    parts = flows / total * (1 - GAP * (len(flows) - 1))
    sources, destinations = (_bars(parts.sum(axis=axis)) for axis in (1, 0))
    left = [top for top, _ in sources]
    right = [top for top, _ in destinations]
    ribbons = []
    for i, j in np.ndindex(parts.shape):
        thick = float(parts[i, j])
        if thick > 0:
            ends = (left[i], left[i] + thick), (right[j], right[j] + thick)
            ribbons.append(Ribbon(i, j, *ends))
            left[i] += thick
            right[j] += thick
    return Layout(sources, destinations, tuple(ribbons))


def _bars(heights: np.ndarray) -> tuple[Extent, ...]:
    placed, top = [], 0.0
    for height in heights.tolist():
        placed.append((top, top + height))
        top += height + GAP
    return tuple(placed)
