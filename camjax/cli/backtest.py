"""`camjax backtest`: a scenario against observed weights, beside baselines."""

from pathlib import Path
from typing import Annotated

import typer

from camjax.cli.options import (
    AsIsOption,
    DriversOption,
    JsonOption,
    MissingOption,
    ModeOption,
    ObservedArgument,
    ReportOption,
    ResidualOption,
    ScenarioOption,
    SetOption,
    SupplyOption,
    WithoutOption,
)
from camjax.runs.plain import as_document

RANDOM_PATHS = 200
"""Paths of a scenario that draws anything at random, unless another number is asked for."""


def backtest(
    observed: ObservedArgument,
    scenario: ScenarioOption,
    drivers: DriversOption = None,
    mode: ModeOption = "one-step",
    without: WithoutOption = None,
    missing: MissingOption = "refuse",
    residual: ResidualOption = None,
    supply: SupplyOption = None,
    as_is: AsIsOption = False,
    paths: Annotated[
        int | None,
        typer.Option(min=1, help=f"Random paths. [default: {RANDOM_PATHS}; 1 without randomness]"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of all paths.")] = 0,
    overrides: SetOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write metrics.csv, weights.csv, results.nc and figures. [default: nothing]",
        ),
    ] = None,
    with_report: ReportOption = False,
    as_json: JsonOption = False,
) -> None:
    """Hold a scenario against observed weights, beside persistence and other baselines."""
    from calibration.backtest import backtest as run_backtest
    from calibration.backtest.scores import score
    from calibration.backtest.tables import backtest_dataset, predictions_csv
    from calibration.score_table import scores_csv
    from camjax.cli import outputs
    from camjax.cli.backtest_summary import answer, text
    from camjax.cli.history import load_history
    from camjax.cli.leftovers import check_leftovers
    from camjax.cli.observed import ObservedOptions
    from camjax.cli.report import check_report, write_report
    from camjax.runs.requests import REPORT

    history = load_history(
        scenario,
        ObservedOptions(observed, missing, residual, supply, as_is),
        assignments=overrides,
        drivers=drivers,
        left_out=without or (),
    )
    names = (outputs.METRICS, outputs.WEIGHTS, outputs.RESULTS)
    check_leftovers(out, (*names, *outputs.pictures("weights", "errors")), with_report)
    outputs.check_folder(out, names)
    check_report(with_report, out)
    num_paths = (paths or RANDOM_PATHS) if history.scenario.is_random else 1
    result = run_backtest(
        history.scenario, history.observations, mode=mode, num_paths=num_paths, seed=seed
    )
    scores = score(result)
    files = []
    if out is not None:
        figures = {}
        if outputs.can_draw():
            from calibration.figures import errors_figure, weights_figure

            figures = {"weights": weights_figure(result), "errors": errors_figure(result)}
        tables = {outputs.METRICS: scores_csv(scores), outputs.WEIGHTS: predictions_csv(result)}
        dataset = backtest_dataset(result, scores)
        files = outputs.write_all(out, tables, dataset, figures)
        if with_report:
            files += write_report(dataset, out / REPORT)[1]
    if as_json:
        typer.echo(as_document(answer(result, scores, history.unused, files)))
        return
    typer.echo(text(result, scores, history.unused))
    if out is not None:
        typer.echo(f"\n{outputs.written(files)}")
