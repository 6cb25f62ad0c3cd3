"""`camjax report`: results as one HTML file that people read."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camjax.cli.options import JsonOption, ResultsArgument
from camjax.runs.plain import as_document
from camjax.runs.requests import REPORT

if TYPE_CHECKING:
    import xarray

    from camjax.report import Report


def report(
    results: ResultsArgument,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=f"Write this file. [default: {REPORT} beside RESULTS]"),
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write every figure as SVG and PNG too. [default: nothing]"
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write what results say as one HTML file that needs no network."""
    from camjax.cli.outputs import written
    from camjax.cli.report_source import read_report
    from camjax.results import check_writable
    from camjax.results.store_places import is_store

    is_folder = results.is_dir() and not is_store(results)
    file = out or (results if is_folder else results.parent) / REPORT
    made = read_report(results)
    check_writable(file)
    files = write_page(made, file)
    if figures is not None:
        files += _write_figures(made, figures)
    if as_json:
        typer.echo(as_document({"answers": list(made.sentences), "files": files}))
        return
    typer.echo("\n".join([*made.sentences, "", written(files)]))


def check_report(wanted: bool, folder: Path | None) -> None:
    """Refuse `--report` where there is no folder to write it to, or none can be written there.

    Raises:
      CamjaxError: so it is.
    """
    from camjax.cli.outputs import check_folder
    from camjax.errors import CamjaxError, refusal

    if wanted:
        if folder is None:
            raise CamjaxError(refusal("--report", "--out beside it", "none"))
        check_folder(folder, [REPORT])


def write_report(results: "xarray.Dataset", file: Path) -> tuple["Report", list[str]]:
    """Write the report of a dataset.

    Returns:
      The report as data, and the files written.

    Raises:
      CamjaxError: there is nothing to report of such results, or the file cannot be written.
    """
    from camjax.report import build_report

    made = build_report(results)
    return made, write_page(made, file)


def write_page(made: "Report", file: Path) -> list[str]:
    """Write a report as a page.

    Returns:
      The files written.

    Raises:
      CamjaxError: the file cannot be written.
    """
    from camjax.cli.outputs import write_texts
    from camjax.report import page

    return write_texts(file.parent, {file.name: page(made)})


def _write_figures(made: "Report", folder: Path) -> list[str]:
    """Write every figure as SVG and PNG, drawn by matplotlib.

    Raises:
      CamjaxError: matplotlib is missing, or the folder cannot be written.
    """
    from camjax.cli.outputs import NO_FIGURES, can_draw, render_all, write_files
    from camjax.errors import CamjaxError
    from camjax.report.paper import paper_figure

    if not can_draw():
        raise CamjaxError(f"--figures: {NO_FIGURES}")
    return write_files(
        folder, render_all({figure.key: paper_figure(figure) for figure in made.figures})
    )
