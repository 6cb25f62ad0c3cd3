"""`camjax calibrate`: free numbers of a scenario fitted to observed weights."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from camjax.cli.options import (
    JsonOption,
    MissingOption,
    ObservedArgument,
    ReportOption,
    ResidualOption,
    SetOption,
    SupplyOption,
)

if TYPE_CHECKING:
    from calibration.fit import Problem
    from camjax.cli.history import History


def calibrate(
    observed: ObservedArgument,
    scenario: Annotated[
        str, typer.Option(metavar="SCENARIO", help="A built-in name, or a TOML file.")
    ],
    free: Annotated[
        str,
        typer.Option(
            metavar="PATH,PATH,...",
            help="Numbers to fit, such as rebalancing.duration_days,weights.factor.",
        ),
    ],
    drivers: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Prices and other drivers by time, in place of the scenario's own.",
        ),
    ] = None,
    mode: Annotated[
        Literal["one-step", "free-run"],
        typer.Option(help="Start every step from observed balances, or only the first."),
    ] = "one-step",
    objective: Annotated[
        Literal["ilr", "weights", "balances", "dirichlet", "huber", "mae", "balance-mae"],
        typer.Option(help="What is made small."),
    ] = "ilr",
    bounds: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH=LOW:HIGH", help="Keep a number between two others. Repeatable."),
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
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="DEPOSIT", help="Leave a deposit out of allocation. Repeatable."),
    ] = None,
    missing: MissingOption = "refuse",
    residual: ResidualOption = None,
    supply: SupplyOption = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of the starts.")] = 0,
    overrides: SetOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write fitted.toml, fit.json, results.nc and figures. [default: nothing]",
        ),
    ] = None,
    with_report: ReportOption = False,
    as_json: JsonOption = False,
) -> None:
    """Fit numbers of a scenario to observed weights, and say how sure they are."""
    from calibration.fit import fit, pose, report, uncertainty
    from calibration.fit.bootstrap import block_bootstrap
    from calibration.fit.figures import all_figures
    from calibration.fit.objectives import LIKELIHOODS
    from calibration.fit.profile import profile_limits
    from calibration.fit.settlement import SEQUENTIAL, fit_settled
    from calibration.fit.windows import profile_windows
    from camjax.cli import outputs
    from camjax.cli.calibrate_outputs import FIT, FITTED, fit_dataset, fit_texts
    from camjax.cli.calibrate_summary import text
    from camjax.cli.history import load_history
    from camjax.cli.observed import ObservedOptions
    from camjax.cli.plain import plain
    from camjax.cli.progress import progress
    from camjax.cli.report import REPORT, check_report, write_report

    limits = dict(_bounds(entry) for entry in bounds or ())

    def load(*assignments: str) -> "tuple[History, Problem]":
        history = load_history(
            scenario,
            ObservedOptions(observed, missing, residual, supply),
            assignments=[*(overrides or ()), *assignments],
            drivers=drivers,
            left_out=without or (),
        )
        problem = pose(
            history.scenario,
            history.observations,
            [path.strip() for path in free.split(",") if path.strip()],
            mode=mode,
            bounds=limits,
            held_out=hold_out,
            seed=seed,
        )
        return history, problem

    history, problem = load()
    outputs.check_folder(out, (FITTED, FIT, outputs.RESULTS))
    check_report(with_report, out)
    losses = None
    with progress() as show:
        if windows:
            losses = profile_windows(problem, windows, objective=objective, seed=seed)
            history, problem = load(f"weights.yield_window={losses.argmin() + 1}")
        how: dict[str, Any] = {
            "objective": objective,
            "num_starts": starts,
            "seed": seed,
            "progress": show,
        }
        sequential = history.scenario.model.rebalancing.settlement == SEQUENTIAL
        settled = fit_settled(problem, **how) if sequential else None
        result = fit(problem, **how) if settled is None else settled.exact
        found = uncertainty(result) if objective in LIKELIHOODS else None
        profiled = profile_limits(result, found) if profile and found is not None else None
        resampled = block_bootstrap(result, bootstrap, seed=seed) if bootstrap else None
    answer = plain(report(result, found, settled, profiled, resampled))
    answer["yield_windows"] = None if losses is None else losses.tolist()
    files = []
    if out is not None:
        drawn = all_figures(result, found, profiled) if outputs.can_draw() else {}
        texts = fit_texts(result, answer, history.scenario if fit_drivers else None)
        dataset = fit_dataset(result, found, answer, {"data": observed.name, "seed": seed})
        files = outputs.write_all(out, texts, dataset, drawn)
        if with_report:
            files += write_report(dataset, out / REPORT)[1]
    if as_json:
        typer.echo(json.dumps(answer | {"unused_columns": history.unused, "files": files}))
        return
    typer.echo(text(answer, history.unused))
    if out is not None:
        typer.echo(f"\n{outputs.written(files)}")


def _bounds(entry: str) -> tuple[str, tuple[float, float]]:
    """PATH=LOW:HIGH as a path and its bounds."""
    from camjax.errors import CamjaxError, refusal

    path, _, ends = entry.partition("=")
    try:
        low, high = map(float, ends.split(":"))
    except ValueError:
        example = "For example rebalancing.duration_days=5:200."
        raise CamjaxError(refusal("--bounds", "PATH=LOW:HIGH", entry, example)) from None
    return path.strip(), (low, high)
