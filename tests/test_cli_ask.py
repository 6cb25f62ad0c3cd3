"""`camjax ask` as it is typed."""

import json

import pytest

from camjax.cli import main

SHORT = ("--set", "steps=6", "--paths", "100")


def test_an_answer_has_an_estimate_and_an_interval(capsys: pytest.CaptureFixture[str]) -> None:
    question = "P(share[savings] > 0.1)"
    assert main(["ask", "fei", question, *SHORT, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["estimate", "low", "high", "paths", "seed", "notes", "flags"]
    assert 0 <= found["low"] <= found["estimate"] <= found["high"] <= 1
    assert (found["paths"], found["seed"]) == (100, 0)
    assert main(["ask", "fei", question, *SHORT, "--seed", "3"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{question} = ")
    assert said.endswith("; 100 paths, seed 3\n")
    assert "95 % interval" in said


def test_never_is_said_and_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    question = "quantile(time to (share[savings] > 0.99), 0.5)"
    assert main(["ask", "fei", question, *SHORT]) == 0
    assert f"{question} = never" in capsys.readouterr().out
    assert main(["ask", "fei", question, *SHORT, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["estimate"] is None


def test_a_question_that_cannot_be_read_is_pointed_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "fei", "P(share[attic] > 1)", *SHORT]) == 2
    first, shown, caret = capsys.readouterr().err.splitlines()
    assert first.startswith("camjax: share[attic]: expected one of liquidity_pool")
    assert shown == "  P(share[attic] > 1)"
    assert caret == "    ^"


@pytest.mark.parametrize("options", [["--until-ci", "0"], ["--set", "steps=0"]])
def test_misuse_is_refused_in_one_line(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", "fei", "share[savings]", *options]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
