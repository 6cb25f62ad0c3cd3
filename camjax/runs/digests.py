"""Digests of all paths of an ensemble, added up where they are simulated."""

import dataclasses
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from camjax.ensemble.reducers import Scope
from camjax.model import Model, Record
from camjax.runs.digest import Digest, advance_digest, mean_transfer, start_digest


@dataclasses.dataclass(frozen=True)
class DigestsResult:
    """What the table says of all paths, besides bands of balances and shares."""

    num_paths: int
    mean_transfer: NDArray
    """[N, N] FEI a step, from source (row) to destination (column)."""
    remainder_steps: NDArray
    """[T + 1] paths with so many steps in which settlement fell short."""


@dataclasses.dataclass(frozen=True)
class Digests:
    """Adds up the digests of paths. A path's number is its place among the paths before it.

    Args:
      model: structure of the run.
      steps: T.
    """

    model: Model = dataclasses.field(repr=False, compare=False)
    steps: int
    name: ClassVar[str] = "digests"
    variables: ClassVar[tuple[str, ...]] = ()
    scope: ClassVar[Scope] = "along"

    def start(self, model: Model) -> Digest:
        """A path before its first step."""
        return start_digest(model)

    def advance(self, model: Model, memory: Digest, record: Record) -> Digest:
        """A path after one more step."""
        return advance_digest(model, memory, record)

    def fold(self, variables: Digest, counted: Array) -> dict[str, Array]:
        """Sums and firsts of a block."""
        steps = variables.remainder_steps
        ends = jnp.where(counted, steps, self.steps + 1)
        moved = jax.vmap(partial(mean_transfer, self.model, steps=self.steps), in_axes=-1)
        number = counted.sum()
        transfers = jnp.where(counted[:, None, None], moved(variables), 0)
        return {
            "paths": number,
            "transfer": transfers.sum(0) / number.astype(transfers.dtype),
            "remainder": jnp.zeros(self.steps + 1, jnp.int32).at[ends].add(1, mode="drop"),
        }

    def merge(self, earlier: Any, later: Any) -> dict[str, NDArray]:
        """Those of both sets of paths, the later ones numbered on."""
        paths = np.int64(earlier["paths"]) + np.int64(later["paths"])
        mean = np.asarray(earlier["transfer"], np.float64)
        return {
            "paths": paths,
            "transfer": mean + (later["transfer"] - mean) * (later["paths"] / paths),
            "remainder": np.asarray(earlier["remainder"], np.int64) + later["remainder"],
        }

    def finish(self, partial: Any) -> DigestsResult:
        """All of it."""
        return DigestsResult(
            num_paths=int(partial["paths"]),
            mean_transfer=np.asarray(partial["transfer"]),
            remainder_steps=np.asarray(partial["remainder"]),
        )
