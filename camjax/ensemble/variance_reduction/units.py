"""The program that simulates paths of given normals, and the means of independent units."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from numpy.typing import NDArray

from camjax._compile import compile_for
from camjax.ensemble.base import PathSource
from camjax.ensemble.lanes import LANES
from camjax.ensemble.quantities import Quantity
from camjax.ensemble.size import check_steps_fit
from camjax.ensemble.values import asked
from camjax.ensemble.variance_reduction.samplings import Normals, Sampling
from camjax.model import Model, Record
from camjax.processes import DriverProcesses
from camjax.simulation import run_steps
from camjax.trajectory import assemble_path

Program = Callable[[NDArray, NDArray], Array]
"""From the first path of each device's block and its points to group means."""

IN_FLIGHT = 2
"""Calls under way at once, so that devices work while the host prepares points."""


def compile_program(
    source: PathSource,
    quantity: Quantity,
    sampling: Sampling,
    key: Array,
    devices: Sequence[jax.Device],
) -> Program:
    """Compile the program that simulates one block on each device.

    Raises:
      CamjaxError: a variable or deposit that the model does not have, or more steps than fit in
        memory.
    """
    check_steps_fit(source, key, LANES)

    def on_device(
        model: Model, processes: DriverProcesses, key: Array, first: Array, points: Array
    ) -> Array:
        paths = first + jnp.arange(LANES, dtype=np.uint32)
        own = source.with_leaves(model, processes)
        return group_means(own, quantity, sampling, key, paths, points[0])[None]

    mesh = Mesh(np.array(devices), ("path",))
    mapped = jax.shard_map(
        on_device,
        mesh=mesh,
        in_specs=(*[PartitionSpec()] * 3, *[PartitionSpec("path")] * 2),
        out_specs=PartitionSpec("path"),
        check_vma=False,
    )
    everywhere = NamedSharding(mesh, PartitionSpec())
    shared = jax.device_put((source.model, source.processes, key), everywhere)
    points = next(sampling.points(sampling.unit))
    first = np.zeros(len(devices), np.uint32)
    lowered = jax.jit(mapped).lower(*shared, first, np.stack([points] * len(devices)))
    program = compile_for(lowered, devices)
    return lambda first, points: program(*shared, first, points)


def group_means(
    source: PathSource,
    quantity: Quantity,
    sampling: Sampling,
    key: Array,
    paths: Array,
    points: Array,
) -> Array:
    """Means over consecutive paths of a block: of a unit, or of all where units are longer.

    Returns:
      [groups, T].
    """
    model, wanted = source.model, quantity.key

    def see(memory: None, record: Record) -> tuple[None, dict[str, Any]]:
        return memory, asked(model, record, (wanted,))

    def path(key: Array, normals: Normals) -> Array:
        end, _, kept = run_steps(model, source.feed(key, normals), key, None, see)
        return assemble_path(model, end.groups, kept)[wanted]

    keys = jax.vmap(lambda path: jax.random.fold_in(key, path))(paths)
    normals = sampling.normals(source.processes, key, paths, points)
    values = jax.vmap(path, in_axes=(0, -1), out_axes=-1)(keys, normals)
    return values.reshape(len(values), -1, min(sampling.unit, LANES)).mean(-1).T


def unit_means(
    program: Program, sampling: Sampling, num_paths: int, num_devices: int
) -> Iterator[NDArray]:
    """Means of the units in their order, [some units, T] at a time, in float64."""
    blocks = _groups(program, sampling, num_paths, num_devices)
    if sampling.unit > LANES:
        blocks_per_unit = sampling.unit // LANES
        for _ in range(0, num_paths, sampling.unit):
            unit = np.concatenate([*itertools.islice(blocks, blocks_per_unit)])
            yield unit.mean(0, keepdims=True)
        return
    for first, groups in zip(range(0, num_paths, LANES), blocks, strict=False):
        yield groups[: (num_paths - first) // sampling.unit]


def _groups(
    program: Program, sampling: Sampling, num_paths: int, num_devices: int
) -> Iterator[NDArray]:
    """Group means of each block in order, [groups, T] without padding."""
    points = sampling.points(num_paths)
    under_way: list[Array] = []
    for first in range(0, num_paths, LANES * num_devices):
        starts = first + LANES * np.arange(num_devices, dtype=np.uint64)
        blocks = list(itertools.islice(points, num_devices))
        blocks += [blocks[-1]] * (num_devices - len(blocks))  # devices whose paths are padding
        under_way.append(program(starts.astype(np.uint32), np.stack(blocks)))
        if len(under_way) == IN_FLIGHT:
            yield from jax.device_get(under_way.pop(0)).astype(np.float64)
    for means in under_way:
        yield from jax.device_get(means).astype(np.float64)
