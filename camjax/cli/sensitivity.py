"""`camjax sensitivity`: how much each number of a scenario matters."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from camjax.cli.load import load
from camjax.cli.options import JsonOption, Precision, ReportOption, ScenarioArgument, SetOption

Method = Literal["local", "sobol", "morris", "dgsm"]


def sensitivity(
    scenario: ScenarioArgument,
    method: Annotated[
        Method, typer.Option(help="Derivatives here, or measures over a box or a posterior.")
    ] = "local",
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH[=LOW:HIGH],…",
            help="Numbers to look at; a range is ±20 % if left out. [default: all, for local]",
        ),
    ] = None,
    outputs: Annotated[
        list[str] | None,
        typer.Option(
            metavar="QUESTION", help="As `camjax ask` takes. Repeatable. [default: final shares]"
        ),
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(min=1, help="Points; trajectories of morris. [default: 256; morris 20]"),
    ] = None,
    scramblings: Annotated[
        int | None,
        typer.Option(
            min=1, help="Independent sets that points are shared among. [default: sobol 4, dgsm 32]"
        ),
    ] = None,
    posterior: Annotated[
        Path | None,
        typer.Option(
            metavar="FIT", help="Look over what a fit leaves open, in place of a box: its folder."
        ),
    ] = None,
    paths: Annotated[
        int | None,
        typer.Option(min=1, help="Common random paths. [default: local 512, else 64]"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 2, help="Of paths and points.")] = 0,
    overrides: SetOption = None,
    precision: Annotated[
        Precision | None, typer.Option(help="[default: the scenario's own]")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write tables and pictures there.")
    ] = None,
    with_report: ReportOption = False,
    as_json: JsonOption = False,
) -> None:
    """Rank a scenario's numbers by how much they matter, with intervals."""
    loaded = load(scenario, overrides, precision)

    from camjax.cli.leftovers import check_leftovers
    from camjax.cli.outputs import (
        can_draw,
        check_folder,
        pictures,
        render_all,
        write_files,
        write_texts,
        written,
    )
    from camjax.cli.progress import progress
    from camjax.cli.report import check_report, write_page
    from camjax.cli.report_source import RANKING
    from camjax.cli.sensitivity_methods import METHODS, time_tables
    from camjax.cli.sensitivity_order import Order
    from camjax.report.sensitivity import sensitivity_report
    from camjax.runs.plain import as_document
    from camjax.runs.requests import REPORT

    order = Order.of(
        loaded, method, parameters, outputs, samples, scramblings, posterior, paths, seed
    )
    more = {"local": ["over-time.csv"], "sobol": ["second.csv"]}.get(method, [])
    drawn = pictures("tornado", *(["over-time"] if method == "local" else []))
    check_leftovers(out, ("sensitivity.csv", RANKING, *more, *drawn), with_report)
    check_folder(out, ("sensitivity.csv", RANKING))
    check_report(with_report, out)
    with progress() as report:
        found = METHODS[method](order, report)
        timed = time_tables(order) if out is not None and method == "local" else None
    files: list[str] = []
    if out is not None:
        tables = found.tables() | (timed[0] if timed else {})
        images = {}
        if can_draw():
            figures = {"tornado": found.figure()} | (timed[1]() if timed else {})
            images = render_all(figures)
        files = [*write_texts(out, tables), *write_files(out, images)]
        if with_report:
            files += write_page(sensitivity_report(found.ranking()), out / REPORT)
    if as_json:
        typer.echo(as_document(found.as_json() | {"files": files}))
        return
    typer.echo(found.text())
    if files:
        typer.echo(f"\n{written(files)}")
