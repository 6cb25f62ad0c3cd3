"""The protocol of reducers: statistics over paths whose size does not grow with their number."""

from typing import Any, Protocol

from jax import Array


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
    def variables(self) -> tuple[str, ...]:
        """Names of the results table, or "share", that `fold` is given."""
        ...

    def fold(self, variables: dict[str, Array], counted: Array) -> Any:
        """Partial result, a pytree of arrays, of one block.

        Args:
          variables: by name [T, L] or [T, deposits, L], lanes last.
          counted: [L], False for padding.
        """
        ...

    def merge(self, earlier: Any, later: Any) -> Any:
        """Partial result of two sets of paths from those of each, as NumPy arrays."""
        ...

    def finish(self, partial: Any) -> Any:
        """The statistics: arrays or a small structure of them."""
        ...
