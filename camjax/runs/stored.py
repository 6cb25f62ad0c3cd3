"""Runs whose trajectories go to a Zarr store as they finish, however many there are."""

import shutil
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import numpy as np

from camjax.arguments import argument, same_with
from camjax.ensemble import Shard
from camjax.ensemble.lanes import LANES
from camjax.ensemble.manifest import check_same, manifest_of
from camjax.ensemble.quantities import SHARE
from camjax.errors import CamjaxError, refusal
from camjax.memory import check_fits, in_words
from camjax.progress import Report
from camjax.results import load_results, to_dataset
from camjax.results.store import PATHS, PathStore
from camjax.results.store_places import check_new_store, remove_leftovers
from camjax.runs.digest import PathDigest
from camjax.runs.ensemble import check_recorded, recorded_variables
from camjax.runs.outcome import Run
from camjax.runs.pace import pace
from camjax.runs.paths import BLOCK_PATHS, PathsProgram, PathsRun
from camjax.runs.requests import Request, or_fewer_variables
from camjax.runs.stopped import Stopped
from camjax.runs.summary import summarise
from camjax.scenario import Scenario
from camjax.writing import locked
from camjax.writing.held import hold

ALWAYS = ("balance", "target_weight")
"""Kept of every run, because shares follow from them; flags too."""

MOST_STORED = 2**31 - 2**20
"""Paths that are kept are numbered by 31 bits; a batch is never larger than the difference."""


def run_stored(request: Request, scenario: Scenario, report: Report) -> Run:
    """Run all paths batch by batch into a store, and put them in short.

    Raises:
      CamjaxError: it does not fit in memory or on the disk, or cannot be written or resumed.
    """
    num_paths = request.num_paths(scenario)
    if num_paths > MOST_STORED:
        expected = f"1 to {MOST_STORED} with a store"
        raise CamjaxError(refusal(argument("paths"), expected, num_paths))
    path = request.out
    assert path is not None
    names = _variables(request, scenario)
    about: dict[str, Any] = {"scenario": scenario.toml, "seed": request.seed}
    key, paths = jax.random.key(request.seed), _paths(request, num_paths)
    manifest = manifest_of(scenario, key, [], about) | {
        "num_paths": num_paths,
        "variables": list(names or ()),
        PATHS: [paths.start, paths.stop],
    }
    hold(locked(path))
    if request.resume:
        begun = PathStore(path)
        check_same(path, manifest, begun.manifest)
        begun.check_whole()
        remove_leftovers(path)
    else:
        goes_on = f"{argument('resume', True)} goes on with it"
        remedy = f"Choose another name; if it is of this run, {goes_on}."
        check_new_store(path, remedy)
    report("compiling", 0.0)
    program = PathsProgram(scenario, request.seed, "trajectories", names)
    check_fits(program.memory_bytes, "a batch of paths", _less(request, "Run fewer steps"))
    if request.resume:
        store = PathStore(path, _make_room())
    else:
        store = _new(program, request, scenario, manifest)
    try:
        finished = _run(program, store, scenario, report, request)
    except KeyboardInterrupt:
        raise _stopped(store) from None
    summary = summarise(scenario, finished, request.seed, str(path))
    return Run(scenario, summary, partial(load_results, path))


def _paths(request: Request, num_paths: int) -> range:
    """Paths that the request is for."""
    if request.shard is None:
        return range(num_paths)
    blocks = Shard.parse(request.shard).blocks(num_paths)
    return range(num_paths)[blocks.start * LANES : blocks.stop * LANES]


def _variables(request: Request, scenario: Scenario) -> tuple[str, ...] | None:
    """What is to be kept, and what shares follow from; None: all that is recorded.

    Raises:
      CamjaxError: a name that the scenario does not record.
    """
    if request.variables is None:
        return None
    known = [name for name in recorded_variables(scenario) if name != SHARE]
    check_recorded(request.variables, known)
    return (*(name for name in known if name in {*request.variables, *ALWAYS}), "status")


def _new(
    program: PathsProgram, request: Request, scenario: Scenario, manifest: Mapping[str, Any]
) -> PathStore:
    """A store that holds no path yet."""
    assert request.out is not None
    digest, variables = jax.tree.map(
        lambda leaf: np.zeros((1, *leaf.shape[1:]), leaf.dtype), program.shapes
    )
    return PathStore.create(
        request.out,
        to_dataset(variables, scenario.model, scenario=scenario, seed=request.seed),
        digest._asdict(),
        batch=min(BLOCK_PATHS, manifest["num_paths"]),
        manifest=manifest,
        remedy=_make_room(),
    )


def _run(
    program: PathsProgram, store: PathStore, scenario: Scenario, report: Report, request: Request
) -> PathsRun:
    """Write the paths that are missing, and read back what is remembered of all."""
    paths, begun = store.paths, time.perf_counter()
    tell = None
    for first in paths[store.done :: program.batch]:
        digest, variables = jax.device_get(program.run(first))
        store.write(variables, digest._asdict())
        if tell is None:
            disk_bytes = store.size_bytes / store.done * len(paths)
            _check_disk(store, disk_bytes, request)
            tell = pace(report, scenario.steps, program.memory_bytes, disk_bytes)
        tell(store.done, len(paths))
    remembered = PathDigest(**store.remembered())
    return PathsRun(remembered, {}, program.compile_seconds, time.perf_counter() - begun)


def _check_disk(store: PathStore, needed_bytes: float, request: Request) -> None:
    """Refuse more paths than there is room for, as the first batch tells.

    Raises:
      CamjaxError: there is no room for so many.
    """
    room = shutil.disk_usage(store.path).free + store.size_bytes
    if needed_bytes > room:
        expected = f"paths that fit in {in_words(room)} of disk"
        got = f"{len(store.paths):,}, which take {in_words(needed_bytes)}"
        if not request.resume:
            shutil.rmtree(store.path)
        remedy = _make_room() if request.resume else _less(request, "Run fewer paths")
        raise CamjaxError(refusal(argument("paths"), expected, got, remedy))


def _make_room() -> str:
    """What helps where a store that is begun cannot grow."""
    return f"Make room; the {same_with('resume', True)} then goes on."


def _less(request: Request, remedy: str) -> str:
    """A remedy, and what else asks for less of the machine; a run under way cannot be changed."""
    if request.resume:
        return "Resume it on a machine with more memory."
    return f"{remedy}{or_fewer_variables(request.variables, (*ALWAYS, 'status'))}."


def _stopped(store: PathStore) -> Stopped:
    """How to go on after Ctrl-C."""
    done = f"stopped; {store.path} holds {store.done:,} of {len(store.paths):,} paths."
    return Stopped(f"{done} The {same_with('resume', True)} goes on from there.")
