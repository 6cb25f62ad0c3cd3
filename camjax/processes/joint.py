"""All drivers of a scenario, drawn together."""

import dataclasses
import zlib
from functools import partial

import jax
import numpy as np
from jax import Array

from camjax._pytree import pytree, static
from camjax.errors import CamjaxError, ScenarioError, refusal
from camjax.processes.base import Process
from camjax.processes.correlation import Correlation, refuse_column
from camjax.processes.normals import can_draw, standard_normals
from camjax.processes.stream import DriverStream, noise_dtype, split_key, stream_of


@pytree
class DriverProcesses:
    """One process or one given series for each driver, and how the processes are correlated.

    Every column has a key of its own, made from its name, so its draws do not depend on which other
    columns there are. Rows of all processes are made together. `noise` is the precision in which
    normals are drawn, "float32" or, under float64 parameters, "float64".

    >>> from camjax.processes import BrownianMotion
    >>> price = BrownianMotion(initial=2000.0, drift=0.0, volatility=20.0)
    >>> drivers = DriverProcesses(
    ...     processes={"volatile_asset_price": price}, given={}, steps=365, dt_days=1.0
    ... )
    >>> {column: rows.shape for column, rows in drivers.sample(jax.random.key(0)).items()}
    {'volatile_asset_price': (366,)}
    """

    processes: dict[str, Process]
    given: dict[str, Array] = dataclasses.field(default_factory=dict)  # [T+1] each
    correlation: Correlation | None = None
    steps: int = static()
    dt_days: float = static()
    noise: str = static(default="float32")

    @property
    def drawn(self) -> dict[str, Process]:
        """The processes in use: a given series wins over a process of its column."""
        return {name: law for name, law in self.processes.items() if name not in self.given}

    @property
    def gaussian_columns(self) -> tuple[str, ...]:
        """The columns that consume normals, and so can be correlated."""
        return tuple(name for name, process in self.drawn.items() if process.gaussian)

    @property
    def is_random(self) -> bool:
        """Whether a sample depends on its key."""
        return any(process.random for process in self.drawn.values())

    def draws_in_place(self, key: Array) -> bool:
        """Whether normals are drawn row by row from such a key, and not laid out beforehand."""
        return can_draw(key, noise_dtype(self.drawn, self.noise))

    def normals(self, key: Array) -> dict[str, Array]:
        """Independent standard normals for each Gaussian column, [T+1, ...] each for keys [...].

        They are what `sample` draws for itself; changed before they are handed to it, they make
        antithetic, quasi-random or shared paths. Drawn for many keys at once they lie as a scan
        over paths side by side reads them.
        """
        dtype, num_rows = noise_dtype(self.drawn, self.noise), self.steps + 1
        return {
            column: standard_normals(_normal_keys(key, column), num_rows, dtype)
            for column in self.gaussian_columns
        }

    def stream(self, key: Array | None, normals: dict[str, Array] | None = None) -> DriverStream:
        """Rows of every driver that is drawn, for a scan that makes them as it goes.

        Args:
          key: of this path; needed where something is random.
          normals: as in `sample`.

        Raises:
          CamjaxError: something is random and there is no key, or normals of a column are missing.
          ScenarioError: a correlated column has no normals, because its process is not Gaussian or
            its series is given.
        """
        self._check(key, normals)
        # Without randomness the key is not read.
        key = jax.random.key(0) if key is None else key
        return stream_of(
            self.drawn,
            {column: _column_key(key, column) for column in self.drawn},
            self.steps + 1,
            self.dt_days,
            normals=normals,
            noise=self.noise,
            correlation=self.correlation,
        )

    def sample(
        self, key: Array | None = None, normals: dict[str, Array] | None = None
    ) -> dict[str, Array]:
        """One path of every driver, each within its domain.

        Args:
          key: of this path; needed where something is random.
          normals: independent standard normals for all `gaussian_columns`, [T+1] each, in place of
            `normals(key)`. They are correlated here.

        Returns:
          For each column rows 0…T, [T+1]; given series as they are.

        Raises:
          CamjaxError: something is random and there is no key, or normals of a column are missing.
          ScenarioError: a correlated column has no normals, because its process is not Gaussian or
            its series is given.
        """
        return {**_collected(self, key, normals), **self.given}

    def _check(self, key: Array | None, normals: dict[str, Array] | None) -> None:
        """Refuse a path that lacks what it is drawn from."""
        if key is None and self.is_random:
            raise CamjaxError(refusal("key", "a key, since drivers are random", "none"))
        missing = [] if normals is None else [c for c in self.gaussian_columns if c not in normals]
        if missing:
            raise CamjaxError(
                refusal("normals", "an array for each Gaussian column", f"none for {missing}")
            )
        for column in () if self.correlation is None else self.correlation.columns:
            if column not in self.gaussian_columns:
                raise ScenarioError(refuse_column(column, self.gaussian_columns))


@jax.jit
def _collected(
    drivers: DriverProcesses, key: Array | None, normals: dict[str, Array] | None
) -> dict[str, Array]:
    return drivers.stream(key, normals).collect(drivers.steps)


def _normal_keys(key: Array, column: str) -> Array:
    """Keys [...] of a column's normals from the keys [...] of paths."""
    if key.ndim:
        return jax.vmap(partial(_normal_keys, column=column))(key)
    return split_key(_column_key(key, column))[0]


def _column_key(key: Array, column: str) -> Array:
    """The key of a column: its name decides, not its place."""
    return jax.random.fold_in(key, np.uint32(zlib.crc32(column.encode())))
