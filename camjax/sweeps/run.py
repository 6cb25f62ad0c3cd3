"""A sweep from its settings to one labelled dataset."""

import dataclasses
from collections.abc import Mapping
from typing import Any, get_args

import xarray

from camjax.arguments import MOST_SEED, Keep, argument, one_of, whole
from camjax.ensemble.blocks import MOST_PATHS
from camjax.errors import CamjaxError, refusal
from camjax.memory import check_fits
from camjax.progress import Progress, Report, told
from camjax.scenario import Scenario, Sweep, load_sweep
from camjax.scenario.sources import Source
from camjax.scenario.sweep_design import Axes, Mode
from camjax.sweeps.dataset import assemble
from camjax.sweeps.kept import run_kept, setting_bytes
from camjax.sweeps.order import Clock, Order
from camjax.sweeps.streamed import run_streamed
from camjax.sweeps.structures import stacks

RANDOM_PATHS = 100
"""Paths of each setting, unless another number is asked for; 1 where nothing is random."""

KEPT_BYTES = 512 * 2**20
"""Trajectories of all settings up to this size are kept, larger ones become statistics."""

HELD_BYTES = 512 * 2**20
"""Trajectories of one setting up to this size are held for exact statistics."""

MOST_BYTES = 4 * 2**30
"""Most that trajectories may take where they are asked for."""


@dataclasses.dataclass(frozen=True)
class SweepRun:
    """A sweep that has run."""

    sweep: Sweep
    results: xarray.Dataset
    """Dimensions setting, path, step, deposit; `statistic` for `path` where only these are kept."""
    num_paths: int
    clock: Clock


def sweep(
    source: Scenario | Source,
    axes: Axes | None = None,
    *,
    mode: Mode = "grid",
    samples: int | None = None,
    paths: int | None = None,
    seed: int = 0,
    keep: Keep | None = None,
    overrides: Mapping[str, Any] | None = None,
    progress: Progress = None,
) -> xarray.Dataset:
    """Run a scenario in several settings on the same random numbers.

    Settings of one structure run as one batched program.

    Args:
      source: a scenario, or what `load_scenario` takes; the settings of its `[sweep]` table are
        run, crossed with those of `axes`.
      axes: values by dotted path, such as {"deposits.savings.rate": [0.01, 0.03]}; any key of the
        scenario, initial balances included.
      mode: "grid": every combination; "zip": first values together, second ones, and so on;
        "sample": a Latin hypercube between two bounds.
      samples: how many settings "sample" takes.
      paths: P, of each setting; 100 if left out, 1 where nothing is random.
      seed: of paths and samples. Path i of every setting draws from `fold_in(key(seed), i)`.
      keep: "trajectories", "final" (the last step) or "statistics" over paths; left out,
        trajectories up to 512 MiB, else statistics.
      overrides: values by dotted path, laid over every setting.
      progress: as `camjax.run`.

    Returns:
      The results with the dimension `setting` before path, step, deposit. Swept keys are
      coordinates along it: the design table.

    Raises:
      CamjaxError: a setting that cannot be, or more trajectories than can be kept.

    >>> results = sweep("fei", {"deposits.savings.rate": [0.0, 0.03]}, paths=4)
    >>> results.balance.sizes["setting"], results["deposits.savings.rate"].values.tolist()
    (2, [0.0, 0.03])
    """
    source = source.toml if isinstance(source, Scenario) else source
    whole("seed", seed, 0, MOST_SEED)
    loaded = load_sweep(source, axes, mode=mode, samples=samples, seed=seed, overrides=overrides)
    with told(progress) as report:
        return run_sweep(loaded, paths, seed, keep, report).results


def run_sweep(
    loaded: Sweep,
    paths: int | None = None,
    seed: int = 0,
    keep: Keep | None = None,
    report: Report | None = None,
) -> SweepRun:
    """Run a sweep that is loaded; see `sweep`."""
    if paths is not None:
        whole("paths", paths, 1, MOST_PATHS)
    if keep is not None:
        one_of("keep", keep, get_args(Keep))
    is_random = any(scenario.is_random for scenario in loaded.scenarios)
    num_paths = paths or (RANDOM_PATHS if is_random else 1)
    grouped = stacks(loaded.scenarios)
    largest = max(setting_bytes(stack, num_paths) for stack in grouped)
    held = sum(len(stack.places) * setting_bytes(stack, num_paths) for stack in grouped)
    kept = keep or ("trajectories" if held <= KEPT_BYTES else "statistics")
    if kept == "trajectories" and held > MOST_BYTES:
        expected = f"trajectories of at most {MOST_BYTES / 2**30:g} GiB"
        less = argument("keep", "statistics")
        remedy = f"Take fewer settings or paths, or keep less: {less}."
        raise CamjaxError(refusal("sweep", expected, f"{held / 2**30:.1f} GiB", remedy))
    if kept == "final":
        steps = min(scenario.steps for scenario in loaded.scenarios)
        remedy = "Take fewer settings or paths."
        check_fits(held / steps, f"last steps of {num_paths:,} paths", remedy)
    order = Order(loaded, num_paths, seed, kept, report or (lambda activity, share: None))
    run_stack = run_kept
    if kept == "statistics" and largest > HELD_BYTES:
        run_stack = run_streamed
    datasets: dict[int, xarray.Dataset] = {}
    clock = Clock()
    for stack in grouped:
        order.told("compiling", len(datasets))
        for place, dataset in run_stack(order, stack, clock):
            datasets[place] = dataset
            order.told("simulating", len(datasets))
    ordered = [datasets[place] for place in range(len(datasets))]
    return SweepRun(loaded, assemble(loaded, ordered, seed), num_paths, clock)
