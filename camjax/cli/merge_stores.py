"""Shards that are stores put together, and in short."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from camjax.cli.load import load
from camjax.cli.progress import progress
from camjax.errors import CamjaxError, refusal
from camjax.results.merging import merge_stores, shards_in_order
from camjax.results.store_places import check_new_store
from camjax.runs.digest import PathDigest
from camjax.runs.paths import PathsRun
from camjax.runs.requests import STORE
from camjax.runs.summary import Summary, summarise
from camjax.writing import locked
from camjax.writing.held import hold


def run_merge_stores(stores: Sequence[Path], out: Path | None) -> Summary:
    """Put together what the shards of a run wrote, in one store if one is asked for.

    Raises:
      CamjaxError: they are not all shards of one run, or the store cannot be written.
    """
    if out is not None:
        if out.suffix != STORE:
            raise CamjaxError(refusal("--out", f"a store *{STORE}, as shards are", str(out)))
        hold(locked(out))
        check_new_store(out)
    started, shards = time.perf_counter(), shards_in_order(stores)
    manifest = shards[0].manifest
    scenario = load(manifest["scenario"], None)
    if out is not None:
        with progress() as report:
            merge_stores(shards, out, lambda share: report("writing", share))
    each = [shard.remembered() for shard in shards]
    digest: dict[str, Any] = {
        name: np.concatenate([found[name] for found in each]) for name in each[0]
    }
    finished = PathsRun(PathDigest(**digest), {}, 0.0, time.perf_counter() - started)
    return summarise(scenario, finished, manifest["seed"], None if out is None else str(out))
