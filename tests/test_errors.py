"""Messages repeat what a user gave, in one line and not at length."""

import re

import pytest

import camjax
from calibration.observed_file import read_observed
from camjax.cli.app import main
from camjax.errors import LONGEST_QUOTE, CamjaxError, QuestionError, refusal, shortened

LONG = "x" * 25_531


def test_a_short_text_is_repeated_as_it_is():
    assert shortened("fee = 3 %") == "fee = 3 %"
    assert shortened("a" * LONGEST_QUOTE) == "a" * LONGEST_QUOTE


def test_a_long_text_keeps_its_ends_and_loses_its_middle():
    text = shortened("begin" + LONG + "end")
    assert len(text) == LONGEST_QUOTE
    assert text.startswith("beginx")
    assert text.endswith("xend")


@pytest.mark.parametrize("text", ["\x1b[31m", "one\ntwo", "\u202eevil", "\ud800"])
def test_what_a_terminal_would_obey_is_shown_as_an_escape(text):
    assert shortened(text).isprintable()
    assert len(shortened(text * 5000)) <= LONGEST_QUOTE


def test_a_refusal_quotes_at_most_120_characters_of_what_it_got():
    assert len(refusal("here", "less", LONG, "Cut it.")) < LONGEST_QUOTE + 40


def test_a_question_is_shown_around_the_place_that_cannot_be_read():
    error = QuestionError("question: no.", "a" * 300 + "!" + "b" * 300, 300)
    shown, caret = error.pointer.splitlines()
    assert shown[caret.index("^")] == "!"
    assert len(shown) <= LONGEST_QUOTE + 2


def test_a_short_question_is_shown_whole():
    assert QuestionError("question: no.", "E(!)", 2).pointer == "  E(!)\n    ^"


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", LONG),
        ("run", "fei", "--set", f"{LONG}=1"),
        ("run", "fei", "--set", f"deposits.{LONG}.rate=1"),
        ("run", "fei", "--set", f"weights.{LONG}=1"),
        ("run", "fei", "--set", f"weights.rule={LONG}"),
        ("run", "fei", "--set", f"name=[{LONG}]"),
        ("ask", "fei", f"E({LONG})"),
        ("ask", "fei", LONG),
        ("run", "fei", "--event", LONG),
        ("analyse", "fei", "--what", LONG),
        ("forecast", "none.csv", "--horizon", "1", "--method", LONG),
    ],
)
def test_no_message_repeats_a_text_of_the_length_of_a_book(arguments, capsys):
    assert main(arguments) == 2
    assert re.search("x{121}", capsys.readouterr().err) is None


@pytest.mark.parametrize(
    "table",
    [
        f"{LONG}\n1\n",
        f"time,a\n{LONG},1\n",
        f"time,a\n0,{LONG}\n",
        f"time,{LONG}\n0,-1\n",
        f"time,venue,deposit,balance,{LONG}\n0,v,a,1,1\n",
        f"time,venue,deposit,balance\n0,v,{LONG},-1\n",
        f"time,venue,deposit,balance\n0,v,{LONG},1\n0,v,{LONG},1\n",
    ],
)
def test_no_cell_of_a_table_is_repeated_at_length(table, tmp_path):
    path = tmp_path / "observed.csv"
    path.write_text(table)
    with pytest.raises(CamjaxError) as caught:
        read_observed(path)
    assert re.search("x{121}", str(caught.value)) is None


def test_a_key_of_a_scenario_is_not_repeated_at_length():
    with pytest.raises(CamjaxError) as caught:
        camjax.load_scenario("fei", {f"weights.{LONG}": LONG})
    assert re.search("x{121}", str(caught.value)) is None
