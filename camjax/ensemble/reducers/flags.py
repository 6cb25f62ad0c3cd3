"""What went wrong on any path."""

import dataclasses
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from camjax.ensemble.reducers.base import Scope


@dataclasses.dataclass(frozen=True)
class Flags:
    """Every flag that any path raised, step by step: [T] bits."""

    name: ClassVar[str] = "flags"
    variables: ClassVar[tuple[str, ...]] = ("status",)
    scope: ClassVar[Scope] = "step"

    def fold(self, variables: dict[str, Array], counted: Array) -> Array:
        """[] flags of a step of a block."""
        status = jnp.where(counted, variables["status"], 0)
        return jax.lax.reduce(status, np.zeros((), status.dtype), jax.lax.bitwise_or, (0,))

    def merge(self, earlier: Any, later: Any) -> NDArray:
        """Those of both sets of paths."""
        return np.asarray(earlier) | np.asarray(later)

    def finish(self, partial: Any) -> NDArray:
        """As they are."""
        return np.asarray(partial)
