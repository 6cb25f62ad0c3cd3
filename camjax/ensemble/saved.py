"""The file of a run's partial results: an .npz archive with its manifest as JSON inside."""

import dataclasses
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camjax.errors import CamjaxError, refusal
from camjax.writing import written_whole

MANIFEST = "manifest.json"
PARTIAL = "partial_"
CONSTANT = "constant_"


@dataclasses.dataclass(frozen=True)
class Saved:
    """What a file holds."""

    manifest: dict[str, Any]
    """What was run, and which blocks are in."""
    leaves: Sequence[NDArray]
    """Of the merged partial results."""
    constants: Mapping[str, NDArray]
    """Arrays that the reducers are made from."""


def write_saved(file: Path, saved: Saved) -> None:
    """Write a file that is whole at any moment: under a temporary name, then renamed.

    Raises:
      CamjaxError: it cannot be written; an earlier file of that name stays as it was.
    """
    arrays = {f"{PARTIAL}{place}": leaf for place, leaf in enumerate(saved.leaves)}
    arrays |= {f"{CONSTANT}{name}": array for name, array in saved.constants.items()}
    with written_whole(file) as temporary:
        with temporary.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
        with zipfile.ZipFile(temporary, "a") as archive:
            archive.writestr(MANIFEST, json.dumps(saved.manifest, indent=1))
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())


def read_saved(file: Path) -> Saved:
    """Read what `write_saved` wrote.

    Raises:
      CamjaxError: there is no such file, or it is no file of a run.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = json.loads(archive.read(MANIFEST))
        with np.load(file, allow_pickle=False) as arrays:
            places = sum(name.startswith(PARTIAL) for name in arrays.files)
            leaves = [arrays[f"{PARTIAL}{place}"] for place in range(places)]
            constants = {
                name.removeprefix(CONSTANT): arrays[name]
                for name in arrays.files
                if name.startswith(CONSTANT)
            }
    except FileNotFoundError as error:
        raise CamjaxError(refusal(str(file), "the file of a run", "no file")) from error
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise CamjaxError(refusal(str(file), "the file of a run", "another file")) from error
    return Saved(manifest, leaves, constants)
