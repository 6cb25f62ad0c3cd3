"""`camjax forecast`: weights to come, by several methods, and how well those have done so far."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camjax.cli.options import (
    AsIsOption,
    DriversOption,
    JsonOption,
    MissingOption,
    ObservedArgument,
    ReportOption,
    ResidualOption,
    SetOption,
    SupplyOption,
    WithoutOption,
)
from camjax.runs.plain import as_document

if TYPE_CHECKING:
    from calibration.forecast import Forecaster, Settings, Study


def forecast(
    observed: ObservedArgument,
    horizon: Annotated[int, typer.Option(min=1, help="Rows ahead.")],
    method: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="How to forecast. Repeatable. [default: drift]"),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(
            metavar="SCENARIO",
            help="Built-in name or TOML file: whose steps and deposits they are, and the model of"
            " the method camjax. [default: the table as it is]",
        ),
    ] = None,
    drivers: DriversOption = None,
    without: WithoutOption = None,
    evaluate: Annotated[
        bool, typer.Option(help="Forecast from earlier rows too, and score that.")
    ] = True,
    initial: Annotated[
        int | None, typer.Option(min=1, help="Rows before the first origin. [default: half]")
    ] = None,
    step: Annotated[
        int | None, typer.Option(min=1, help="Rows from one origin to the next. [default: 1]")
    ] = None,
    window: Annotated[
        int | None, typer.Option(min=1, help="Rows seen from an origin. [default: all]")
    ] = None,
    refit_every: Annotated[
        int | None, typer.Option(min=1, help="Origins that share a fit. [default: 1]")
    ] = None,
    embargo: Annotated[
        int | None, typer.Option(min=0, help="Latest rows that fits do not see. [default: 0]")
    ] = None,
    conformal: Annotated[
        bool,
        typer.Option("--conformal", help="Make all intervals of past errors, none by sampling."),
    ] = False,
    ex_post: Annotated[
        bool,
        typer.Option(
            "--ex-post", help="Score camjax also as if later drivers and yields were known."
        ),
    ] = False,
    noise: Annotated[
        float,
        typer.Option(min=0.0, help="Error of observed log-ratios that camjax reckons with."),
    ] = 0.0,
    missing: MissingOption = "refuse",
    residual: ResidualOption = None,
    supply: SupplyOption = None,
    as_is: AsIsOption = False,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of all samples.")] = 0,
    overrides: SetOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write forecasts.csv, metrics.csv, results.nc, a scenario for each method, and"
            " figures. [default: nothing]",
        ),
    ] = None,
    with_report: ReportOption = False,
    as_json: JsonOption = False,
) -> None:
    """Forecast weights, and score each method by what it would have forecast before."""
    from calibration.forecast import Camjax, RollingOrigin, Settings, study
    from calibration.forecast.scores import REFERENCE
    from camjax.cli import forecast_outputs, forecast_summary, outputs
    from camjax.cli.forecast_inputs import check_scoring, load_inputs
    from camjax.cli.leftovers import check_leftovers, remove_earlier
    from camjax.cli.observed import ObservedOptions
    from camjax.cli.report import check_report
    from camjax.config import configure

    configure("float64")
    options = ObservedOptions(observed, missing, residual, supply, as_is)
    origins = {
        "--initial": initial,
        "--step": step,
        "--window": window,
        "--refit-every": refit_every,
        "--embargo": embargo,
    }
    check_scoring(options, evaluate, ex_post, origins)
    names = tuple(dict.fromkeys([REFERENCE, *(method or ["drift"])]))
    written = [name for name in forecast_outputs.FILES if evaluate or name != outputs.METRICS]
    written += forecast_outputs.files_of(names, names if evaluate else (), ex_post=ex_post)
    check_leftovers(out, written, with_report)
    outputs.check_folder(out, forecast_outputs.FILES)
    check_report(with_report, out)
    inputs = load_inputs(
        scenario, options, assignments=overrides, drivers=drivers, left_out=without or ()
    )
    history = inputs.history
    settings = Settings(seed=seed, scenario=inputs.scenario, observation_noise=noise)
    methods = _forecasters(names, settings)
    if ex_post:
        methods.append(Camjax.ex_post(history, inputs.scenario))
    plan = RollingOrigin(
        horizon=horizon,
        initial=initial or max(history.num_rows // 2, 1),
        step=step or 1,
        window=window,
        refit_every=refit_every or 1,
        embargo=embargo or 0,
        conformal=conformal,
    )
    result = study(history, methods, horizon, plan if evaluate else None, conformal)
    _refuse_without_any(result, {each.name for each in methods[1:]})
    files = []
    if out is not None:
        files = forecast_outputs.write(result, inputs.scenario, out, seed, with_report)
        remove_earlier(out, written, files)
    if as_json:
        typer.echo(as_document(forecast_summary.answer(result, inputs.unused, files)))
        return
    token = "tokens" if inputs.scenario is None else inputs.scenario.token
    typer.echo(forecast_summary.text(observed.name, result, token, inputs.unused))
    if out is not None:
        typer.echo(f"\n{outputs.written(files)}")


def _refuse_without_any(result: "Study", asked: Collection[str]) -> None:
    """Refuse where no method asked for has made anything, if any was but what all are compared to.

    Raises:
      CamjaxError: with the reasons of all.
    """
    from camjax.errors import CamjaxError

    made = {made.model for made in (*result.present, *result.past)}
    if asked and made.isdisjoint(asked):
        raise CamjaxError(" ".join(str(failure) for failure in result.failures))


def _forecasters(names: Sequence[str], settings: "Settings") -> list["Forecaster"]:
    """Methods by name.

    Raises:
      CamjaxError: there is no such method.
    """
    from calibration.forecast import FORECASTERS
    from camjax.scenario.messages import refuse, unknown

    for name in names:
        if name not in FORECASTERS:
            refuse("--method", *unknown("method", name, FORECASTERS))
    return [FORECASTERS[name](settings) for name in names]
