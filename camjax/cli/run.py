"""`camjax run`: simulate a scenario, say how it ended, and keep what was asked for."""

import json
from pathlib import Path
from typing import Annotated

import typer

from camjax.cli.load import load
from camjax.cli.options import JsonOption, Keep, Precision, ScenarioArgument, SetOption
from camjax.cli.requests import RANDOM_PATHS, RESULTS, Request


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
    variable: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Keep statistics of this one only. Repeatable."),
    ] = None,
    until_ci: Annotated[
        float | None,
        typer.Option(metavar="W", help="Add paths until --of is known ± W at 95 %."),
    ] = None,
    of: Annotated[
        str | None,
        typer.Option(metavar="STATISTIC", help='"share[savings]" or "share[savings] > 0.6".'),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Run this part of the paths only; then `camjax merge`."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the run that was interrupted in --out.")
    ] = False,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate a scenario and say where the capital went."""
    request = Request(out, paths, seed, keep, variable, until_ci, of, shard, resume)
    request.check()
    loaded = load(scenario, overrides, precision)

    from camjax import results
    from camjax.cli.kept import run_kept
    from camjax.cli.large import run_large
    from camjax.cli.table import format_summary

    if out is not None:
        results.check_writable(out / RESULTS)
    answer = (run_large if request.is_large(loaded) else run_kept)(request, loaded)
    if answer is not None:
        typer.echo(json.dumps(answer.as_json()) if as_json else format_summary(answer))
