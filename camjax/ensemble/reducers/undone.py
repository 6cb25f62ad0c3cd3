"""What paths could not do, counted where they are simulated."""

import dataclasses
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from camjax.ensemble.reducers.base import Scope
from camjax.flags import STATUS_FLAGS, Raised
from camjax.model import Model, Record
from camjax.undone import PathUndone, Undone, advance_undone, finish_undone, start_undone

NEVER = np.iinfo(np.int32).max
"""Stands for the step of what was never raised."""


@dataclasses.dataclass(frozen=True)
class UndonePaths:
    """Counts paths by what they could not do; a path's number is its place among all.

    Args:
      names: all deposits in network order.
    """

    names: tuple[str, ...]
    name: ClassVar[str] = "undone"
    variables: ClassVar[tuple[str, ...]] = ()
    scope: ClassVar[Scope] = "along"

    def start(self, model: Model) -> Undone:
        """A path before its first step."""
        return start_undone(model)

    def advance(self, model: Model, memory: Undone, record: Record) -> Undone:
        """A path after one more step."""
        del model
        return advance_undone(memory, record)

    def fold(self, variables: Undone, counted: Array) -> dict[str, Array]:
        """Counts, firsts and amounts of a block."""
        return _counts(jax.vmap(finish_undone, in_axes=-1)(variables), counted)

    def merge(self, earlier: Any, later: Any) -> dict[str, NDArray]:
        """Those of both sets of paths, the later ones numbered on."""
        sooner = later["step"] < earlier["step"]
        added = {
            name: np.asarray(earlier[name], kind) + later[name]
            for name, kind in (
                ("paths", np.int64),
                ("flagged", np.int64),
                ("shortfall", np.float64),
                ("redemption", np.float64),
            )
        }
        return added | {
            "step": np.minimum(earlier["step"], later["step"]),
            "path": np.where(sooner, later["path"] + np.int64(earlier["paths"]), earlier["path"]),
            "deposit": np.where(sooner, later["deposit"], earlier["deposit"]),
        }

    def finish(self, partial: Any) -> tuple[Raised, ...]:
        """What was raised."""
        found = {name: np.asarray(value) for name, value in partial.items()}
        return _raised(found, self.names)


def raised_by(paths: PathUndone, names: tuple[str, ...]) -> tuple[Raised, ...]:
    """What some of many paths, arrays [P, ...], could not do.

    Args:
      paths: all of them.
      names: all deposits in network order.
    """
    host: Any = jax.tree.map(np.asarray, paths)
    counted = np.ones(len(host.shortfall), bool)
    return _raised({name: np.asarray(v) for name, v in _counts(host, counted).items()}, names)


def _counts(paths: Any, counted: Any) -> dict[str, Any]:
    """Of the paths that count: how many, and of each flag how many raised it, and where first."""
    xp = np if isinstance(counted, np.ndarray) else jnp
    flagged = (paths.flagged_steps > 0) & counted[:, None]
    first = xp.where(flagged, paths.flagged_steps, NEVER)
    path = xp.argmin(first, axis=0)
    short = flagged[:, list(STATUS_FLAGS.values()).index("shortfall")]
    return {
        "paths": counted.sum(),
        "flagged": flagged.sum(0),
        "step": first.min(0),
        "path": path,
        "deposit": paths.lost_deposit[path],
        "shortfall": _total(xp.where(short, paths.shortfall, 0)),
        "redemption": _total(xp.where(short, paths.redemption, 0)),
    }


def _total(amounts: Any) -> Any:
    """Their sum, on the host in float64."""
    return amounts.sum(dtype=np.float64 if isinstance(amounts, np.ndarray) else None)


def _raised(found: dict[str, NDArray], names: tuple[str, ...]) -> tuple[Raised, ...]:
    raised = []
    for column, flag in enumerate(STATUS_FLAGS.values()):
        if count := int(found["flagged"][column]):
            each = Raised(
                flag=flag,
                num_paths=count,
                of_paths=int(found["paths"]),
                path=int(found["path"][column]),
                step=int(found["step"][column]),
            )
            if flag == "balance_not_finite":
                each = dataclasses.replace(each, deposit=names[int(found["deposit"][column])])
            if flag == "shortfall":
                sums = (float(found[name]) / count for name in ("shortfall", "redemption"))
                each = each.of_amounts(*sums)
            raised.append(each)
    return tuple(raised)
