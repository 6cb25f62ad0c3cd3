"""What every verb of Python takes, and how it refuses what it cannot."""

from collections.abc import Callable
from typing import Any

import pytest
from test_run import SCENARIO, SMALL

import camjax
from camjax.cli import main
from camjax.questions import find, maximise

QUESTION = "P(share[savings] > 0.3)"
RATE = "deposits.savings.rate"

VERBS: dict[str, Callable[..., Any]] = {
    "run": camjax.run,
    "ask": lambda scenario=SCENARIO, question=QUESTION, **more: camjax.ask(
        scenario, question, **more
    ),
    "sweep": lambda scenario=SCENARIO, axes={"steps": [2]}, **more: camjax.sweep(
        scenario, axes, **more
    ),
    "find": lambda scenario=SCENARIO, condition=f"{QUESTION} >= 0.5", **more: find(
        scenario, RATE, "min", condition, **more
    ),
    "maximise": lambda scenario=SCENARIO, goal="E(share[savings])", **more: maximise(
        scenario, RATE, goal, **more
    ),
}

REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {}
for verb in VERBS:
    REFUSED |= {
        f"{verb} of no scenario": (verb, {"scenario": 42}, "scenario: expected a built-in name, a"),
        f"{verb} of half a path": (verb, {"paths": 2.5}, "paths: expected a whole number"),
        f"{verb} of no path": (verb, {"paths": 0}, "paths: expected a whole number"),
        f"{verb} with a word as seed": (verb, {"seed": "x"}, "seed: expected a whole number from"),
    }
REFUSED |= {
    f"{verb} telling a number": (verb, {"progress": 3}, "progress: expected True or a function of")
    for verb in ("run", "ask", "sweep")
}
REFUSED |= {
    "ask nothing": ("ask", {"question": 3}, "question: expected a text, got 3."),
    "ask at a word": ("ask", {"level": "high"}, "level: expected a number, got 'high'."),
    "ask until a word": ("ask", {"until_ci": "x"}, "until_ci: expected a number, got 'x'."),
    "ask until 0": ("ask", {"until_ci": 0}, "until_ci: expected a number above 0, got 0."),
    "find nothing": ("find", {"condition": 3}, "condition: expected a text, got 3."),
    "maximise nothing": ("maximise", {"goal": None}, "goal: expected a text, got None."),
    "sweep a number": ("sweep", {"axes": 3}, "axes: expected lists of values by dotted path, got"),
    "sweep all": ("sweep", {"keep": "all"}, "keep: expected one of trajectories, final, statist"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_verb_refuses_what_it_cannot_take_in_a_sentence(case: str) -> None:
    verb, arguments, says = REFUSED[case]
    with pytest.raises(camjax.CamjaxError) as refused:
        VERBS[verb](**({"scenario": SCENARIO} | arguments))
    assert str(refused.value).startswith(says)


def test_scenarios_are_asked_as_they_are_or_as_what_they_are_read_from() -> None:
    assert camjax.ask(SMALL, QUESTION, paths=4) == camjax.ask(SCENARIO, QUESTION, paths=4)


def test_a_command_is_told_of_its_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "fei", QUESTION, "--until-ci", "0"]) == 2
    assert "--until-ci: expected a number above 0, got 0" in capsys.readouterr().err
