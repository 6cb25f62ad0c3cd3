"""Coordinates and combinations of them that predictions do not depend on at the estimate."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from calibration.fit.naming import blocks_of, group, listed
from calibration.fit.objectives import num_residuals
from calibration.fit.problem import Data
from calibration.fit.search import Fit
from calibration.score_table import EMPTY_SHARE

FLAT = 1e-3
"""Singular values below this share of the largest are flat directions."""
INDISTINCT = EMPTY_SHARE
"""Change of predictions, root mean square over residuals, that counts as none: shares are compared
no finer than by the one that stands for empty. It is that of a coordinate moved by half the range
that starts are spread over, so that no unit of the coordinate matters."""
PART = 0.25
"""Length of a block's part of a unit vector from which the block is named in a direction."""


@dataclasses.dataclass(frozen=True)
class Flatness:
    """What predictions do not depend on, by position.

    Attributes:
      dead: coordinates on which none depends, wherever in the range of the starts they are.
      stuck: coordinates on which none depends at the estimate, though elsewhere in that range.
      flat: combinations: the blocks that take part, and the singular value over the largest.
    """

    dead: tuple[int, ...]
    stuck: tuple[int, ...]
    flat: tuple[tuple[tuple[int, ...], float], ...]

    def together(self, one: int, other: int) -> bool:
        """Whether two blocks take part in one flat combination."""
        return any({one, other} <= set(blocks) for blocks, _ in self.flat)


def flatness(result: Fit, jacobian: np.ndarray) -> Flatness:
    """What predictions do not depend on.

    Args:
      result: a fit.
      jacobian: [M, D] at its best point.
    """
    free = result.problem.free
    still = _still(result, jacobian)
    dead = [i for i, moves in zip(still, _moves_elsewhere(result, still), strict=True) if not moves]
    alive = [i for i in range(jacobian.shape[1]) if i not in still]
    found = []
    if alive:
        _, values, directions = np.linalg.svd(unit_columns(jacobian[:, alive]), full_matrices=False)
        blocks = np.array(blocks_of(free))[alive]
        for value, direction in zip(values, directions, strict=True):
            if value < FLAT * values[0]:
                lengths = {b: np.linalg.norm(direction[blocks == b]) for b in blocks.tolist()}
                part = tuple(block for block, length in lengths.items() if length >= PART)
                found.append((part, float(value / values[0])))
    return Flatness(tuple(dead), tuple(i for i in still if i not in dead), tuple(found))


def unit_columns(jacobian: np.ndarray) -> np.ndarray:
    """The Jacobian [M, D] with columns of length 1; of length 0 where it has none.

    Whether columns stand in for each other does not depend on their units: two that are exactly
    alike but for a factor have the singular value 0 only so.

    References:
      Belsley, Kuh and Welsch, Regression diagnostics, 1980, chapter 3.
    """
    lengths = np.linalg.norm(jacobian, axis=0)
    unit: np.ndarray = jacobian / np.where(lengths > 0, lengths, 1)
    return unit


def singular_values(jacobian: np.ndarray) -> np.ndarray:
    """Singular values [D] of the Jacobian with columns of length 1, largest first."""
    values: np.ndarray = np.linalg.svd(unit_columns(jacobian), compute_uv=False)
    return values


def sentences(result: Fit, found: Flatness, at_ends: set[int]) -> list[str]:
    """Flatness in words.

    Args:
      result: the fit.
      found: its flatness.
      at_ends: blocks that are at a bound, which is told elsewhere.
    """
    free = result.problem.free
    blocks = blocks_of(free)
    told = []
    for block in dict.fromkeys(blocks[i] for i in sorted({*found.dead, *found.stuck})):
        if block in at_ends:
            continue
        own = {i for i, of in enumerate(blocks) if of == block}
        if own & {*found.stuck}:
            where = " where the search ended"
            why = (
                "nothing depends on it there any more, though predictions change with it elsewhere"
            )
        elif own <= {*found.dead}:
            where, why = "", "nothing depends on it"
        else:
            where, why = " in part", "changes among its numbers are possible that do not show"
        told.append(f"{group(free, block)} not identified{where}: {why}.")
    for members, share in found.flat:
        names = [group(free, block) for block in members]
        if len(names) == 1:
            told.append(
                f"{names[0]} not identified: a change of that kind hardly shows in predictions"
                f" (singular value {share:.1g} of the largest)."
            )
        else:
            told.append(
                f"{listed(names)} are confounded: changed together they leave the predictions as"
                f" they are (singular value {share:.1g} of the largest). Fix one of them, or bring"
                " data in which what they weigh varies."
            )
    return told


def _still(result: Fit, jacobian: np.ndarray) -> list[int]:
    """Coordinates on which no prediction depends at the estimate."""
    lower, upper = result.problem.free.box()
    changes = np.linalg.norm(jacobian, axis=0) * (upper - lower) / 2
    number = int(num_residuals(result.objective, result.compared))
    # The information of a Dirichlet law is told in its own errors, which shrink as its precision's
    # root grows.
    unit = np.sqrt(result.precision) if result.precision is not None else 1.0
    still: list[int] = np.flatnonzero(changes / np.sqrt(number) <= INDISTINCT * unit).tolist()
    return still


def _moves_elsewhere(result: Fit, still: list[int]) -> np.ndarray:
    """Whether predictions change when a coordinate is put at an end of the range of the starts."""
    if not still:
        return np.zeros(0, bool)
    problem, point = result.problem, jnp.asarray(result.coordinates)
    ends = jnp.asarray(problem.free.box())
    moved = jnp.stack([point.at[i].set(end) for i in still for end in ends[:, i]])

    @jax.jit
    def residuals(points: jax.Array, data: Data) -> jax.Array:
        return jax.vmap(lambda z: problem.residuals(z, data))(points)

    there, here = (np.asarray(residuals(points, problem.data)) for points in (moved, point[None]))
    number = int(num_residuals("ilr", result.compared))
    change = np.linalg.norm(there - here, axis=1).reshape(len(still), 2).max(axis=1)
    moves: np.ndarray = ~(change / np.sqrt(number) <= INDISTINCT)
    return moves
