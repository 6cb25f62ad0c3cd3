"""Settings every test runs under: float64, and JAX refusing to guess a dtype or a rank."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import pytest
from hypothesis import settings

from camjax.config import configure

configure(precision="float64")
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

# The same examples in every run, and no deadline: the first example of a structure compiles.
settings.register_profile("camjax", derandomize=True, deadline=None, database=None)
settings.load_profile("camjax")


@pytest.fixture(scope="session", autouse=True)
def compilation_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let tests that meet the same computation again skip compiling it."""
    jax.config.update("jax_compilation_cache_dir", str(tmp_path_factory.mktemp("jax_cache")))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current folder, and JAX's precision put back after the test."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    jax.config.update("jax_enable_x64", True)


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
