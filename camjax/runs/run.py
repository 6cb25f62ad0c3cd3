"""The verb `run`: paths of a scenario, kept, folded or stored as they were asked for."""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, cast, get_args

import jax

from camjax.arguments import MOST_SEED, Keep, argument, one_of, place, text, texts, whole, yes_or_no
from camjax.errors import CamjaxError, refusal
from camjax.progress import Progress, Report, told
from camjax.runs.kept import run_kept
from camjax.runs.large import run_large
from camjax.runs.outcome import Run
from camjax.runs.requests import Request
from camjax.runs.stored import run_stored
from camjax.scenario import Scenario, as_scenario
from camjax.scenario.sources import Source
from camjax.writing.held import until_the_end


def run(
    scenario: Scenario | Source,
    *,
    paths: int | None = None,
    seed: int = 0,
    keep: Keep | None = None,
    out: str | os.PathLike[str] | None = None,
    variables: Sequence[str] | None = None,
    until: tuple[float, str] | None = None,
    events: Sequence[str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    resume: bool = False,
    shard: str | None = None,
    progress: Progress = None,
) -> Run:
    """Run random paths of a scenario; `camjax run` does the same.

    Args:
      scenario: one that is loaded, or what `load_scenario` takes: a built-in name, a file, text or
        a mapping.
      paths: P; 1000 if left out, 1 where nothing is random; with `until` the most.
      seed: of all paths; path i draws from `fold_in(key(seed), i)`.
      keep: "trajectories", "final" (the last step) or "statistics" over paths; left out,
        trajectories up to 512 MiB, else statistics.
      out: folder to write `results.nc` to; or a store STORE.zarr, to which trajectories of any
        number of paths go as they finish.
      variables: those to keep, besides balances and what shares need; without a store, of
        statistics.
      until: (W, statistic): paths are added until the statistic, such as "share[savings]" or
        "share[savings] > 0.6", is known ± W at 95 %.
      events: such as "share[savings] > 0.6": how probable each is and when it first is so.
      overrides: values by dotted path, laid over the scenario.
      resume: whether to continue the run that was interrupted in `out`.
      shard: "I/N": run this part of the paths only; `camjax merge` puts parts together.
      progress: True for a bar on a terminal, or what is told what is being done and the share of
        it that is done.

    Raises:
      CamjaxError: an argument that cannot be, some that do not go together, or more than fits in
        memory or on the disk.
      KeyboardInterrupt: Ctrl-C; where the run was saved as it went, it says how to go on.

    >>> finished = run("fei", overrides={"steps": 3}, paths=4)
    >>> finished.to_xarray().balance.shape, finished.to_dict()["num_paths"]
    ((4, 3, 4), 4)
    """
    request = Request(
        out=None if out is None else place("out", out),
        paths=None if paths is None else whole("paths", paths, 1),
        seed=whole("seed", seed, 0, MOST_SEED),
        keep=None if keep is None else cast("Keep", one_of("keep", keep, get_args(Keep))),
        variables=None if variables is None else texts("variables", variables),
        until=None if until is None else _precision(until),
        events=None if events is None else texts("events", events),
        shard=None if shard is None else text("shard", shard),
        resume=yes_or_no("resume", resume),
    )
    request.check()
    loaded = as_scenario(scenario, overrides)
    with told(progress) as report:
        return carry_out(request, loaded, report)


@until_the_end()
def carry_out(request: Request, scenario: Scenario, report: Report) -> Run:
    """Run what was asked for.

    Processes that have met by `jax.distributed` share the paths, and all get the whole; the first
    of them writes.

    Raises:
      CamjaxError: as `run`.
    """
    request = dataclasses.replace(request, processes=jax.process_count())
    request.check()
    if request.is_stored:
        return run_stored(request, scenario, report)
    way = run_large if request.is_large(scenario) else run_kept
    return way(request, scenario, report)


def _precision(until: object) -> tuple[float, str]:
    """Half-width and statistic.

    Raises:
      CamjaxError: anything else.
    """
    match until:
        case (Real() as width, str() as statistic) if not isinstance(width, bool):
            return float(width), statistic
    expected = '(half-width, statistic) such as (0.01, "share[savings]")'
    raise CamjaxError(refusal(argument("until"), expected, repr(until)))
