"""What a command writes into its folder, each file whole or not at all."""

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from camjax.results import save_results
from camjax.writing import write_whole
from camjax.writing.held import reserve

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

METRICS = "metrics.csv"
WEIGHTS = "weights.csv"
RESULTS = "results.nc"

NO_FIGURES = "No figures: matplotlib is missing; pip install 'camjax[report]' brings it."


def check_folder(folder: Path | None, names: Iterable[str]) -> None:
    """Refuse, before anything is computed, a folder in which these files could not be written.

    Until the command ends, no other process writes them.

    Raises:
      CamjaxError: one of them cannot be written, or another process writes it.
    """
    if folder is not None:
        reserve(folder / name for name in names)


def can_draw() -> bool:
    """Whether matplotlib is there."""
    return find_spec("matplotlib") is not None


def pictures(*figures: str) -> tuple[str, ...]:
    """Names of the files of figures."""
    from calibration.figures import FORMATS

    return tuple(f"{figure}.{kind}" for figure in figures for kind in FORMATS)


def is_picture(file: str) -> bool:
    """Whether a file is one of a figure."""
    from calibration.figures import FORMATS

    return file.endswith(tuple(f".{kind}" for kind in FORMATS))


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
    drawn = render_all(figures)
    save_results(dataset, folder / RESULTS)
    return [*write_texts(folder, tables), str(folder / RESULTS), *write_files(folder, drawn)]


def render_all(figures: Mapping[str, "Figure"]) -> dict[str, bytes]:
    """Every figure as SVG and PNG, by file name.

    Args:
      figures: by file name without its ending.
    """
    if not figures:
        return {}
    from calibration.figures import FORMATS, render

    return {
        f"{name}.{kind}": render(figure, kind)
        for name, figure in figures.items()
        for kind in FORMATS
    }


def written(files: Iterable[str]) -> str:
    """What to say of files that were written."""
    return f"Wrote {', '.join(files)}." + ("" if can_draw() else f" {NO_FIGURES}")


def write_texts(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """Write texts by file name into a folder, which is made if it is not there.

    Returns:
      The files written.

    Raises:
      CamjaxError: a file cannot be written.
    """
    return write_files(folder, {name: text.encode() for name, text in texts.items()})


def write_files(folder: Path, contents: Mapping[str, bytes]) -> list[str]:
    """Write contents by file name, as `write_texts`."""
    for name, content in contents.items():
        write_whole(folder / name, content)
    return [str(folder / name) for name in contents]
