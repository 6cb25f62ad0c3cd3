"""Settings every test runs under: float64, and JAX refusing to guess a dtype or a rank.

What one test compiled is found again by others, by commands that tests start, and by the next run
of the tests: the folder `.jax_cache` may be removed at any time.
"""

import gc
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / ".jax_cache"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")

import jax
from hypothesis import settings

from camjax.config import configure
from camjax.deposits import DEPOSITS
from camjax.scenario.deposit_tables import DEPOSIT_TABLES, deposit_entries
from camjax.scenario.schema import Document

# Tracing makes millions of objects that live on: looking for cycles among them every 700 is a third
# of the time.
gc.set_threshold(100_000, 50, 100)

configure(precision="float64")
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

# The same examples in every run, and no deadline: the first example of a structure compiles.
settings.register_profile("camjax", derandomize=True, deadline=None, database=None)
settings.load_profile("camjax")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current folder, and JAX's precision put back after the test."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    jax.config.update("jax_enable_x64", True)


@pytest.fixture
def own_types() -> Iterator[None]:
    """Takes back afterwards which types of deposits a test registers."""
    kept = [(registry, dict(registry)) for registry in (DEPOSITS, DEPOSIT_TABLES)]
    yield
    for registry, known in kept:
        registry.clear()
        registry.update(known)
    Document.model_fields["deposits"].annotation = deposit_entries()
    Document.model_rebuild(force=True)


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Runs a command that must succeed and gives its JSON answer."""
    from camjax.cli import main

    def run(*arguments: object) -> Any:
        status = main([*map(str, arguments), "--json"])
        output = capsys.readouterr()
        assert (status, output.err) == (0, "")
        return json.loads(output.out)

    return run
