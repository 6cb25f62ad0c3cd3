"""Trajectories of more paths than memory holds: a Zarr store that grows batch by batch."""

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from camjax.errors import CamjaxError, refusal
from camjax.results.store_checks import (
    ROOT,
    RUN,
    check_whole,
    read_metadata,
    read_root,
    sealed,
)
from camjax.results.store_places import check_store
from camjax.writing import written_whole
from camjax.writing.temporaries import temporary_name

if TYPE_CHECKING:
    import xarray

PATHS = "paths"
"""The entry of a manifest that says which paths a store is to hold, as a range's two ends."""

EVERY_CHUNK = {"array.write_empty_chunks": True}
"""Setting of zarr: what holds the fill value alone is written too, so that none may be missing."""

ELSEWHERE = "Make room, or choose another place."

UNFINISHED = "unfinished"
"""The attribute of a store whose run has not ended."""


class PathStore:
    """A store of consecutive paths, of which the first are there: what `xarray.open_zarr` reads.

    Every array has its final shape from the beginning, but readers are told of the finished paths
    alone, by one file that is replaced in one act when a batch is written. So a reader sees whole
    batches at any moment, whatever stopped the writer, and only the batch under way can be lost.
    """

    def __init__(self, path: Path, remedy: str = ELSEWHERE) -> None:
        """Open a store to write it.

        Args:
          path: of the store.
          remedy: what helps where it cannot be written.

        Raises:
          CamjaxError: there is no store of a run.
        """
        import zarr

        check_store(path)
        self.path, self._remedy = path, remedy
        members = read_root(path).get("consolidated_metadata", {}).get("metadata", {})
        about = members.get(RUN, {}).get("attributes", {}).get("manifest", {})
        if PATHS not in about:
            raise CamjaxError(refusal(str(path), "the store of a run", "another store"))
        with _refused(path, remedy), zarr.config.set(EVERY_CHUNK):
            self._root: Any = zarr.open_group(path, mode="r+", use_consolidated=False)
            self._run: Any = self._root[RUN]

    def check_whole(self) -> None:
        """Refuse a store in which something of the paths that are done is not there.

        Raises:
          CamjaxError: so it is.
        """
        check_whole(self.path, read_root(self.path))

    @classmethod
    def create(
        cls,
        path: Path,
        one_path: "xarray.Dataset",
        remembered: Mapping[str, NDArray],
        *,
        batch: int,
        manifest: Mapping[str, Any],
        remedy: str = ELSEWHERE,
    ) -> "PathStore":
        """Make a store without paths yet.

        Args:
          path: of the store.
          one_path: what it is to hold, as `to_dataset` labels it, of one path.
          remembered: what is to be kept of each path besides, as arrays [1, ...].
          batch: paths of a chunk.
          manifest: what is run, with an entry `PATHS`.
          remedy: what helps where it cannot be written once it is made.

        Raises:
          CamjaxError: it cannot be written.
        """
        import zarr
        from zarr.codecs import ZstdCodec

        compressor = ZstdCodec(level=0, checksum=True)
        num_paths = len(range(*manifest[PATHS]))
        growing = [str(name) for name, each in one_path.variables.items() if "path" in each.dims]
        chunks = {name: (batch, *one_path[name].shape[1:]) for name in growing}
        labels = {
            str(name): each.astype(object)
            for name, each in one_path.coords.items()
            if _is_text(each)
        }
        temporary = temporary_name(path)
        try:
            with _refused(path), zarr.config.set(EVERY_CHUNK):
                path.parent.mkdir(parents=True, exist_ok=True)
                one_path.assign_coords(labels).assign_attrs(
                    {UNFINISHED: f"of {num_paths} paths"}
                ).to_zarr(
                    temporary,
                    mode="w",
                    zarr_format=3,
                    consolidated=False,
                    encoding={
                        name: {"chunks": chunks[name], "compressors": (compressor,)}
                        for name in growing
                    },
                )
                root: Any = zarr.open_group(temporary, mode="r+", use_consolidated=False)
                for name in growing:
                    root[name].resize((num_paths, *one_path[name].shape[1:]))
                run = root.create_group(RUN, attributes={"manifest": dict(manifest)})
                for name, values in remembered.items():
                    shape = values.shape[1:]
                    run.create_array(
                        name,
                        shape=(num_paths, *shape),
                        chunks=(batch, *shape),
                        dtype=values.dtype,
                        compressors=(compressor,),
                        dimension_names=("path", *(f"{name}_{axis}" for axis in range(len(shape)))),
                    )
                members = [
                    *map(str, one_path.variables),
                    RUN,
                    *(f"{RUN}/{name}" for name in remembered),
                ]
                _tell_first(temporary, members)
                os.rename(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return cls(path, remedy)

    @property
    def manifest(self) -> dict[str, Any]:
        """What is run."""
        return self._run.attrs["manifest"]

    @property
    def paths(self) -> range:
        """Paths that it is to hold."""
        return range(*self.manifest[PATHS])

    @property
    def batch(self) -> int:
        """Paths of a chunk."""
        return self._root["path"].chunks[0]

    @property
    def done(self) -> int:
        """How many of them are there."""
        return read_root(self.path)["consolidated_metadata"]["metadata"]["path"]["shape"][0]

    def write(self, variables: Mapping[str, NDArray], remembered: Mapping[str, NDArray]) -> None:
        """Add the next paths, arrays [batch, ...]; what lies beyond the last is dropped.

        Raises:
          CamjaxError: they cannot be written; the store holds what it held.
        """
        import zarr

        first, paths = self.done, self.paths
        stop = min(first + len(next(iter(variables.values()))), len(paths))
        both = ((self._root, variables), (self._run, remembered))
        with _refused(self.path, self._remedy), zarr.config.set(EVERY_CHUNK):
            self._root["path"][first:stop] = np.asarray(paths[first:stop])
            for group, arrays in both:
                for name, values in arrays.items():
                    group[name][first:stop] = values[: stop - first]
            self._tell_of(stop)

    def variables(self, places: slice) -> dict[str, NDArray]:
        """Trajectories of the paths at some places, as `write` takes them."""
        arrays = {name: each for name, each in self._root.arrays() if name != "path"}
        return {
            name: array[places]
            for name, array in arrays.items()
            if (array.metadata.dimension_names or ("",))[0] == "path"
        }

    def remembered(self, places: slice = slice(None)) -> dict[str, Any]:
        """What is kept of each path besides its trajectory, of the paths that are there."""
        there = slice(*places.indices(self.done))
        return {name: array[there] for name, array in self._run.arrays()}

    @property
    def size_bytes(self) -> int:
        """Room that the store takes."""
        return sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file())

    def _tell_of(self, done: int) -> None:
        """Let readers see the first paths."""
        root = read_root(self.path)
        _set_length(root, done)
        if done == len(self.paths):
            root["attributes"].pop(UNFINISHED, None)
        _replace(self.path, root)


def _tell_first(path: Path, members: Sequence[str]) -> None:
    """Let readers see that there are no paths yet, and everything else."""
    root = read_metadata(path / ROOT)
    root["consolidated_metadata"] = {
        "kind": "inline",
        "must_understand": False,
        "metadata": {name: read_metadata(path / name / ROOT) for name in members},
    }
    _set_length(root, 0)
    _replace(path, root)


def _set_length(root: dict[str, Any], done: int) -> None:
    """Set how many paths a reader is told of."""
    for each in root["consolidated_metadata"]["metadata"].values():
        if each.get("dimension_names", [])[:1] == ["path"]:
            each["shape"][0] = done


def _replace(folder: Path, root: dict[str, Any]) -> None:
    with written_whole(folder / ROOT) as temporary:
        temporary.write_text(sealed(root), "utf-8")


def load_store(path: Path) -> "xarray.Dataset":
    """Read the paths that a store holds by now; values are read from disk when they are used.

    Raises:
      CamjaxError: there is no such store, it is not whole, or zarr is missing.
    """
    import xarray

    check_store(path)
    check_whole(path, read_root(path))
    try:
        dataset = xarray.open_dataset(path, engine="zarr", chunks=None, decode_timedelta=False)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CamjaxError(refusal(str(path), "a store of results", "another store")) from error
    texts = {name: each for name, each in dataset.coords.items() if _is_text(each)}
    labels = {name: each.copy(data=each.values.tolist()) for name, each in texts.items()}
    return dataset.assign_coords(labels)


def _is_text(array: "xarray.DataArray") -> bool:
    return array.dtype.kind in "UOT"


@contextlib.contextmanager
def _refused(path: Path, remedy: str = ELSEWHERE) -> Iterator[None]:
    """Turn what a disk refuses into one line."""
    try:
        yield
    except OSError as error:
        found = (error.strerror or str(error)).lower()
        raise CamjaxError(
            refusal(str(path), "a store that can be written", found, remedy)
        ) from error
