"""Every bad scenario and driver file, given to the command: one line, status 2, nothing written."""

from pathlib import Path

import pytest
import test_scenario_drivers_file as drivers_file
import test_scenario_refusals as documents
import test_scenario_requirements as requirements
import tomli_w
from scenario_documents import changed

from camjax.cli import main

DOCUMENTS = {**documents.CASES, **requirements.CASES}


def test_there_are_at_least_forty_kinds_of_bad_input() -> None:
    assert len(DOCUMENTS) + len(drivers_file.CASES) >= 40


@pytest.mark.parametrize("case", DOCUMENTS)
def test_bad_document_ends_the_command(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = changed(DOCUMENTS[case][0])
    file = tmp_path / "scenario.toml"
    file.write_text(tomli_w.dumps(document), "utf-8")
    assert_refused_by_run(tmp_path, [str(file)], capsys)


@pytest.mark.parametrize("case", drivers_file.CASES)
def test_bad_driver_file_ends_the_command(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, _ = drivers_file.CASES[case]
    file = tmp_path / "drivers.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    arguments = ["fei", "--set", "steps=3", "--set", f'drivers.file="{file}"']
    assert_refused_by_run(tmp_path, arguments, capsys)


def test_the_driver_file_that_the_bad_ones_are_made_of_is_good(tmp_path: Path) -> None:
    assert drivers_file.scenario_with(tmp_path, drivers_file.GOOD).steps == 3


def assert_refused_by_run(
    folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """`camjax run` refuses in one line that begins with the file, and leaves no trace."""
    before = sorted(folder.iterdir())
    assert main(["run", *arguments, "--out", str(folder / "out")]) == 2
    answer = capsys.readouterr()
    assert answer.out == ""
    assert answer.err.startswith(f"camjax: {folder}")
    assert "expected" in answer.err
    assert answer.err.count("\n") == 1
    assert sorted(folder.iterdir()) == before
