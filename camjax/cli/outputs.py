"""What a command writes into its folder, each file whole or not at all."""

import os
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from camjax.errors import CamjaxError, refusal
from camjax.results import check_writable, save_results

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

METRICS = "metrics.csv"
WEIGHTS = "weights.csv"
RESULTS = "results.nc"

NO_FIGURES = "No figures: matplotlib is missing; pip install 'camjax[report]' brings it."


def check_folder(folder: Path | None, names: Iterable[str]) -> None:
    """Refuse, before anything is computed, a folder in which these files could not be written.

    Raises:
      CamjaxError: one of them cannot.
    """
    if folder is not None:
        for name in names:
            check_writable(folder / name)


def can_draw() -> bool:
    """Whether matplotlib is there."""
    return find_spec("matplotlib") is not None


def write_all(
    folder: Path,
    tables: Mapping[str, str],
    dataset: "xarray.Dataset",
    figures: Mapping[str, "Figure"],
) -> list[str]:
    """Write tables, `results.nc` and every figure as SVG and PNG.

    Args:
      folder: made if it is not there.
      tables: text by file name.
      dataset: for `results.nc`.
      figures: by file name without its ending.

    Returns:
      The files written.

    Raises:
      CamjaxError: a file cannot be written.
    """
    contents = {name: text.encode() for name, text in tables.items()}
    if figures:
        from calibration.figures import FORMATS, render

        contents |= {
            f"{name}.{kind}": render(figure, kind)
            for name, figure in figures.items()
            for kind in FORMATS
        }
    save_results(dataset, folder / RESULTS)
    for name, content in contents.items():
        _write(folder / name, content)
    return [str(folder / name) for name in (*tables, RESULTS, *list(contents)[len(tables) :])]


def written(files: Iterable[str]) -> str:
    """What to say of files that were written."""
    return f"Wrote {', '.join(files)}." + ("" if can_draw() else f" {NO_FIGURES}")


def _write(path: Path, content: bytes) -> None:
    """Write beside the place and rename, so that a reader sees the whole file or none."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            temporary.write_bytes(content)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        got = (error.strerror or str(error)).lower()
        remedy = "Choose another folder."
        raise CamjaxError(refusal(str(path), "a file that can be written", got, remedy)) from error
