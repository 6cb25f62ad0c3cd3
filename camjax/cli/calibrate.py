"""`camjax calibrate`: free numbers of a scenario fitted to observed weights."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from camjax.cli.options import (
    AsIsOption,
    DriversOption,
    JsonOption,
    MissingOption,
    ObservedArgument,
    ReportOption,
    ResidualOption,
    ScenarioOption,
    SetOption,
    SupplyOption,
    WithoutOption,
)
from camjax.cli.statuses import INTERRUPTED
from camjax.runs.plain import as_document

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from camjax.cli.calibrate_request import Fitted, Request


def calibrate(
    observed: ObservedArgument,
    scenario: ScenarioOption,
    free: Annotated[
        str,
        typer.Option(
            metavar="PATH,PATH,...",
            help="Numbers to fit, such as rebalancing.duration_days,weights.factor.",
        ),
    ],
    drivers: DriversOption = None,
    mode: Annotated[
        Literal["one-step", "free-run"] | None,
        typer.Option(
            help="Start every step from observed balances, or only the first. [default: one-step,"
            " free-run for moments]",
        ),
    ] = None,
    objective: Annotated[
        Literal[
            "ilr", "weights", "balances", "dirichlet", "huber", "mae", "balance-mae", "moments"
        ],
        typer.Option(help="What is made small; moments: of what a random scenario draws."),
    ] = "ilr",
    bounds: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH=LOW:HIGH", help="Keep a number between two others. Repeatable."),
    ] = None,
    prior: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH=MEDIAN:SIGMA",
            help="What is known of a number beforehand: lognormal if it is positive. Repeatable.",
        ),
    ] = None,
    starts: Annotated[int, typer.Option(min=1, help="Searches, from points far apart.")] = 16,
    hold_out: Annotated[
        float,
        typer.Option(
            min=0.0, max=0.9, help="Share of the rows, the last ones, to judge the fit by."
        ),
    ] = 0.0,
    profile: Annotated[
        bool, typer.Option("--profile", help="Limits by profile likelihood too.")
    ] = False,
    bootstrap: Annotated[
        int, typer.Option(min=0, help="Limits from so many block-bootstrap resamples too.")
    ] = 0,
    windows: Annotated[
        int,
        typer.Option(min=0, help="Fit every yield window up to so many steps; take the best."),
    ] = 0,
    fit_drivers: Annotated[
        bool,
        typer.Option(
            "--fit-drivers",
            help="Write drivers.toml too: a process fitted to each driver's series.",
        ),
    ] = False,
    without: WithoutOption = None,
    missing: MissingOption = "refuse",
    residual: ResidualOption = None,
    supply: SupplyOption = None,
    as_is: AsIsOption = False,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of the starts.")] = 0,
    overrides: SetOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write fitted.toml, fit.json, results.nc and figures. [default: nothing]",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the fit that was interrupted in --out.")
    ] = False,
    with_report: ReportOption = False,
    as_json: JsonOption = False,
) -> None:
    """Fit numbers of a scenario to observed weights, and say how sure they are."""
    from camjax.cli.calibrate_request import Request
    from camjax.cli.observed import ObservedOptions

    request = Request(
        observed=ObservedOptions(observed, missing, residual, supply, as_is),
        scenario=scenario,
        overrides=tuple(overrides or ()),
        drivers=drivers,
        without=tuple(without or ()),
        free=free,
        mode=mode or ("free-run" if objective == "moments" else "one-step"),
        objective=objective,
        bounds=tuple(bounds or ()),
        priors=tuple(prior or ()),
        starts=starts,
        seed=seed,
        hold_out=hold_out,
        windows=windows,
        profile=profile,
        bootstrap=bootstrap,
        out=out,
        resume=resume,
    )
    if objective == "moments":
        from camjax.cli import calibrate_moments

        found = calibrate_moments.calibrate_moments(request, fit_drivers, with_report)
        _tell(*found, calibrate_moments.text, as_json)
        return
    from camjax.cli.calibrate_summary import text

    fitted, answer, files = _fit_and_write(request, fit_drivers, with_report)
    _tell(answer, fitted.history.unused, files, text, as_json)


def _fit_and_write(
    request: "Request", fit_drivers: bool, with_report: bool
) -> tuple["Fitted", dict[str, Any], list[str]]:
    """The fit, the values of fit.json, and the files written; refusals come before any work."""
    from camjax.cli import calibrate_outputs, outputs
    from camjax.cli.calibrate_request import fitted
    from camjax.cli.leftovers import check_leftovers, remove_earlier
    from camjax.cli.progress import progress
    from camjax.cli.report import check_report

    checkpoint = request.checkpoint()
    names = [*calibrate_outputs.FILES, *calibrate_outputs.files_of(request, fit_drivers)]
    check_leftovers(request.out, names, with_report)
    history, problem = request.load()
    outputs.check_folder(request.out, calibrate_outputs.FILES)
    check_report(with_report, request.out)
    try:
        with progress() as show:
            found = fitted(request, history, problem, checkpoint, show)
    except KeyboardInterrupt:
        if checkpoint.save():
            print(
                f"camjax: stopped; {request.out} holds what was done. "
                "The same command with --resume goes on from there.",
                file=sys.stderr,
            )
        raise typer.Exit(INTERRUPTED) from None
    answer, files = found.answer(), []
    if request.out is not None:
        files = calibrate_outputs.write(
            found, answer, request.out, fit_drivers, with_report, request.about()
        )
        remove_earlier(request.out, names, files)
        checkpoint.end()
    return found, answer, files


def _tell(
    answer: dict[str, Any],
    unused: "Sequence[str]",
    files: list[str],
    text: "Callable[[dict[str, Any], Sequence[str]], str]",
    as_json: bool,
) -> None:
    """Say what was found, to people or machines."""
    from camjax.cli import outputs

    if as_json:
        typer.echo(as_document(answer | {"unused_columns": unused, "files": files}))
        return
    typer.echo(text(answer, unused))
    if files:
        typer.echo(f"\n{outputs.written(files)}")
