"""Options of all commands: what is given is used, and what cannot be used is refused."""

from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from camjax.cli import main
from camjax.cli.app import app

Refused = pytest.CaptureFixture[str]


def commands(group: TyperGroup, *before: str) -> Iterator[tuple[tuple[str, ...], TyperCommand]]:
    """Every command by the words that call it."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, *before, name)
        else:
            yield (*before, name), command


SINGLE = [
    (*words, max(option.opts, key=len))
    for words, command in commands(typer.main.get_command(app))
    for option in command.params
    if isinstance(option, TyperOption) and not (option.multiple or option.is_flag)
]
"""Every option of one value, behind the words that call its command."""


def refusal_of(capsys: Refused, *arguments: str) -> str:
    """The one line in which the command refuses arguments."""
    assert main(arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    return output.err


@pytest.mark.parametrize("words", SINGLE, ids=" ".join)
def test_an_option_of_one_value_is_not_given_twice(words: tuple[str, ...], capsys: Refused) -> None:
    *command, option = words
    said = refusal_of(capsys, *command, option, "1", f"{option}=2")
    assert said == f"camjax: {option}: expected one value, got 2 of them.\n"


def test_all_commands_together_have_many_options_of_one_value() -> None:
    assert len(SINGLE) > 70


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "fei", "--set", "steps=3", "--set", "steps=4"),
        ("sweep", "fei", "--set", "steps=3,4", "--set", "steps=5"),
        ("ask", "fei", "E(balance[savings] | steps=3, steps=4)"),
        ("sensitivity", "fei", "--parameters", "weights.elasticity,weights.elasticity=1:2"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_key_is_not_given_two_values(arguments: tuple[str, ...], capsys: Refused) -> None:
    assert main(arguments) == 2
    assert "expected each key once, got it twice" in capsys.readouterr().err


def test_a_flag_may_be_said_twice(capsys: Refused) -> None:
    assert main(["scenarios", "list", "--json", "--json"]) == 0


LONG = "9" * 5000


@pytest.mark.parametrize(
    "arguments",
    [
        (LONG,),
        ("run", "fei", LONG),
        ("run", "fei", *["more"] * 2000),
        ("run", f"--{LONG}"),
        ("run", f"--{LONG}=1"),
        ("run", f"--json={LONG}"),
        ("run", "fei", "--paths", f"{LONG}a"),
        ("run", "fei", "--keep", LONG),
        ("run", "fei", "--paths", "a\x1b[2J" + LONG),
        ("backtest", "observed.csv", "--mode", f"it's {LONG}", "--scenario", "fei"),
        ("scenarios", LONG),
        ("scenarios", "list", LONG),
        ("calibrate", f"--free={LONG}"),
    ],
    ids=lambda arguments: " ".join(arguments)[:30],
)
def test_the_parser_repeats_no_more_of_a_text_than_other_messages(
    arguments: tuple[str, ...], capsys: Refused
) -> None:
    said = refusal_of(capsys, *arguments)
    assert said.count("9") <= 120 and said.count("more") <= 30
    assert "\x1b" not in said and len(said) < 500
