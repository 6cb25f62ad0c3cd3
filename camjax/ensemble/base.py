"""What an ensemble runs: anything that has a model and can draw the drivers of a path."""

from typing import Protocol, Self

from jax import Array

from camjax.feed import Feed
from camjax.model import Model
from camjax.processes import DriverProcesses


class PathSource(Protocol):
    """A scenario, as an ensemble sees it."""

    @property
    def model(self) -> Model:
        """Parameters and structure."""
        ...

    @property
    def processes(self) -> DriverProcesses:
        """Where driver series come from."""
        ...

    def feed(self, key: Array, normals: dict[str, Array] | None = None) -> Feed:
        """Drivers of one path, from normals [T+1] by column where they are given."""
        ...

    def with_leaves(self, model: Model, processes: DriverProcesses) -> Self:
        """The same with other numbers, such as a program's arguments, in the same structure."""
        ...
