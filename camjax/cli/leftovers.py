"""Files of an earlier answer that a new one would leave beside itself."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from camjax.cli.outputs import METRICS, RESULTS, can_draw, is_picture, pictures
from camjax.errors import CamjaxError, refusal
from camjax.runs.requests import REPORT

FIT = "fit.json"
FORECASTS = "forecasts.csv"
RANKING = "sensitivity.json"

ANSWERS = (
    RESULTS,
    REPORT,
    METRICS,
    "design.csv",
    FORECASTS,
    FIT,
    RANKING,
    "sensitivity.csv",
    "second.csv",
    "over-time.csv",
)
"""What commands leave in their folders that speaks of one answer alone.

Not among them: what may as well be a user's own there, such as scenario.toml, weights.csv.
"""


def check_leftovers(
    folder: Path | None, names: Iterable[str], with_report: bool | None = None
) -> None:
    """Refuse, before anything is computed, a folder in which an earlier answer would be left.

    What another command, or this one with other options, wrote there would stand beside new
    results as if it were of them. Nothing is removed: it may be wanted.

    Args:
      folder: to be written.
      names: of what the command may write there besides a report; pictures only if they can be
        drawn.
      with_report: whether it writes a report; None: it cannot.

    Raises:
      CamjaxError: there is such a file.
    """
    if folder is None:
        return
    written = {*names, REPORT} if with_report else {*names}
    if not can_draw():
        written = {name for name in written if not is_picture(name)}
    left = [name for name in dict.fromkeys(_of_answers(folder)) if name not in written]
    if left:
        can_report = with_report is not None
        anew = ", or --report, which writes it anew" if left == [REPORT] and can_report else ""
        raise CamjaxError(
            refusal(
                str(folder),
                "a folder without answers that would not be written anew",
                ", ".join(left),
                f"Choose another folder, or remove them first{anew}.",
            )
        )


def remove_earlier(folder: Path, names: Iterable[str], files: Iterable[str]) -> None:
    """Remove what the same command wrote before and, against expectation, has not written anew.

    So it is with the files of a method that fails this time.

    Args:
      folder: that was written.
      names: as `check_leftovers` was told.
      files: that were written.
    """
    for name in {*names} - {Path(file).name for file in files}:
        (folder / name).unlink(missing_ok=True)


def _of_answers(folder: Path) -> Iterator[str]:
    """Names in a folder of what belongs to an answer, by itself or beside what does."""
    for name in ANSWERS:
        if (folder / name).exists():
            yield name
            beside = BESIDE[name]() if name in BESIDE else ()
            yield from (other for other in beside if (folder / other).exists())


def _beside_fit() -> Iterable[str]:
    from camjax.cli.calibrate_outputs import FITTED, files_of

    return [FITTED, *files_of(None, fit_drivers=True)]


def _beside_forecasts() -> Iterable[str]:
    from calibration.forecast import FORECASTERS
    from camjax.cli.forecast_outputs import files_of

    return files_of(FORECASTERS, FORECASTERS, ex_post=True)


BESIDE: Mapping[str, Callable[[], Iterable[str]]] = {
    FIT: _beside_fit,
    FORECASTS: _beside_forecasts,
    METRICS: lambda: pictures("weights", "errors"),
    RANKING: lambda: pictures("tornado", "over-time"),
}
"""Names that may be a user's own, but not beside such an answer."""
