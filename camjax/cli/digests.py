"""Digests of all paths of an ensemble, added up where they are simulated."""

import dataclasses
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from camjax.cli.digest import Digest, PathDigest, advance_digest, finish_digest, start_digest
from camjax.ensemble.reducers import Scope
from camjax.model import Model, Record


@dataclasses.dataclass(frozen=True)
class DigestsResult:
    """What the table says of all paths, besides bands of balances and shares."""

    num_paths: int
    mean_transfer: NDArray
    """[N, N] FEI a step, from source (row) to destination (column)."""
    remainder_steps: NDArray
    """[T + 1] paths with so many steps in which settlement fell short."""
    flagged_paths: NDArray
    """[F] paths that ever raised each of `STATUS_FLAGS`."""
    first_step: NDArray
    """[F] the earliest step in which any of them did; T + 1 for none."""
    first_path: NDArray
    """[F] the lowest path that did so then."""
    lost_deposit: NDArray
    """[F] the deposit lost on that path."""


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

        def finish(memory: Digest) -> PathDigest:
            return finish_digest(self.model, memory, self.steps)

        paths = jax.vmap(finish, in_axes=-1)(variables)
        ends = jnp.where(counted, paths.remainder_steps, self.steps + 1)
        flagged = (paths.flagged_steps > 0) & counted[:, None]
        first = jnp.where(flagged, paths.flagged_steps, self.steps + 1)
        path = jnp.argmin(first, axis=0)
        number = counted.sum()
        transfers = jnp.where(counted[:, None, None], paths.mean_transfer, 0)
        return {
            "paths": number,
            "transfer": transfers.sum(0) / number.astype(transfers.dtype),
            "remainder": jnp.zeros(self.steps + 1, jnp.int32).at[ends].add(1, mode="drop"),
            "flagged": flagged.sum(0),
            "step": first.min(0),
            "path": path,
            "deposit": paths.lost_deposit[path],
        }

    def merge(self, earlier: Any, later: Any) -> dict[str, NDArray]:
        """Those of both sets of paths, the later ones numbered on."""
        paths = np.int64(earlier["paths"]) + np.int64(later["paths"])
        mean = np.asarray(earlier["transfer"], np.float64)
        sooner = later["step"] < earlier["step"]
        return {
            "paths": paths,
            "transfer": mean + (later["transfer"] - mean) * (later["paths"] / paths),
            **{
                name: np.asarray(earlier[name], np.int64) + later[name]
                for name in ("remainder", "flagged")
            },
            "step": np.minimum(earlier["step"], later["step"]),
            "path": np.where(sooner, later["path"] + np.int64(earlier["paths"]), earlier["path"]),
            "deposit": np.where(sooner, later["deposit"], earlier["deposit"]),
        }

    def finish(self, partial: Any) -> DigestsResult:
        """All of it."""
        found = {name: np.asarray(value) for name, value in partial.items()}
        return DigestsResult(
            num_paths=int(found["paths"]),
            mean_transfer=found["transfer"],
            remainder_steps=found["remainder"],
            flagged_paths=found["flagged"],
            first_step=found["step"],
            first_path=found["path"],
            lost_deposit=found["deposit"],
        )
