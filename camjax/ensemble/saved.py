"""The file of a run's partial results: an .npz archive with its manifest as JSON inside."""

import dataclasses
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camjax.errors import CamjaxError, refusal
from camjax.writing import read_sealed, write_sealed

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
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(MANIFEST, json.dumps(saved.manifest, indent=1))
    write_sealed(file, stream.getbuffer())


def read_saved(file: Path) -> Saved:
    """Read what `write_saved` wrote.

    Raises:
      CamjaxError: there is no such file, it is no file of a run, or not as it was written.
    """
    expected = "the file of a run, as it was written"
    stream = io.BytesIO(read_sealed(file, expected, required=True))
    try:
        with zipfile.ZipFile(stream) as archive:
            manifest = json.loads(archive.read(MANIFEST))
        stream.seek(0)
        with np.load(stream, allow_pickle=False) as arrays:
            places = sum(name.startswith(PARTIAL) for name in arrays.files)
            leaves = [arrays[f"{PARTIAL}{place}"] for place in range(places)]
            constants = {
                name.removeprefix(CONSTANT): arrays[name]
                for name in arrays.files
                if name.startswith(CONSTANT)
            }
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise CamjaxError(refusal(str(file), expected, "another file")) from error
    return Saved(manifest, leaves, constants)
