"""What is a store, and where a new one may be."""

import os
from importlib.util import find_spec
from pathlib import Path

from camjax.errors import CamjaxError, refusal
from camjax.results.store_checks import ROOT
from camjax.writing import check_writable

SUFFIX = ".zarr"
"""How the name of a store ends."""


def is_store(path: str | os.PathLike[str]) -> bool:
    """Whether a path is named as a store, or is one."""
    return Path(path).suffix == SUFFIX or (Path(path) / ROOT).exists()


def check_zarr(where: str) -> None:
    """Refuse to go on without the library zarr.

    Args:
      where: what asked for it.

    Raises:
      CamjaxError: it is not installed.
    """
    if find_spec("zarr") is None:
        remedy = "pip install 'camjax[scale]' brings it."
        raise CamjaxError(refusal(where, "the library zarr", "none", remedy))


def check_new_store(path: Path, remedy: str = "Choose another name.") -> None:
    """Refuse, before anything is written, a store that is there or could not be made.

    Leaves no trace.

    Args:
      path: of the store.
      remedy: what helps where one is there.

    Raises:
      CamjaxError: so it is, or zarr is missing.
    """
    check_zarr(str(path))
    if path.exists():
        raise CamjaxError(refusal(str(path), "no store yet", "one that is there", remedy))
    check_writable(path)


def check_store(path: Path) -> None:
    """Refuse what is no store.

    Raises:
      CamjaxError: there is none, or zarr is missing.
    """
    check_zarr(str(path))
    if not (path / ROOT).exists():
        found = "another folder" if path.is_dir() else "none"
        remedy = "`camjax run --out STORE.zarr` makes one."
        raise CamjaxError(refusal(str(path), "the store of a run", found, remedy))


def remove_leftovers(path: Path) -> None:
    """Remove what a killed writer had under temporary names."""
    for pattern in ("*.partial", f".{ROOT}.*"):
        for file in path.rglob(pattern):
            file.unlink(missing_ok=True)
