"""A scenario's outputs at many points of its parameters, as one batched ensemble."""

import math
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import Mesh, PartitionSpec
from numpy.typing import ArrayLike, NDArray

from camjax.ensemble.calls import is_core
from camjax.ensemble.size import check_normals_fit
from camjax.questions.outputs import Outputs
from camjax.scenario import Parameters

LANES = 1024
"""Paths, over all points, that a core simulates at once: they stay in cache."""

MANY_LANES = 131_072
"""As many on any other device: fewer leave it idle."""

CALL_BLOCKS = 8
"""Blocks that a device runs in one call."""

Progress = Callable[[int, int], None]
"""Told how many points are done, of how many."""


class Evaluations:
    """Outputs, or their derivatives, as functions of K parameters on P common random paths.

    Path i draws from `fold_in(key(seed), i)` at every point: outputs are functions of the
    parameters alone, and its normals are drawn once.

    Args:
      parameters: K numbers of a scenario.
      outputs: Q questions about it.
      num_paths: P.
      seed: of all paths.

    Raises:
      CamjaxError: more paths, or steps of them, than fit in memory.
    """

    def __init__(
        self, parameters: Parameters, outputs: Outputs, num_paths: int, seed: int = 0
    ) -> None:
        self.parameters, self.outputs, self.num_paths = parameters, outputs, num_paths
        check_normals_fit(parameters.scenario, num_paths)
        self.dtype = np.dtype(parameters.scenario.precision)
        key = jax.random.key(seed)
        paths = jnp.arange(num_paths, dtype=np.uint32)
        self.keys = jax.vmap(partial(jax.random.fold_in, key))(paths)
        self.normals = jax.jit(parameters.scenario.processes.normals)(self.keys)
        self._combine = jax.jit(jax.vmap(outputs.combine))
        self._programs: dict[Any, Any] = {}
        self.compile_seconds = 0.0
        """How long compiling took so far."""

    def values(
        self, points: ArrayLike, widths: ArrayLike | None = None, progress: Progress | None = None
    ) -> NDArray:
        """[S, Q] outputs at points [S, K].

        Args:
          points: where.
          widths: [C] of comparisons that are to be smooth, see `Outputs.path`.
          progress: is told after every call.
        """
        smooth, kind = self._smooth(widths)
        function = partial(self._outputs, widths=smooth)
        return self._run(("values", kind), function, np.asarray(points), 1, progress)

    def gradients(
        self, points: ArrayLike, widths: ArrayLike | None = None, progress: Progress | None = None
    ) -> tuple[NDArray, NDArray]:
        """[S, Q] outputs and [S, Q, K] their derivatives at points [S, K], exact on these paths.

        Args:
          points: where.
          widths: [C] of comparisons, see `Outputs.path`.
          progress: is told after every call.
        """
        smooth, kind = self._smooth(widths)

        def both(point: Array, keys: Array, normals: Any) -> Array:
            def twice(point: Array) -> tuple[Array, Array]:
                found = self._outputs(point, keys, normals, smooth)
                return found, found

            slopes, found = jax.jacfwd(twice, has_aux=True)(point)
            return jnp.concatenate([found[:, None], slopes], axis=1)

        points = np.asarray(points)
        found = self._run(("gradients", kind), both, points, 1 + points.shape[1], progress)
        return found[..., 0], found[..., 1:]

    def path_values(self, points: ArrayLike) -> NDArray:
        """[S, P, M] what each path gives the expectations at points [S, K]."""
        return self._run("paths", self._paths, np.asarray(points), 1)

    def combine(self, values: ArrayLike) -> NDArray:
        """[S] the first output from what paths give [S, P, M]."""
        return np.asarray(self._combine(jnp.asarray(values, self.dtype))[:, 0], np.float64)

    def margins(self) -> NDArray:
        """[P, C] by how much left sides of comparisons exceed right ones, at the own numbers."""
        if not self.outputs.num_comparisons:
            return np.zeros((self.num_paths, 0))
        model, processes = self.parameters.insert(self.parameters.values)

        def path(key: Array, normals: Any) -> Array:
            return self.outputs.margins(model, processes, key, normals)

        return np.asarray(self._over_paths(path, 1), np.float64)

    def path_gradients(self, widths: ArrayLike) -> tuple[Array, Array]:
        """[P, M] what each path gives the expectations, and [P, M, K] its derivatives.

        Args:
          widths: [C] of comparisons, see `Outputs.path`.
        """
        smooth = jnp.asarray(widths, self.dtype)

        def path(key: Array, normals: Any) -> Array:
            def twice(point: Array) -> tuple[Array, Array]:
                model, processes = self.parameters.insert(point)
                found = self.outputs.path(model, processes, key, normals, smooth)
                return found, found

            slopes, found = jax.jacfwd(twice, has_aux=True)(self.parameters.values)
            return jnp.concatenate([found[:, None], slopes], axis=1)

        found = self._over_paths(path, 1 + len(self.parameters.names))
        return found[..., 0], found[..., 1:]

    def _over_paths(self, function: Any, copies: int) -> Array:
        """[P, ...] a function of a path's key and normals, in blocks that stay in cache."""
        block = max(1, _lanes() // copies)
        lanes_first = jax.tree.map(lambda rows: jnp.moveaxis(rows, -1, 0), self.normals)

        def both(path: tuple[Array, Any]) -> Array:
            found: Array = function(*path)
            return found

        return jax.jit(partial(jax.lax.map, both, batch_size=block))((self.keys, lanes_first))

    def _smooth(self, widths: ArrayLike | None) -> tuple[Array | None, Any]:
        """Widths as an array, and what tells them apart."""
        if widths is None:
            return None, None
        array = jnp.asarray(widths, self.dtype)
        return array, tuple(array.tolist())

    def _outputs(
        self, point: Array, keys: Array, normals: Any, widths: Array | None = None
    ) -> Array:
        """[Q] at one point."""
        return self.outputs.combine(self._paths(point, keys, normals, widths))

    def _paths(self, point: Array, keys: Array, normals: Any, widths: Array | None = None) -> Array:
        """[P, M] at one point."""
        model, processes = self.parameters.insert(point)

        def path(key: Array, normals: Any) -> Array:
            return self.outputs.path(model, processes, key, normals, widths)

        found: Array = jax.vmap(path, in_axes=(0, -1))(keys, normals)
        return found

    def _compiled(self, kind: Any, function: Any, points: NDArray) -> Any:
        """A program for points of this shape, compiled once."""
        if kind not in self._programs:
            started = time.perf_counter()
            lowered = jax.jit(function).lower(points, self.keys, self.normals)
            self._programs[kind] = lowered.compile()
            self.compile_seconds += time.perf_counter() - started
        return self._programs[kind]

    def _run(
        self,
        kind: Any,
        function: Any,
        points: NDArray,
        copies: int,
        progress: Progress | None = None,
    ) -> NDArray:
        """A function of a point at all points, in blocks of points over all devices.

        Args:
          kind: tells functions apart, so that each is compiled once.
          function: maps (point, keys, normals) to an array.
          points: [S, K].
          copies: of a path that the function runs side by side.
          progress: is told after every call.
        """
        num_points, width = points.shape
        devices = jax.local_devices()
        block = max(1, _lanes() // (self.num_paths * copies))
        blocks = min(CALL_BLOCKS, math.ceil(num_points / (block * len(devices))))
        call = block * blocks * len(devices)
        number = math.ceil(num_points / call)
        padded = np.concatenate([points, np.repeat(points[-1:], number * call - num_points, 0)])
        padded = padded.astype(self.dtype).reshape(number, len(devices) * blocks, block, width)

        def on_device(points: Array, keys: Array, normals: Any) -> Array:
            each = jax.vmap(function, in_axes=(0, None, None))
            return jax.lax.map(lambda block: each(block, keys, normals), points)

        mapped = jax.shard_map(
            on_device,
            mesh=Mesh(np.array(devices), ("point",)),
            in_specs=(PartitionSpec("point"), PartitionSpec(), PartitionSpec()),
            out_specs=PartitionSpec("point"),
            check_vma=False,
        )
        program = self._compiled((kind, padded[0].shape), mapped, padded[0])
        found = []
        for place, part in enumerate(padded):
            found.append(np.asarray(program(part, self.keys, self.normals), np.float64))
            if progress is not None:
                progress(min((place + 1) * call, num_points), num_points)
        together = np.concatenate(found)
        return together.reshape(-1, *together.shape[2:])[:num_points]


def _lanes() -> int:
    """Paths, over all points, that a device simulates at once."""
    return LANES if is_core(jax.local_devices()[0]) else MANY_LANES
