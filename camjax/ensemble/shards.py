"""Shards of an ensemble that ran apart, put together from their files."""

import dataclasses
import functools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jax import Array
from numpy.typing import NDArray

from camjax.ensemble.base import PathSource
from camjax.ensemble.blocks import blocks_of
from camjax.ensemble.engine import Ensemble
from camjax.ensemble.manifest import check_same, manifest_of
from camjax.ensemble.program import finish, merge, restore
from camjax.ensemble.reducers import Reducer
from camjax.ensemble.saved import Saved, read_saved
from camjax.errors import CamjaxError, refusal


@dataclasses.dataclass(frozen=True)
class Shards:
    """All shards of one ensemble, in the order of their paths."""

    file: Path
    """Of the first."""
    saved: tuple[Saved, ...]

    @property
    def manifest(self) -> dict[str, Any]:
        """What was run, as the first shard tells it."""
        return self.saved[0].manifest

    @property
    def constants(self) -> dict[str, NDArray]:
        """Arrays that the reducers are made from."""
        return dict(self.saved[0].constants)


def read_shards(files: Sequence[Path]) -> Shards:
    """Read the files of all shards of an ensemble.

    Raises:
      CamjaxError: they are of different ensembles, one is unfinished, missing or given twice.
    """
    read = [(file, read_saved(file)) for file in files]
    read.sort(key=lambda each: each[1].manifest["blocks"])
    first, expected = read[0][1], 0
    for file, saved in read:
        _check_belongs(file, first, saved)
        start, stop = saved.manifest["blocks"]
        if saved.manifest["done"] < stop:
            raise CamjaxError(refusal(str(file), "a shard that has ended", "one to be resumed"))
        if start != expected:
            wanted = f"a shard that begins at block {expected}"
            raise CamjaxError(refusal(str(file), wanted, f"one that begins at {start}"))
        expected = stop
    total = len(blocks_of(first.manifest["num_paths"]))
    if expected != total:
        wanted = f"shards of all {total} blocks"
        raise CamjaxError(refusal(str(read[-1][0]), wanted, f"none beyond block {expected}"))
    return Shards(read[0][0], tuple(saved for _, saved in read))


def merge_shards(
    shards: Shards, scenario: PathSource, key: Array, reducers: Sequence[Reducer]
) -> Ensemble:
    """The ensemble that shards make together: counts exactly, means to rounding.

    Args:
      shards: all of them.
      scenario: that they ran.
      key: with which they ran.
      reducers: that folded them.

    Raises:
      CamjaxError: they ran something else.
    """
    started = time.perf_counter()
    check_same(shards.file, manifest_of(scenario, key, reducers, {}), shards.manifest)
    each = [restore(scenario, key, reducers, saved.leaves) for saved in shards.saved]
    partials = functools.reduce(functools.partial(merge, reducers), each)
    statistics = finish(reducers, partials)
    return Ensemble(shards.manifest["num_paths"], statistics, 0.0, time.perf_counter() - started)


def _check_belongs(file: Path, first: Saved, saved: Saved) -> None:
    """Refuse a shard of another ensemble than the first."""
    apart = ("blocks", "done")
    shared = {name: entry for name, entry in first.manifest.items() if name not in apart}
    check_same(file, shared, saved.manifest)
    same = first.constants.keys() == saved.constants.keys() and all(
        np.array_equal(array, saved.constants[name], equal_nan=True)
        for name, array in first.constants.items()
    )
    if not same:
        expected = "the bins of the other shards"
        remedy = "Run all shards on machines of one kind."
        raise CamjaxError(refusal(str(file), expected, "others", remedy))
