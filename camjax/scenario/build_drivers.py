"""From checked processes and files to what draws the drivers of a path."""

import zlib
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax import Array

from camjax.errors import CamjaxError, refusal
from camjax.processes import PROCESSES, DriverProcesses, Process, correlation_factor
from camjax.scenario.columns import WEIGHTS_FROM_OUTSIDE
from camjax.scenario.driver_data import DriverData
from camjax.scenario.precision import Real
from camjax.scenario.process_tables import AnyProcess, BlockBootstrapTable, OrnsteinUhlenbeckTable
from camjax.scenario.schema import Document

NOT_NUMBERS = {"process", "column"}
"""Keys of a process's table that choose the process and its data."""

STRUCTURE = {"days", "block_steps", "kind"}
"""Keys that shape a process; all others are its numbers."""


def build_processes(document: Document, data: DriverData, real: Real) -> DriverProcesses:
    """Where driver series come from: files first, processes for what they leave open.

    Raises:
      ScenarioError: correlations of columns that are not drawn from normals, or impossible ones.
    """
    processes = {
        column: build_process(process, data.histories.get(column), real)
        for column, process in document.drivers.processes.items()
        if column not in data.series and not column.startswith(WEIGHTS_FROM_OUTSIDE)
    }
    entries = document.drivers.correlation
    gaussian = [column for column, process in processes.items() if process.gaussian]
    return DriverProcesses(
        processes=processes,
        given={column: real(values) for column, values in data.series.items()},
        correlation=correlation_factor(gaussian, entries, real(0).dtype) if entries else None,
        steps=document.steps,
        dt_days=document.dt_days,
        noise=document.noise,
    )


def build_process(table: AnyProcess, history: Any, real: Real) -> Process:
    """A process of the registry; numbers become leaves, everything else is structure.

    Args:
      table: checked.
      history: [H] of a block bootstrap, None for every other process.
      real: how its numbers become arrays.
    """
    values: dict[str, Any] = {key: value for key, value in table if key not in NOT_NUMBERS}
    if isinstance(table, OrnsteinUhlenbeckTable) and table.initial is None:
        values["initial"] = table.mean
    if isinstance(table, BlockBootstrapTable) and history is not None:
        values["history"] = history
        values["initial"] = history[-1] if table.initial is None else table.initial
    arguments = {
        key: _hashable(value) if key in STRUCTURE else real(value) for key, value in values.items()
    }
    return PROCESSES[table.process](**arguments)


def dirichlet_columns(
    names: Sequence[str], concentration: Array, steps: int, key: Array | None
) -> dict[str, Array]:
    """Draws of the exogenous rule: ξ ~ Dirichlet(concentration), one a row.

    Args:
      names: N allocated deposits.
      concentration: [N].
      steps: T.
      key: of the path; the draws have a key of their own made from it.

    Returns:
      [T+1] by column dirichlet_<name>.

    Raises:
      CamjaxError: no key.

    References:
      Specification, 3.6.
    """
    if key is None:
        raise CamjaxError(refusal("key", "a key, since preferences are random", "none"))
    own_key = jax.random.fold_in(key, np.uint32(zlib.crc32(b"dirichlet")))
    draws = jax.random.dirichlet(own_key, concentration, (steps + 1,), concentration.dtype)
    return {f"dirichlet_{name}": draws[:, i] for i, name in enumerate(names)}


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
