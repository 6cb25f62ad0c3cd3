"""Runs of more paths than are kept: in constant memory, saved as they go, alone or in shards."""

import functools
from functools import partial
from pathlib import Path

import jax

from camjax.arguments import argument, same_with
from camjax.ensemble import Shard
from camjax.ensemble.blocks import blocks_of
from camjax.ensemble.quantities import SHARE
from camjax.ensemble.together import blocks_here, wait_for_all
from camjax.errors import CamjaxError, refusal
from camjax.progress import Report
from camjax.results import ensemble_dataset, save_results
from camjax.runs.ensemble import Order, check_recorded, prepare, recorded_variables
from camjax.runs.ensemble_summary import summarise_ensemble
from camjax.runs.outcome import Run
from camjax.runs.pace import pace
from camjax.runs.requests import RESULTS, Request
from camjax.runs.stopped import Stopped
from camjax.scenario import Scenario
from camjax.writing.held import reserve

SAVED = "run.npz"
"""Where a run into a folder is saved until its results are written."""


def run_large(request: Request, scenario: Scenario, report: Report) -> Run:
    """Run an ensemble, write its statistics where that was asked for, and put it in short.

    Of processes that run together the first writes. A shard is saved, and its results are written
    once all are merged.

    Raises:
      CamjaxError: it does not fit in memory, or cannot be written or resumed.
    """
    order = _order(request, scenario)
    if order.file is not None:
        _check_unfinished(request, order.file)
        reserve([order.file])
    file = None if request.shard is not None else request.file
    if file is not None and jax.process_index() == 0:
        reserve([file])
    report("compiling", 0.0)
    prepared = prepare(order)
    try:
        found = prepared.run(pace(report, scenario.steps, prepared.program.memory_bytes))
    except KeyboardInterrupt:
        raise _stopped(order) from None
    results = functools.cache(partial(ensemble_dataset, scenario, found, request.seed))
    if file is not None:
        report("writing", 1.0)
        if jax.process_index() == 0:
            save_results(results(), file)
        wait_for_all()
        if order.file is not None:
            order.file.unlink()
    written = None if file is None else str(file)
    summary = summarise_ensemble(scenario, found, request.seed, written)
    return Run(scenario, summary, results)


def _check_unfinished(request: Request, file: Path) -> None:
    """Refuse to resume what has ended: the file it was saved in is gone then.

    Raises:
      CamjaxError: so it is.
    """
    if request.resume and not file.exists() and (file.parent / RESULTS).exists():
        got = f"one that has ended: {RESULTS} is there"
        anew = f"leave out {argument('resume', True)} to run it again"
        remedy = f"There is nothing left to do; {anew}."
        raise CamjaxError(refusal(str(file), "a run that was interrupted", got, remedy))


def _order(request: Request, scenario: Scenario) -> Order:
    """What the request comes to."""
    shard = None if request.shard is None else Shard.parse(request.shard)
    num_paths = request.num_paths(scenario)
    file = None if request.out is None else request.out / _saved(shard)
    if shard is None and not blocks_here(blocks_of(num_paths)):
        file = None
    return Order(
        scenario=scenario,
        seed=request.seed,
        num_paths=num_paths,
        variables=None if request.only_summary else _variables(request, scenario),
        until=request.until,
        shard=shard,
        file=file,
        resume=request.resume and (request.processes == 1 or (file is not None and file.exists())),
        events=tuple(dict.fromkeys(request.events or ())),
    )


def _saved(shard: Shard | None) -> str:
    """Name of the file in which a part of a run is saved, or the whole."""
    if shard is not None:
        return f"shard-{shard.number}-of-{shard.of}.npz"
    if jax.process_count() == 1:
        return SAVED
    return f"process-{jax.process_index()}-of-{jax.process_count()}.npz"


def _variables(request: Request, scenario: Scenario) -> tuple[str, ...]:
    """Whose statistics are to be kept; those that the table shows always are.

    Raises:
      CamjaxError: a name that the scenario does not record.
    """
    known = recorded_variables(scenario)
    check_recorded(request.variables or (), known)
    wanted = {*(request.variables or known), "balance", SHARE}
    return tuple(name for name in known if name in wanted)


def _stopped(order: Order) -> KeyboardInterrupt:
    """How to go on after Ctrl-C, where anything was saved."""
    if order.file is None or not order.file.exists():
        return KeyboardInterrupt()
    done = f"stopped; {order.file} holds what was done."
    return Stopped(f"{done} The {same_with('resume', True)} goes on from there.")
