"""The protocol of reducers: statistics over paths whose size does not grow with their number."""

from collections.abc import Hashable
from typing import Any, Literal, Protocol, get_args, runtime_checkable

from jax import Array

from camjax.model import Model, Record

Scope = Literal["step", "end", "path", "along"]
"""What a reducer looks at when it folds.

    step    one step of every path; what it gives is stacked over steps
    end     the last step
    path    whole trajectories, which are held for one block
    along   what it has itself remembered along each path, see `AlongReducer`
"""

SCOPES: tuple[Scope, ...] = get_args(Scope)


class Reducer(Protocol):
    """Folds blocks of paths into a partial result, merges partials, and reads the answer off.

    `fold` runs on the device inside the compiled program; `merge` and `finish` run on the host on
    NumPy arrays. Partials of integers merge exactly; those of floats are merged in float64, in
    the order of paths, whatever device computed them.
    """

    @property
    def name(self) -> str:
        """What the answer is called among an ensemble's statistics."""
        ...

    @property
    def scope(self) -> Scope:
        """What `fold` looks at; the less, the faster."""
        ...

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the results table, or "share", that `fold` is given."""
        ...

    def fold(self, variables: Any, counted: Array) -> Any:
        """Partial result, a pytree of arrays, of one block.

        Args:
          variables: by name [L] or [deposits, L], lanes last, with a leading time axis where the
            scope is "path"; where it is "step", "step" [] tells which, from 1 on. For "along" the
            memory after the last step, lanes last.
          counted: [L], False for padding.
        """
        ...

    def merge(self, earlier: Any, later: Any) -> Any:
        """Partial result of two sets of paths from those of each, as NumPy arrays."""
        ...

    def finish(self, partial: Any) -> Any:
        """The statistics: arrays or a small structure of them."""
        ...


@runtime_checkable
class CellReducer(Reducer, Protocol):
    """A reducer that treats every cell of a step alike: many of one kind fold as one."""

    @property
    def kind(self) -> Hashable:
        """What those that may fold together have in common: class and settings of `fold_cells`."""
        ...

    def cells(self, variables: dict[str, Array]) -> Any:
        """What is to be folded of a step: a tree of arrays [..., L], or [..., 1] of each cell."""
        ...

    def fold_cells(self, cells: Any, counted: Array) -> Any:
        """Partial result of a step: a tree of arrays [...] or [..., n] for cells [..., L]."""
        ...


class AlongReducer(Reducer, Protocol):
    """A reducer that remembers something of each path from step to step."""

    def start(self, model: Model) -> Any:
        """Memory of one path before the first step."""
        ...

    def advance(self, model: Model, memory: Any, record: Record) -> Any:
        """Memory of one path after a step."""
        ...
