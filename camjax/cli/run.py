"""`camjax run`: simulate a scenario, say how it ended, and keep what was asked for."""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import typer

from camjax.arguments import MOST_SEED, Keep
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
from camjax.errors import CamjaxError, refusal
from camjax.runs.plain import as_document
from camjax.runs.requests import ALL_STEPS, RANDOM_PATHS, RESULTS, Request
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
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="Seed of all paths.")] = 0,
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
        out=out,
        paths=paths,
        seed=seed,
        keep=keep,
        variables=variable,
        until=_precision(until_ci, of),
        events=event,
        shard=shard,
        resume=resume,
        only_summary=out is None,
    )
    request.check()
    _check_no_report(with_report, request)
    process, processes = join(coordinator, num_processes, process_id, alone=shard is not None)
    loaded = load(scenario, overrides, precision)

    from camjax import results
    from camjax.cli.leftovers import check_leftovers
    from camjax.cli.progress import progress
    from camjax.cli.report import check_report, write_report
    from camjax.runs.requests import REPORT
    from camjax.runs.run import carry_out
    from camjax.runs.table import format_summary

    if process == 0 and shard is None and not request.is_stored:
        check_leftovers(out, [RESULTS], with_report)
    check_report(with_report, out)
    try:
        with progress() as report, notes_on_standard_error(processes):
            finished = carry_out(request, loaded, report)
    except Stopped as stopped:
        print(f"camjax: {stopped}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    if process > 0 or shard is not None:  # the first tells; of shards `camjax merge` does
        return
    summary = finished.summary
    if with_report and out is not None:
        write_report(results.load_results(out), out / REPORT)
        summary = dataclasses.replace(summary, report=str(out / REPORT))
    typer.echo(as_document(summary.as_json()) if as_json else format_summary(summary))


def _precision(until_ci: float | None, of: str | None) -> tuple[float, str] | None:
    """Half-width wanted, and of which statistic.

    Raises:
      CamjaxError: one is given without the other.
    """
    if until_ci is None and of is None:
        return None
    if until_ci is None or of is None:
        given, missing = ("--of", "--until-ci") if until_ci is None else ("--until-ci", "--of")
        raise CamjaxError(refusal(given, f"{missing} beside it", "none"))
    return until_ci, of


def _check_no_report(wanted: bool, request: Request) -> None:
    """Refuse `--report` of what is not all paths, or more than a page shows.

    Raises:
      CamjaxError: so it is.
    """
    if wanted and request.shard is not None:
        remedy = "`camjax report` makes one of the merged results."
        raise CamjaxError(refusal("--shard", "no --report beside it", "one", remedy))
    if wanted and request.is_stored:
        raise CamjaxError(refusal("--report", f"none with --out {request.out}", True, ALL_STEPS))
