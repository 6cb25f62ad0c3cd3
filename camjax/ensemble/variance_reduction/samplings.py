"""Where the normals of a path come from: its key, a mirrored partner, or Sobol points."""

import dataclasses
import itertools
import math
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
from camjax.ensemble.variance_reduction.scrambling import BITS, normal_of_integer, scramble
from camjax.processes import DriverProcesses
from camjax.processes.stream import parameter_dtype

Normals = dict[str, Array]


class Sampling(Protocol):
    """Draws the normals of all paths of a block together."""

    @property
    def unit(self) -> int:
        """Consecutive paths that depend on each other; those of different units do not."""
        ...

    def points(self, num_paths: int) -> Iterator[NDArray]:
        """What the host prepares for each block: the same shape and dtype for all."""
        ...

    def normals(
        self, processes: DriverProcesses, key: Array, paths: Array, points: Array
    ) -> Normals:
        """Independent standard normals by column, [T+1, L] each, of paths [L]."""
        ...


@dataclasses.dataclass(frozen=True)
class Antithetic:
    """Pairs: path 2i has the normals of its key, path 2i + 1 their negatives."""

    unit: int = 2

    def points(self, num_paths: int) -> Iterator[NDArray]:
        """Nothing: [0] for each block."""
        return itertools.repeat(np.zeros(0, np.uint32))

    def normals(
        self, processes: DriverProcesses, key: Array, paths: Array, points: Array
    ) -> Normals:
        """Draw once for a pair."""
        keys = jax.vmap(lambda path: jax.random.fold_in(key, path))(paths[::2])
        return {name: mirrored(rows) for name, rows in processes.normals(keys).items()}


@dataclasses.dataclass(frozen=True)
class Sobol:
    """Replicates: each the first points of the Sobol sequence, scrambled independently.

    A scrambled point is uniform, so a replicate is unbiased.

    Args:
      layout: what the dimensions drive.
      unit: paths in a replicate, a power of two.
      mirror: whether each point serves two paths, the second with negative normals.
    """

    layout: Layout
    unit: int
    mirror: bool

    def points(self, num_paths: int) -> Iterator[NDArray]:
        """[points of a block, dimensions] in whole units of 2⁻³², not scrambled yet."""
        from scipy.stats import qmc  # half a second to load, for those who use it

        dimensions, replicates = self.layout.num_dimensions, max(1, LANES // self.unit)
        sequence = qmc.Sobol(dimensions, scramble=False, bits=BITS)
        number = LANES // replicates // (1 + self.mirror)
        for block in range(math.ceil(num_paths / LANES)):
            if block * LANES % self.unit == 0:  # always, where a block holds whole replicates
                sequence.reset()
            own = (sequence.random(number) * 2.0**BITS).astype(np.uint32)
            yield np.tile(own, (replicates, 1))

    def normals(
        self, processes: DriverProcesses, key: Array, paths: Array, points: Array
    ) -> Normals:
        """Scramble, and invert the normal distribution coordinate by coordinate."""
        scrambled = self.scrambled(key, paths, points).T
        normals = normal_of_integer(scrambled, parameter_dtype(processes.drawn))
        return self.layout.normals(mirrored(normals) if self.mirror else normals)

    def scrambled(self, key: Array, paths: Array, points: Array) -> Array:
        """Points of a block, each replicate's with its own key."""
        key = jax.random.fold_in(key, np.uint32(zlib.crc32(b"sobol")))
        replicates = paths[:: min(self.unit, LANES)] // np.uint32(self.unit)
        keys = jax.vmap(lambda replicate: jax.random.fold_in(key, replicate))(replicates)
        parted = points.reshape(len(keys), -1, points.shape[-1])
        return jax.vmap(scramble)(parted, keys).reshape(points.shape)


def mirrored(normals: Array) -> Array:
    """Each column followed by its negative: [..., L/2] to [..., L]."""
    return jnp.stack([normals, -normals], axis=-1).reshape(*normals.shape[:-1], -1)
