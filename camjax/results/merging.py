"""Stores of the shards of one run, put together in one."""

import contextlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from camjax.ensemble.manifest import check_same
from camjax.errors import CamjaxError, refusal
from camjax.results.store import PATHS, PathStore, load_store


def shards_in_order(stores: Sequence[Path]) -> list[PathStore]:
    """All shards of one run, that of the first paths first.

    Raises:
      CamjaxError: they are of different runs, or one is unfinished, missing or given twice.
    """
    shards = sorted(map(PathStore, stores), key=lambda shard: shard.paths.start)
    shared = {name: entry for name, entry in shards[0].manifest.items() if name != PATHS}
    expected = 0
    for shard in shards:
        where = str(shard.path)
        shard.check_whole()
        check_same(shard.path, shared, shard.manifest)
        if shard.done < len(shard.paths):
            raise CamjaxError(refusal(where, "a shard that has ended", "one to be resumed"))
        if shard.paths.start != expected:
            wanted = f"a shard that begins at path {expected}"
            raise CamjaxError(refusal(where, wanted, f"one that begins at {shard.paths.start}"))
        expected = shard.paths.stop
    if expected != shared["num_paths"]:
        wanted = f"shards of all {shared['num_paths']} paths"
        raise CamjaxError(refusal(where, wanted, f"none beyond path {expected}"))
    return shards


def merge_stores(
    shards: Sequence[PathStore], path: Path, progress: Callable[[float], None] | None = None
) -> PathStore:
    """Copy all paths into a new store; where that fails, it is removed again.

    Args:
      shards: as `shards_in_order` gives them.
      path: of the new store.
      progress: is told the share that is done.

    Raises:
      CamjaxError: there is no room, or the store cannot be written.
    """
    _check_room(shards, path)
    first, batch = shards[0], shards[0].batch
    whole = PathStore.create(
        path,
        load_store(first.path).isel(path=slice(1)).load().drop_encoding(),
        first.remembered(slice(1)),
        batch=batch,
        manifest=first.manifest | {PATHS: [0, shards[-1].paths.stop]},
    )
    with contextlib.ExitStack() as unfinished:
        unfinished.callback(shutil.rmtree, path, ignore_errors=True)
        for shard in shards:
            for place in range(0, len(shard.paths), batch):
                places = slice(place, place + batch)
                whole.write(shard.variables(places), shard.remembered(places))
                if progress is not None:
                    progress(whole.done / len(whole.paths))
        unfinished.pop_all()
    return whole


def _check_room(shards: Sequence[PathStore], path: Path) -> None:
    """Refuse to write more than the disk has room for."""
    folder = next(folder for folder in path.absolute().parents if folder.exists())
    size, room = sum(shard.size_bytes for shard in shards), shutil.disk_usage(folder).free
    if size > room:
        expected, found = (f"{amount / 2**30:,.1f} GiB of disk" for amount in (size, room))
        raise CamjaxError(refusal(str(path), expected, found, "Make room, or write elsewhere."))
