"""`camjax run`: simulate a scenario, say how it ended, and keep what was asked for."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camjax.cli.load import load
from camjax.cli.options import JsonOption, Keep, Precision, ScenarioArgument, SetOption

if TYPE_CHECKING:
    from camjax.cli.paths import Run
    from camjax.scenario import Scenario

RESULTS = "results.nc"
RANDOM_PATHS = 1000
"""Paths of a scenario that draws anything at random, unless another number is asked for."""


def run(
    scenario: ScenarioArgument = "fei",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help=f"Write DIR/{RESULTS}. [default: nothing]")
    ] = None,
    paths: Annotated[
        int | None,
        typer.Option(min=1, help=f"Random paths. [default: {RANDOM_PATHS}; 1 without randomness]"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of all paths.")] = 0,
    keep: Annotated[
        Keep | None,
        typer.Option(
            help=f"What {RESULTS} holds. [default: trajectories up to 512 MiB, else statistics]"
        ),
    ] = None,
    precision: Annotated[
        Precision | None, typer.Option(help="[default: the scenario's own]")
    ] = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate a scenario and say where the capital went."""
    loaded = load(scenario, overrides, precision)

    from camjax import results
    from camjax.cli.paths import choose_keep, run_paths
    from camjax.cli.progress import progress
    from camjax.cli.summary import summarise
    from camjax.cli.table import format_summary

    num_paths = paths or (RANDOM_PATHS if loaded.is_random else 1)
    file = None if out is None else out / RESULTS
    if file is None:
        keep = None
    else:
        results.check_writable(file)
        keep = choose_keep(loaded, num_paths, keep)

    with progress() as report:
        finished = run_paths(loaded, num_paths, seed, keep, report)
        if file is not None:
            report("writing", 1.0)
            _write(finished, loaded, seed, keep, file)
    summary = summarise(loaded, finished, seed, None if file is None else str(file))
    typer.echo(json.dumps(summary.as_json()) if as_json else format_summary(summary))


def _write(finished: "Run", scenario: "Scenario", seed: int, keep: Keep | None, file: Path) -> None:
    """Write what was kept."""
    from camjax.results import save_results, statistics, to_dataset

    dataset = to_dataset(
        finished.kept, scenario.model, scenario=scenario, seed=seed, last_step=scenario.steps
    )
    save_results(statistics(dataset) if keep == "statistics" else dataset, file)
