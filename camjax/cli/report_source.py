"""What `camjax report` makes a report of: a file, or what a folder holds."""

from pathlib import Path

from camjax.errors import CamjaxError, refusal
from camjax.report import Report, build_report
from camjax.report.sensitivity import Ranking, sensitivity_report
from camjax.results import load_results
from camjax.runs.requests import RESULTS
from camjax.writing.seals import read_sealed_json

RANKING = "sensitivity.json"
"""What `camjax sensitivity` leaves in its folder for the report."""


def read_report(path: Path) -> Report:
    """The report of results, whatever command wrote them.

    Args:
      path: of the file, or of the folder that a command wrote.

    Raises:
      CamjaxError: there is nothing to report of, or the folder holds several results.
    """
    known = [name for name in (RESULTS, RANKING) if (path / name).exists()]
    if len(known) > 1:
        got = " and ".join(known)
        raise CamjaxError(refusal(str(path), "results of one kind", got, "Name the file."))
    path = path.joinpath(*known)
    return _of_ranking(path) if path.suffix == ".json" else build_report(load_results(path))


def _of_ranking(path: Path) -> Report:
    """The report of a sensitivity analysis.

    Raises:
      CamjaxError: the file is not what such an analysis writes.
    """
    document = read_sealed_json(path, f"the {RANKING} of a sensitivity analysis, as it was written")
    return sensitivity_report(Ranking.read(document))
