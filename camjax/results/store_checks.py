"""Whether a store is as it was written, and every chunk of the paths it tells of is there."""

import hashlib
import itertools
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from camjax.errors import CamjaxError, refusal

ROOT = "zarr.json"
"""The file that tells a reader what a store, or an array in it, holds."""

RUN = "run"
"""The group beside the trajectories: what was run, and what is remembered of each path."""

DIGEST = "digest"
"""The attribute of `RUN` that holds a digest of all that readers are told."""

EXPECTED = "the store of a run, as it was written"

REMEDY = "Copy the store again, or run it anew."


def read_root(store: Path) -> dict[str, Any]:
    """What readers of a store are told.

    Raises:
      CamjaxError: it is no JSON object, or not as it was written.
    """
    root = read_metadata(store / ROOT)
    if (told := _told_of_run(root)) is not None and told.get(DIGEST) not in (None, _digest(root)):
        got = "one that is damaged or was changed"
        raise CamjaxError(refusal(str(store / ROOT), EXPECTED, got, REMEDY))
    return root


def sealed(root: Mapping[str, Any]) -> str:
    """The text of a root, with its digest in it."""
    told = _told_of_run(root)
    if told is not None:
        told[DIGEST] = _digest(root)
    return json.dumps(root)


def check_whole(store: Path, root: Mapping[str, Any]) -> None:
    """Refuse a store in which something is not there that readers are told of.

    Args:
      store: where it is.
      root: what they are told, from `read_root`.

    Raises:
      CamjaxError: an array differs from what they are told, or a chunk is missing.
    """
    if _told_of_run(root) is None:
        return
    for name, told in root["consolidated_metadata"]["metadata"].items():
        there = read_metadata(store / name / ROOT)
        if _comparable(there) != _comparable(told):
            got = "one that tells something else"
            raise CamjaxError(refusal(str(store / name / ROOT), EXPECTED, got, REMEDY))
        if told["node_type"] == "array":
            for chunk in _chunks(told):
                if not (store / name / chunk).is_file():
                    got = "none: the store is incomplete"
                    where = str(store / name / chunk)
                    raise CamjaxError(refusal(where, "a chunk of paths that are done", got, REMEDY))


def read_metadata(file: Path) -> dict[str, Any]:
    """A JSON object.

    Raises:
      CamjaxError: the file holds none, or is not there.
    """
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        got = "no such file" if isinstance(error, FileNotFoundError) else "something else"
        raise CamjaxError(refusal(str(file), EXPECTED, got, REMEDY)) from error
    if not isinstance(found, dict):
        raise CamjaxError(refusal(str(file), EXPECTED, "something else", REMEDY))
    return found


def _told_of_run(root: Mapping[str, Any]) -> dict[str, Any] | None:
    """Attributes of the group `RUN` as readers are told; None in a store of another kind."""
    found: Any = root
    for key in ("consolidated_metadata", "metadata", RUN, "attributes"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _digest(root: Mapping[str, Any]) -> str:
    """Of all of a root but the digest in it."""
    copied = json.loads(json.dumps(root))
    told = _told_of_run(copied)
    assert told is not None
    told.pop(DIGEST, None)
    return hashlib.sha256(json.dumps(copied, sort_keys=True).encode()).hexdigest()


def _comparable(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata of a member without what a store's own files and its readers are told apart."""
    attributes = {k: v for k, v in metadata.get("attributes", {}).items() if k != DIGEST}
    found = {**metadata, "attributes": attributes}
    found.pop("consolidated_metadata", None)
    if metadata.get("dimension_names", [])[:1] == ["path"]:
        found["shape"] = [None, *metadata.get("shape", [])[1:]]
    return found


def _chunks(array: Mapping[str, Any]) -> Iterator[str]:
    """Files, below its folder, of the chunks that an array of such metadata has."""
    sizes = array["chunk_grid"]["configuration"]["chunk_shape"]
    pairs = zip(array["shape"], sizes, strict=True)
    grid = (range(math.ceil(length / size)) for length, size in pairs)
    for place in itertools.product(*grid):
        yield "/".join(map(str, ("c", *place)))
