"""Runs that keep their paths until the end, or small enough to hold them for exact statistics."""

import functools
from functools import partial
from typing import TYPE_CHECKING

from camjax.analysis import shares
from camjax.arguments import Keep
from camjax.progress import Report
from camjax.results import save_results, statistics, to_dataset
from camjax.runs.outcome import Run
from camjax.runs.paths import PathsRun, check_kept, run_paths
from camjax.runs.requests import Request
from camjax.runs.summary import summarise
from camjax.scenario import Scenario
from camjax.writing.held import reserve

if TYPE_CHECKING:
    import xarray


def run_kept(request: Request, scenario: Scenario, report: Report) -> Run:
    """Run all paths, write what was asked for, and put it in short.

    Raises:
      CamjaxError: the paths do not fit in memory, or the results cannot be written.
    """
    num_paths, seed, file = request.num_paths(scenario), request.seed, request.file
    keep: Keep | None = None if request.only_summary else request.keep or "trajectories"
    if keep is not None:
        check_kept(scenario, num_paths, keep)
    if file is not None:
        reserve([file])
    finished = run_paths(scenario, num_paths, seed, keep, report)
    results = functools.cache(partial(_results, finished, scenario, seed, keep))
    if file is not None:
        report("writing", 1.0)
        save_results(results(), file)
    summary = summarise(scenario, finished, seed, None if file is None else str(file))
    return Run(scenario, summary, results)


def _results(
    finished: PathsRun, scenario: Scenario, seed: int, keep: Keep | None
) -> "xarray.Dataset":
    """What was kept, as a dataset; statistics are of shares too, and say of how many paths."""
    steps, model = scenario.steps, scenario.model
    dataset = to_dataset(finished.kept, model, scenario=scenario, seed=seed, last_step=steps)
    if keep != "statistics":
        return dataset
    found = statistics(dataset.assign(share=shares(dataset)))
    return found.assign_attrs(paths=dataset.sizes["path"])
