"""What a command writes into its folder, each file whole or not at all."""

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from camjax.cli.held import reserve
from camjax.cli.requests import REPORT
from camjax.errors import CamjaxError, refusal
from camjax.results import save_results
from camjax.writing import write_whole

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

METRICS = "metrics.csv"
WEIGHTS = "weights.csv"
RESULTS = "results.nc"

ANSWERS = (
    RESULTS,
    REPORT,
    METRICS,
    "design.csv",
    "forecasts.csv",
    "fit.json",
    "sensitivity.json",
    "sensitivity.csv",
    "second.csv",
    "over-time.csv",
)
"""What commands leave in their folders that speaks of one answer alone.

Not among them: what may as well be a user's own there, such as scenario.toml, weights.csv.
"""

NO_FIGURES = "No figures: matplotlib is missing; pip install 'camjax[report]' brings it."


def check_folder(folder: Path | None, names: Iterable[str]) -> None:
    """Refuse, before anything is computed, a folder in which these files could not be written.

    Until the command ends, no other process writes them.

    Raises:
      CamjaxError: one of them cannot be written, or another process writes it.
    """
    if folder is not None:
        reserve(folder / name for name in names)


def check_leftovers(folder: Path | None, names: Iterable[str], with_report: bool = False) -> None:
    """Refuse, before anything is computed, a folder in which an earlier answer would be left.

    What another command, or this one with other options, wrote there would stand beside new
    results as if it were of them. Nothing is removed: it may be wanted.

    Args:
      folder: to be written.
      names: of what the command writes there besides a report.
      with_report: whether it writes a report.

    Raises:
      CamjaxError: there is such a file.
    """
    if folder is None:
        return
    written = {*names, REPORT} if with_report else {*names}
    left = [name for name in ANSWERS if name not in written and (folder / name).exists()]
    if left:
        anew = ", or --report, which writes it anew" if left == [REPORT] else ""
        raise CamjaxError(
            refusal(
                str(folder),
                "a folder without answers that would not be written anew",
                ", ".join(left),
                f"Choose another folder, or remove them first{anew}.",
            )
        )


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
