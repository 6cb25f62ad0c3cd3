"""What makes two runs one and the same: the manifest of a run, and how it is compared."""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax import Array

from camjax._version import __version__
from camjax.ensemble.base import PathSource
from camjax.ensemble.reducers import Reducer
from camjax.errors import CamjaxError, refusal

FORMAT = 2
"""Counts changes of what is saved, and of the draws behind it."""


def manifest_of(
    scenario: PathSource, key: Array, reducers: Sequence[Reducer], about: Mapping[str, str | int]
) -> dict[str, Any]:
    """All that every path of a run and what is made of it depend on, as plain values.

    Args:
      scenario: its numbers enter as a digest, so that the contents of files which its text only
        names count too.
      key: random key of all paths.
      reducers: what folds the paths.
      about: what the caller says of the run, such as the scenario's text and the seed.
    """
    return {
        "format": FORMAT,
        "version": f"camjax {__version__}, jax {jax.__version__}",
        **about,
        "numbers": _digest((scenario.model, scenario.processes)),
        "key": np.asarray(jax.random.key_data(key)).tolist(),
        "reducers": [_described(reducer) for reducer in reducers],
    }


def check_same(file: Path, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """Refuse the file of another run, naming the first wanted entry that differs.

    Raises:
      CamjaxError: something differs.
    """
    for name in wanted:
        if wanted[name] != found.get(name):
            ours, theirs = _first_difference(wanted[name], found.get(name))
            remedy = "It belongs to another run."
            raise CamjaxError(refusal(f"{file}: {name}", ours, theirs, remedy))


def _first_difference(wanted: Any, found: Any) -> tuple[str, str]:
    """Where two entries differ: lines of texts and entries of lists, else the whole."""
    if isinstance(wanted, str) and isinstance(found, str):
        wanted, found = wanted.splitlines(), found.splitlines()
    if isinstance(wanted, list) and isinstance(found, list):
        wanted, found = [*wanted, "nothing"], [*found, "nothing"]
        pairs = zip(wanted, found, strict=False)
        wanted, found = next(pair for pair in pairs if pair[0] != pair[1])
    return str(wanted), "nothing" if found is None else str(found)


def _described(reducer: Reducer) -> str:
    """A reducer with its settings where it tells them, else its name."""
    return repr(reducer) if dataclasses.is_dataclass(reducer) else reducer.name


def _digest(tree: Any) -> str:
    """A fingerprint of every number in a pytree."""
    fingerprint = hashlib.sha256()
    for leaf in jax.tree.leaves(tree):
        array = np.asarray(leaf)
        fingerprint.update(f"{array.dtype}{array.shape}".encode())
        fingerprint.update(array.tobytes())
    return fingerprint.hexdigest()
