"""What paths give to questions, kept path by path: eight bytes a path and expectation."""

import dataclasses
from typing import Any, ClassVar

import jax
import numpy as np
from jax import Array
from numpy.typing import NDArray

from camjax.ensemble.reducers import Scope
from camjax.model import Model, Record
from camjax.questions.watch import Memory, Watch


@dataclasses.dataclass(frozen=True)
class PathValues:
    """Keeps every path's values, so that estimates can be paired and quantiles are exact."""

    watch: Watch
    name: ClassVar[str] = "values"
    scope: ClassVar[Scope] = "along"
    variables: ClassVar[tuple[str, ...]] = ()

    def start(self, model: Model) -> Memory:
        """Memory of one path before the first step."""
        return self.watch.start(model)

    def advance(self, model: Model, memory: Memory, record: Record) -> Memory:
        """Memory of one path after a step."""
        return self.watch.advance(model, memory, record)

    def fold(self, memory: Any, counted: Array) -> dict[str, Array]:
        """Values [M, L] of a block, and how many of its paths count: the first ones."""
        values = jax.vmap(self.watch.finish, in_axes=-1, out_axes=-1)(memory)
        return {"values": values, "count": counted.sum()}

    def merge(self, earlier: Any, later: Any) -> dict[str, NDArray]:
        """Values of both sets of paths."""
        blocks = (np.asarray(each["values"])[:, : each["count"]] for each in (earlier, later))
        values = np.concatenate(list(blocks), axis=1)
        return {"values": values, "count": np.asarray(values.shape[1])}

    def finish(self, partial: Any) -> NDArray:
        """[M, P] in float64."""
        return np.asarray(partial["values"], np.float64)[:, : partial["count"]]
