"""`camjax run`: simulate a scenario, say how it ended, and keep what was asked for."""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import typer

from camjax.cli.join import join, notes_on_standard_error
from camjax.cli.load import load
from camjax.cli.options import (
    JsonOption,
    Precision,
    ReportOption,
    ScenarioArgument,
    SetOption,
)
from camjax.cli.statuses import INTERRUPTED
from camjax.runs.plain import as_document
from camjax.runs.requests import RANDOM_PATHS, RESULTS, Keep, Request
from camjax.runs.stopped import Stopped


def run(
    scenario: ScenarioArgument = "fei",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=f"Write DIR/{RESULTS}; or trajectories of any number of paths, as they finish, to"
            " a store STORE.zarr. [default: nothing]",
        ),
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
    variable: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Keep this one only. Repeatable."),
    ] = None,
    until_ci: Annotated[
        float | None,
        typer.Option(metavar="W", help="Add paths until --of is known ± W at 95 %."),
    ] = None,
    of: Annotated[
        str | None,
        typer.Option(metavar="STATISTIC", help='"share[savings]" or "share[savings] > 0.6".'),
    ] = None,
    event: Annotated[
        list[str] | None,
        typer.Option(
            metavar="EVENT",
            help='Tell how probable it is and when it first is so: "share[savings] > 0.6".'
            " Repeatable.",
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Run this part of the paths only; then `camjax merge`."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the run that was interrupted in --out.")
    ] = False,
    coordinator: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            envvar="JAX_COORDINATOR_ADDRESS",
            help="Run in several processes; where the first of them is reached by all.",
        ),
    ] = None,
    num_processes: Annotated[
        int | None,
        typer.Option(min=1, envvar="JAX_NUM_PROCESSES", help="How many processes run together."),
    ] = None,
    process_id: Annotated[
        int | None,
        typer.Option(min=0, envvar="JAX_PROCESS_ID", help="Which of them this is, from 0."),
    ] = None,
    overrides: SetOption = None,
    with_report: ReportOption = False,
    as_json: JsonOption = False,
) -> None:
    """Simulate a scenario and say where the capital went."""
    request = Request(
        out, paths, seed, keep, variable, until_ci, of, shard, resume, with_report, event
    )
    request.check()
    process, processes = join(coordinator, num_processes, process_id, alone=shard is not None)
    request = dataclasses.replace(request, processes=processes)
    request.check()
    loaded = load(scenario, overrides, precision)

    from camjax import results
    from camjax.cli.leftovers import check_leftovers
    from camjax.cli.outputs import check_folder
    from camjax.cli.progress import progress
    from camjax.cli.report import check_report, write_report
    from camjax.runs.kept import run_kept
    from camjax.runs.large import run_large
    from camjax.runs.requests import REPORT
    from camjax.runs.stored import run_stored
    from camjax.runs.table import format_summary

    run_it = run_large if request.is_large(loaded) else run_kept
    if request.is_stored:
        run_it = run_stored
    elif process == 0 and shard is None:
        check_leftovers(out, [RESULTS], with_report)
        check_folder(out, [RESULTS])
    check_report(with_report, out)
    try:
        with progress() as report, notes_on_standard_error(processes):
            answer = run_it(request, loaded, report)
    except Stopped as stopped:
        print(f"camjax: {stopped}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    if answer is None:
        return
    if with_report and out is not None:
        write_report(results.load_results(out), out / REPORT)
        answer = dataclasses.replace(answer, report=str(out / REPORT))
    typer.echo(as_document(answer.as_json()) if as_json else format_summary(answer))
