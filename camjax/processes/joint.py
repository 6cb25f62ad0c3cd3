"""All drivers of a scenario, drawn together."""

import dataclasses
import zlib
from functools import partial
from typing import Any

import jax
import numpy as np
from jax import Array

from camjax._pytree import pytree, static
from camjax.errors import CamjaxError, ScenarioError, refusal
from camjax.processes.base import Process
from camjax.processes.correlation import Correlation, refuse_column
from camjax.processes.domains import enter_domain, stay_in_domain
from camjax.processes.rows import draw_normals, parameter_dtype, scan_rows, split_key


@pytree
class DriverProcesses:
    """One process or one given series for each driver, and how the processes are correlated.

    Every column has a key of its own, made from its name, so its draws do not depend on which other
    columns there are. One scan makes the rows of all processes. `noise` is the precision in which
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

    def normals(self, key: Array) -> dict[str, Array]:
        """Independent standard normals for each Gaussian column, [T+1, ...] each for keys [...].

        They are what `sample` draws for itself; changed before they are handed to it, they make
        antithetic, quasi-random or shared paths. Drawn for many keys at once they lie as a scan
        over paths side by side reads them.
        """
        return {
            column: draw_normals(
                self.drawn[column], _normal_keys(key, column), self.steps + 1, self.noise
            )
            for column in self.gaussian_columns
        }

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
        # Without randomness the key is not read.
        key = jax.random.key(0) if key is None else key
        return {**_sample(self, key, normals), **self.given}


@jax.jit
def _sample(
    drivers: DriverProcesses, key: Array, normals: dict[str, Array] | None
) -> dict[str, Array]:
    """One path of every driver that is drawn; see `DriverProcesses.sample`."""
    processes, num_rows, dt_days = drivers.drawn, drivers.steps + 1, drivers.dt_days
    dtype = parameter_dtype(processes)
    normals = drivers.normals(key) if normals is None else normals
    if drivers.correlation is not None:
        wide = {column: rows.astype(dtype) for column, rows in normals.items()}
        normals = drivers.correlation.apply(wide)
    draws = {
        column: (
            normals[column] if process.gaussian else None,
            process.innovations(_keys(key, column)[1], num_rows, dt_days),
        )
        for column, process in processes.items()
    }

    def start(draws: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Array]]:
        states, values = {}, {}
        for column, process in processes.items():
            normal, innovation = draws[column]
            state, value = process.start(normal, innovation)
            domain, values[column] = enter_domain(column, value)
            states[column] = state, domain
        return states, values

    def advance(
        states: dict[str, Any], draws: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Array]]:
        next_states, values = {}, {}
        for column, process in processes.items():
            (state, domain), (normal, innovation) = states[column], draws[column]
            state, value = process.advance(state, normal, innovation, dt_days)
            domain, values[column] = stay_in_domain(column, domain, value)
            next_states[column] = state, domain
        return next_states, values

    return scan_rows(start, advance, draws, drivers.steps, dtype)


def _normal_keys(key: Array, column: str) -> Array:
    """Keys [...] of a column's normals from the keys [...] of paths."""
    if key.ndim:
        return jax.vmap(partial(_normal_keys, column=column))(key)
    return _keys(key, column)[0]


def _keys(key: Array, column: str) -> tuple[Array, Array]:
    """Keys of a column's normals and other innovations: its name decides, not its place."""
    return split_key(jax.random.fold_in(key, np.uint32(zlib.crc32(column.encode()))))
