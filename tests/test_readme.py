"""README: its commands and its code run as they are written."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import pytest

from camjax.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str, text: str = README) -> list[str]:
    """Contents of the fenced blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


GUIDES = [path for path in sorted(ROOT.glob("[!.]*/**/*.md")) if "```python" in path.read_text()]


LONGEST_GUIDES = ("calibration", "calibration/sensitivity", "camjax/ensemble")


def as_case(guide: Path) -> Any:
    """A guide by its place, in the slow job where its code takes long."""
    place = guide.relative_to(ROOT)
    is_long = place.parent.as_posix() in LONGEST_GUIDES
    return pytest.param(guide, id=str(place), marks=[pytest.mark.slow] if is_long else [])


@pytest.mark.usefixtures("own_types")
@pytest.mark.parametrize("guide", [as_case(guide) for guide in GUIDES])
def test_code_of_the_guides_runs(
    guide: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    for block in blocks("python", guide.read_text("utf-8")):
        exec(compile(block, str(guide), "exec"), namespace)


def test_readme_begins_with_the_two_ways_to_set_up() -> None:
    run, test, *others = blocks("console")
    assert run.endswith("&& .venv/bin/camjax run\n")
    assert test.endswith("&& .venv/bin/pytest\n")
    assert not any("pip install" in block for block in others)


COMMANDS = [line for block in blocks("console")[2:] for line in block.splitlines()]
LONGEST = ("calibrate", "forecast", "sensitivity", "solve")
"""Searches and fits, which the slow job alone runs as they stand there."""


def test_commands_and_code_of_the_readme_run(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in COMMANDS:
        program, *words = shlex.split(command)
        assert program == "camjax"
        if words[0] in LONGEST or "fitted/fitted.toml" in words:
            continue
        arguments, file = (words[:-2], words[-1]) if ">" in words else (words, None)
        status = main(arguments)
        output = capsys.readouterr()
        assert (status, output.err) == (0, ""), f"{command}\n{output.err}"
        if file:
            Path(file).write_text(output.out)

    namespace: dict[str, object] = {}
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), namespace)
    assert "FEI in savings after 365 days" in capsys.readouterr().out
    gradient = namespace["gradient"]
    assert float(gradient.deposits[2].rate) > 0
    assert namespace["trajectory"].balance.shape == (365, 4)
    assert (folder / "statistics" / "results.nc").exists()


@pytest.mark.slow
def test_commands_of_the_readme_run_as_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", jax.config.jax_compilation_cache_dir)
    for command in COMMANDS:
        finished = subprocess.run(command, shell=True, capture_output=True, text=True)
        assert (finished.returncode, finished.stderr) == (0, ""), f"{command}\n{finished.stderr}"


def test_the_picture_is_small_enough_to_load_at_once() -> None:
    (picture,) = re.findall(r"^!\[.+\]\((.+)\)$", README, re.MULTILINE)
    assert (ROOT / picture).stat().st_size < 200_000
