"""Runs that keep their paths until the end, or small enough to hold them for exact statistics."""

from typing import TYPE_CHECKING

from camjax.analysis import shares
from camjax.results import save_results, statistics, to_dataset
from camjax.runs.paths import Run, check_kept, run_paths
from camjax.runs.progress import Report
from camjax.runs.requests import RESULTS, Keep, Request
from camjax.runs.summary import Summary, summarise
from camjax.scenario import Scenario

if TYPE_CHECKING:
    import xarray


def run_kept(request: Request, scenario: Scenario, report: Report) -> Summary:
    """Run all paths, write what was asked for, and put it in short.

    Raises:
      CamjaxError: the paths do not fit in memory, or the results cannot be written.
    """
    num_paths, seed = request.num_paths(scenario), request.seed
    file = None if request.out is None else request.out / RESULTS
    keep: Keep | None = None if file is None else request.keep or "trajectories"
    if keep is not None:
        check_kept(scenario, num_paths, keep)
    finished = run_paths(scenario, num_paths, seed, keep, report)
    if file is not None:
        report("writing", 1.0)
        dataset = _labelled(finished, scenario, seed)
        save_results(_statistics(dataset) if keep == "statistics" else dataset, file)
    return summarise(scenario, finished, seed, None if file is None else str(file))


def _statistics(dataset: "xarray.Dataset") -> "xarray.Dataset":
    """Statistics over paths, of shares too, and of how many paths they are."""
    found = statistics(dataset.assign(share=shares(dataset)))
    return found.assign_attrs(paths=dataset.sizes["path"])


def _labelled(finished: Run, scenario: Scenario, seed: int) -> "xarray.Dataset":
    """What was kept, as a dataset."""
    return to_dataset(
        finished.kept, scenario.model, scenario=scenario, seed=seed, last_step=scenario.steps
    )
