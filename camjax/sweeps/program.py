"""The program of a stack of settings: compiled once, run in blocks over all devices."""

import dataclasses
import math
import time
from collections.abc import Callable, Iterator
from functools import partial

import jax
import numpy as np
from jax import Array
from jax.sharding import Mesh, PartitionSpec
from numpy.typing import NDArray

from camjax._compile import compile_for, compile_quickly
from camjax.ensemble.size import check_steps_fit
from camjax.model import Model
from camjax.processes import DriverProcesses
from camjax.results.undone import of_paths
from camjax.scenario import Scenario
from camjax.simulation import simulate
from camjax.sweeps.structures import Stack

LANES = 1024
"""Most paths, over all settings, that a device simulates at once: they stay in cache."""

QUICK_PATH_STEPS = 5_000_000
"""Path-steps that run in a second or two even if little time is spent on compiling them well."""

Variables = dict[str, NDArray]
Progress = Callable[[int], None]
"""Told how many settings are done."""


@dataclasses.dataclass(frozen=True)
class Layout:
    """How settings and paths are cut into calls of one shape.

    Args:
      settings: in a call.
      paths: in a call, a multiple of the devices.
    """

    settings: int
    paths: int

    @classmethod
    def of(cls, num_settings: int, num_paths: int, num_devices: int) -> "Layout":
        """Calls of at most `LANES` paths a device: all paths of some settings, or some of one."""
        lanes = LANES * num_devices
        together = min(num_settings, max(1, lanes // num_paths))
        settings = math.ceil(num_settings / math.ceil(num_settings / together))
        blocks = math.ceil(num_paths / lanes)
        return cls(settings, math.ceil(num_paths / blocks / num_devices) * num_devices)


class StackProgram:
    """Simulates a stack of settings on the same paths.

    Path i of every setting draws from `fold_in(key(seed), i)`, so what differs between settings
    on a path is what the settings do.

    Args:
      stack: the settings.
      num_paths: P.
      seed: of all paths.
      last_only: whether only the last step is kept.

    Raises:
      CamjaxError: more steps than fit in memory.
    """

    def __init__(self, stack: Stack, num_paths: int, seed: int, *, last_only: bool) -> None:
        started = time.perf_counter()
        devices = jax.local_devices()
        self.stack, self.num_paths = stack, num_paths
        self.layout = Layout.of(len(stack.places), num_paths, len(devices))
        self._key = jax.random.key(seed)
        side_by_side = self.layout.settings * self.layout.paths
        check_steps_fit(stack.scenario, self._key, side_by_side)
        simulated = jax.shard_map(
            partial(_simulate, stack.scenario, stack.axes, last_only),
            mesh=Mesh(devices, ("path",)),
            in_specs=(PartitionSpec(), PartitionSpec(), PartitionSpec("path")),
            out_specs=PartitionSpec(None, "path"),
            check_vma=False,
        )
        arguments = (self._leaves(0), self._key, np.arange(self.layout.paths, dtype=np.int32))
        path_steps = len(stack.places) * num_paths * stack.scenario.steps
        compiled = compile_quickly if path_steps <= QUICK_PATH_STEPS else compile_for
        self._program = compiled(jax.jit(simulated).lower(*arguments), devices)
        self.compile_seconds = time.perf_counter() - started
        """How long compiling took."""

    def run(self) -> Iterator[tuple[tuple[int, ...], Variables]]:
        """Places of some settings and their variables [settings, P, T, ...], until all are done."""
        num_settings = len(self.stack.places)
        for first in range(0, num_settings, self.layout.settings):
            places = self.stack.places[first : first + self.layout.settings]
            found = {
                name: np.empty((len(places), self.num_paths, *like.shape[2:]), like.dtype)
                for name, like in self._program.out_info.items()
            }
            leaves = self._leaves(first)
            for start in range(0, self.num_paths, self.layout.paths):
                paths = np.arange(start, start + self.layout.paths, dtype=np.int32)
                called = self._program(leaves, self._key, paths)
                count = min(self.layout.paths, self.num_paths - start)
                for name, values in called.items():
                    host = np.asarray(values)[: len(places), :count]
                    found[name][:, start : start + count] = host
            yield places, found

    def _leaves(self, first: int) -> tuple[Model, DriverProcesses]:
        """Numbers of the settings from one on; the last stands in where there are no more."""
        last = len(self.stack.places) - 1
        return self.stack.take(np.minimum(np.arange(first, first + self.layout.settings), last))


def variables_of(scenario: Scenario) -> dict[str, jax.ShapeDtypeStruct]:
    """What a path of a scenario records, by name: shape and type."""
    path = partial(_simulate_path, scenario, scenario.model, scenario.processes, False)
    shapes: dict[str, jax.ShapeDtypeStruct] = jax.eval_shape(path, jax.random.key(0), np.int32(0))
    return shapes


def _simulate(
    scenario: Scenario,
    axes: object,
    last_only: bool,
    leaves: tuple[Model, DriverProcesses],
    key: Array,
    paths: Array,
) -> dict[str, Array]:
    """All settings on all of some paths, [settings, paths, T, ...]."""

    def setting(leaves: tuple[Model, DriverProcesses]) -> dict[str, Array]:
        return jax.vmap(partial(_simulate_path, scenario, *leaves, last_only, key))(paths)

    if not jax.tree.leaves(axes):
        return jax.tree.map(lambda values: values[None], setting(leaves))
    return jax.vmap(setting, in_axes=(axes,), axis_size=None)(leaves)


def _simulate_path(
    scenario: Scenario,
    model: Model,
    processes: DriverProcesses,
    last_only: bool,
    key: Array,
    path: Array,
) -> dict[str, Array]:
    """Everything that one path records, or its last step."""
    path_key = jax.random.fold_in(key, path)
    drivers = scenario.with_leaves(model, processes).sample_drivers(path_key)
    variables = dict(simulate(model, drivers, path_key).variables)
    if not last_only:
        return variables
    return {name: values[-1:] for name, values in variables.items()} | of_paths(variables)
