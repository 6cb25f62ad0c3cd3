"""Where the normals of a path come from: its key, a mirrored partner, or Sobol points."""

import dataclasses
import itertools
import zlib
from collections.abc import Iterator
from typing import Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from camjax.ensemble.lanes import LANES
from camjax.ensemble.variance_reduction.layout import Layout
from camjax.processes import DriverProcesses

SOBOL_BITS = 30
"""Binary digits of a coordinate of a Sobol point."""

Normals = dict[str, Array]


class Sampling(Protocol):
    """Draws the normals of all paths of a block together."""

    @property
    def unit(self) -> int:
        """Consecutive paths that depend on each other; those of different units do not."""
        ...

    def points(self, key: Array, num_paths: int) -> Iterator[NDArray]:
        """What the host prepares for each block: the same shape and dtype for all."""
        ...

    def normals(
        self, processes: DriverProcesses, key: Array, paths: Array, points: Array
    ) -> Normals:
        """Independent standard normals by column, [L, T+1] each, of paths [L]."""
        ...


@dataclasses.dataclass(frozen=True)
class Antithetic:
    """Pairs: path 2i has the normals of its key, path 2i + 1 their negatives."""

    unit: int = 2

    def points(self, key: Array, num_paths: int) -> Iterator[NDArray]:
        """Nothing: [0] for each block."""
        return itertools.repeat(np.zeros(0, np.uint32))

    def normals(
        self, processes: DriverProcesses, key: Array, paths: Array, points: Array
    ) -> Normals:
        """Draw once for a pair."""
        keys = jax.vmap(lambda path: jax.random.fold_in(key, path))(paths[::2])
        return {name: mirrored(rows) for name, rows in jax.vmap(processes.normals)(keys).items()}


@dataclasses.dataclass(frozen=True)
class Sobol:
    """Replicates: each the first points of the Sobol sequence, scrambled independently.

    Points are scrambled by random linear matrices and a digital shift (Matoušek 1998), so each is
    uniform and a replicate is unbiased.

    Args:
      layout: what the dimensions drive.
      unit: paths in a replicate, a power of two.
      mirror: whether each point serves two paths, the second with negative normals.
    """

    layout: Layout
    unit: int
    mirror: bool

    def points(self, key: Array, num_paths: int) -> Iterator[NDArray]:
        """[points of a block, dimensions] in whole units of 2⁻³⁰, zeros where paths are padding."""
        paths_per_point = 1 + self.mirror
        at_once = min(self.unit, LANES) // paths_per_point
        parts = self._parts(key, num_paths // self.unit, at_once)
        padding = np.zeros((LANES // paths_per_point, self.layout.num_dimensions), np.uint32)
        for _ in range(0, num_paths, LANES):
            block = [*itertools.islice(parts, len(padding) // at_once)]
            yield np.concatenate([*block, padding])[: len(padding)]

    def normals(
        self, processes: DriverProcesses, key: Array, paths: Array, points: Array
    ) -> Normals:
        """Invert the normal distribution, coordinate by coordinate."""
        dtypes = [draw.dtype for draw in jax.eval_shape(processes.normals, key).values()]
        normals = normal_of_integer(points, jnp.result_type(*dtypes))
        normals = mirrored(normals) if self.mirror else normals
        return self.layout.normals(normals)

    def _parts(self, key: Array, replicates: int, at_once: int) -> Iterator[NDArray]:
        """Points of all replicates, so many at a time, which do not straddle replicates."""
        from scipy.stats import qmc  # half a second to load, for those who use it

        key = jax.random.fold_in(key, np.uint32(zlib.crc32(b"sobol")))
        for replicate in range(replicates):
            seed = np.asarray(jax.random.key_data(jax.random.fold_in(key, replicate)))
            sequence = qmc.Sobol(
                self.layout.num_dimensions, bits=SOBOL_BITS, rng=np.random.default_rng(seed)
            )
            for _ in range(0, self.unit // (1 + self.mirror), at_once):
                yield (sequence.random(at_once) * 2**SOBOL_BITS).astype(np.uint32)


def mirrored(normals: Array) -> Array:
    """Each row followed by its negative: [L/2, …] to [L, …]."""
    return jnp.stack([normals, -normals], axis=1).reshape(-1, *normals.shape[1:])


def normal_of_integer(integers: Array, dtype: np.dtype) -> Array:
    """Standard normals from integers uniform on 0…2³⁰ − 1.

    Z = Φ⁻¹((n + 1/2) 2⁻³⁰)

    Each integer stands for the middle of its cell, so none is infinite, and n and 2³⁰ − 1 − n give
    opposite normals. The upper half is computed from the lower, where float32 has digits to spare.
    """
    last = jnp.asarray(2**SOBOL_BITS - 1, integers.dtype)
    upper = integers > last // 2
    tail = jnp.where(upper, last - integers, integers).astype(dtype)
    lower = jax.scipy.special.ndtri((tail + 0.5) * 2.0**-SOBOL_BITS)
    return jnp.where(upper, -lower, lower)
