"""`camjax export`: results as a flat table."""

from pathlib import Path
from typing import Annotated

import typer

from camjax.cli.options import JsonOption, ResultsArgument
from camjax.runs.plain import as_document


def export(
    results: ResultsArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to write: .csv or .parquet.")],
    as_json: JsonOption = False,
) -> None:
    """Write results as a table in radCAD's columns: a row for each step of each path."""
    from camjax.results import load_results, save_frame

    written = str(save_frame(load_results(results), file))
    typer.echo(as_document({"files": [written]}) if as_json else f"Wrote {written}.")
