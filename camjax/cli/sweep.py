"""`camjax sweep`: several settings of a scenario on the same random numbers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from camjax.arguments import Keep
from camjax.cli.load import say_notes
from camjax.cli.options import JsonOption, Precision, ReportOption, ScenarioArgument
from camjax.runs.plain import as_document
from camjax.runs.requests import RESULTS

if TYPE_CHECKING:
    from camjax.scenario import Sweep

DESIGN = "design.csv"

Mode = Literal["grid", "zip", "sample"]

SweepSetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=V1,V2",
        help="Values of a key, one a setting; a single value holds in all. Repeatable.",
    ),
]


def sweep(
    scenario: ScenarioArgument = "savings-rate",
    assignments: SweepSetOption = None,
    mode: Annotated[
        Mode,
        typer.Option(help="Every combination, values side by side, or samples between two bounds."),
    ] = "grid",
    samples: Annotated[
        int | None, typer.Option(min=1, help="Settings to sample, with --mode sample.")
    ] = None,
    paths: Annotated[
        int | None,
        typer.Option(
            min=1, help="Random paths of each setting. [default: 100; 1 if none is drawn]"
        ),
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
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help=f"Write DIR/{RESULTS}, {DESIGN}. [default: nothing]"),
    ] = None,
    with_report: ReportOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run a scenario in several settings that share their random numbers."""
    loaded = _load(scenario, assignments or [], mode, samples, seed, precision)

    from camjax.cli.leftovers import check_leftovers
    from camjax.cli.outputs import check_folder, write_all
    from camjax.cli.progress import progress
    from camjax.cli.report import check_report, write_report
    from camjax.cli.sweep_summary import design_csv, format_sweep, summarise_sweep
    from camjax.report.steps import check_lengths
    from camjax.runs.requests import REPORT
    from camjax.sweeps import run_sweep

    check_leftovers(out, (RESULTS, DESIGN), with_report)
    check_folder(out, (RESULTS, DESIGN))
    check_report(with_report, out)
    if with_report:
        check_lengths(setting.dt_days for setting in loaded.scenarios)
    with progress() as report:
        finished = run_sweep(loaded, paths, seed, keep, report)
        files: list[str] = []
        if out is not None:
            report("writing", 1.0)
            files = write_all(out, {DESIGN: design_csv(loaded)}, finished.results, {})
            if with_report:
                files += write_report(finished.results, out / REPORT)[1]
    summary = summarise_sweep(finished, seed, files)
    typer.echo(as_document(summary.as_json()) if as_json else format_sweep(summary))


def _load(
    scenario: str,
    assignments: list[str],
    mode: Mode,
    samples: int | None,
    seed: int,
    precision: str | None,
) -> "Sweep":
    """The settings, with JAX set up for all cores and for the precision that they ask for.

    A key with a single value is no axis of the sweep, but holds in all settings.
    """
    from camjax.config import configure
    from camjax.scenario import load_sweep, parse_axes

    given = parse_axes(assignments)
    axes = {key: values for key, values in given.items() if len(values) > 1}
    overrides = {key: values[0] for key, values in given.items() if len(values) == 1}
    if precision is not None:
        overrides["precision"] = precision
    configure("float64")
    loaded = load_sweep(scenario, axes, mode=mode, samples=samples, seed=seed, overrides=overrides)
    if all(setting.precision == "float32" for setting in loaded.scenarios):
        configure("float32")
    for setting in loaded.scenarios:
        say_notes(setting)
    return loaded
