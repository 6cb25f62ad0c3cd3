"""`camjax merge`: put the shards of a run together."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camjax.cli.options import JsonOption
from camjax.errors import CamjaxError, refusal
from camjax.runs.plain import as_document
from camjax.runs.requests import RESULTS, STORE

if TYPE_CHECKING:
    from camjax.runs.summary import Summary


def merge(
    folders: Annotated[
        list[Path],
        typer.Argument(metavar="DIR...", help="Folders or stores that shards were written to."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=f"Write DIR/{RESULTS}; of stores, a store STORE{STORE}. [default: nothing]",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Put together what `camjax run --shard 1/N` to `--shard N/N` found."""
    from camjax.results.store_places import is_store
    from camjax.runs.table import format_summary

    if any(map(is_store, folders)):
        from camjax.cli.merge_stores import run_merge_stores

        summary = run_merge_stores(folders, out)
    else:
        summary = _merge_folders(folders, out)
    typer.echo(as_document(summary.as_json()) if as_json else format_summary(summary))


def _merge_folders(folders: list[Path], out: Path | None) -> "Summary":
    """Put statistics together.

    Raises:
      CamjaxError: shards are not all of one run, or the result cannot be written.
    """
    files = [file for folder in folders for file in _shards_in(folder)]

    from camjax import results
    from camjax.cli.leftovers import check_leftovers
    from camjax.cli.load import load
    from camjax.cli.outputs import check_folder
    from camjax.ensemble import merge_shards, read_shards
    from camjax.results import ensemble_dataset
    from camjax.runs.ensemble import EVENTS, reducers_of
    from camjax.runs.ensemble_summary import summarise_ensemble

    if out is not None and out.suffix == STORE:
        remedy = "Stores are made of shards that are stores."
        raise CamjaxError(refusal("--out", "a folder for statistics", str(out), remedy))
    check_leftovers(out, [RESULTS])
    check_folder(out, [RESULTS])
    shards = read_shards(files)
    scenario, seed = load(shards.manifest["scenario"], None), shards.manifest["seed"]

    import jax

    reducers = reducers_of(
        scenario, shards.constants, shards.manifest[EVENTS].splitlines(), final=False
    )
    found = merge_shards(shards, scenario, jax.random.key(seed), reducers)
    if out is not None:
        results.save_results(ensemble_dataset(scenario, found, seed), out / RESULTS)
    return summarise_ensemble(scenario, found, seed, str(out / RESULTS) if out else None)


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
