"""`camjax export`: results as a flat table."""

from pathlib import Path
from typing import Annotated

import typer

from camjax.cli.options import ResultsArgument


def export(
    results: ResultsArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to write: .csv or .parquet.")],
) -> None:
    """Write results as a table in radCAD's columns: a row for each step of each path."""
    from camjax.results import load_results, save_frame

    typer.echo(f"Wrote {save_frame(load_results(results), file)}.")
