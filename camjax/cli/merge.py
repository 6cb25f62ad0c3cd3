"""`camjax merge`: put the shards of a run together."""

import json
from pathlib import Path
from typing import Annotated

import typer

from camjax.cli.options import JsonOption
from camjax.cli.requests import RESULTS
from camjax.errors import CamjaxError, refusal


def merge(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Folders that shards were written to.")
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help=f"Write DIR/{RESULTS}. [default: nothing]")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Put together what `camjax run --shard 1/N` to `--shard N/N` found."""
    files = [file for folder in folders for file in _shards_in(folder)]

    from camjax import results
    from camjax.cli.ensemble import EVENTS, reducers_of
    from camjax.cli.ensemble_summary import summarise_ensemble
    from camjax.cli.load import load
    from camjax.cli.table import format_summary
    from camjax.ensemble import merge_shards, read_shards
    from camjax.results import ensemble_dataset

    if out is not None:
        results.check_writable(out / RESULTS)
    shards = read_shards(files)
    scenario, seed = load(shards.manifest["scenario"], None), shards.manifest["seed"]

    import jax

    reducers = reducers_of(
        scenario, shards.constants, shards.manifest[EVENTS].splitlines(), final=False
    )
    found = merge_shards(shards, scenario, jax.random.key(seed), reducers)
    if out is not None:
        results.save_results(ensemble_dataset(scenario, found, seed), out / RESULTS)
    summary = summarise_ensemble(scenario, found, seed, str(out / RESULTS) if out else None)
    typer.echo(json.dumps(summary.as_json()) if as_json else format_summary(summary))


def _shards_in(folder: Path) -> list[Path]:
    """Files of shards in a folder.

    Raises:
      CamjaxError: there is none.
    """
    files = sorted(folder.glob("shard-*-of-*.npz"))
    if not files:
        remedy = "`camjax run --shard 1/2 --out DIR` writes one."
        raise CamjaxError(refusal(str(folder), "files of shards", "none", remedy))
    return files
