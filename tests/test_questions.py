"""The grammar of questions: what is read, what is refused and where."""

import math

import pytest

from camjax.ensemble.quantities import Quantity
from camjax.ensemble.reducers.events import Event
from camjax.errors import QuestionError
from camjax.questions import parse, parse_condition
from camjax.questions.tree import (
    Arithmetic,
    At,
    Comparison,
    Logic,
    Not,
    Number,
    Over,
    Series,
    Term,
    TimeTo,
)

SAVINGS = Series(Quantity("share", "savings"))
IDLE = Series(Quantity("balance", "idle"))


def test_without_a_time_it_is_the_end() -> None:
    event = Comparison(">", At(SAVINGS, None), Number(0.6))
    assert parse("P(share[savings] > 0.6)") == Term("P", event)
    assert parse("P(share[savings] at end > 0.6)") == Term("P", event)


def test_a_value_alone_means_its_mean_and_an_event_its_probability() -> None:
    assert parse("share[savings]") == parse("E(share[savings])")
    assert parse("share[savings] > 0.6") == parse("P(share[savings] > 0.6)")


@pytest.mark.parametrize("text", ["share[savings] > 0.6", "balance[idle] <= 1e6", "pool_tvl < 3"])
def test_events_of_ensembles_are_questions(text: str) -> None:
    event = Event.parse(text)
    series = At(Series(event.quantity), None)
    assert parse(text) == Term("P", Comparison(event.comparison, series, Number(event.threshold)))


def test_quantities_of_ensembles_are_questions() -> None:
    for text in ("share[savings]", "pool_tvl", "balance[my-pool]"):
        assert parse(text) == Term("E", At(Series(Quantity.parse(text)), None))


def test_times_belong_to_what_they_stand_at() -> None:
    found = parse("E(share[savings] - share[savings] at step 3)")
    assert found == Term("E", Arithmetic("-", At(SAVINGS, None), At(SAVINGS, 3)))
    assert parse("E((share[savings] - 1) at step 3)") == Term(
        "E", At(Arithmetic("-", SAVINGS, Number(1.0)), 3)
    )
    event = Comparison(">", At(SAVINGS, 3), Number(0.5))
    assert parse("P((share[savings] > 0.5) at step 3)") == Term("P", event)


def test_means_bind_tighter_than_signs() -> None:
    expected = Arithmetic("-", Over("mean", SAVINGS), Over("max", IDLE))
    assert parse("E(mean share[savings] - max balance[idle])") == Term("E", expected)
    fraction = Over("mean", Comparison(">", SAVINGS, Number(0.6)))
    assert parse("E(mean (share[savings] > 0.6))") == Term("E", fraction)


def test_events_are_joined_in_the_usual_order() -> None:
    a, b = (
        Comparison(">", At(SAVINGS, None), Number(0.6)),
        Comparison("<", At(IDLE, None), Number(10.0)),
    )
    text = "P(share[savings] > 0.6 or not balance[idle] < 10 and share[savings] > 0.6)"
    assert parse(text) == Term("P", Logic("or", a, Logic("and", Not(b), a)))


def test_never_is_a_time() -> None:
    first = TimeTo(Comparison(">", SAVINGS, Number(0.6)))
    expected = Term("P", Comparison("=", first, Number(math.inf)))
    assert parse("P(time to (share[savings] > 0.6) = never)") == expected


def test_expectations_are_joined_by_arithmetic() -> None:
    term = Term("E", At(SAVINGS, None))
    found = parse("(E(share[savings]) + 1) * 2 - -E(share[savings])")
    assert isinstance(found, Arithmetic)
    assert found.left == Arithmetic("*", Arithmetic("+", term, Number(1.0)), Number(2.0))


def test_settings_are_toml() -> None:
    found = parse(
        "E(share[savings] | deposits.savings.rate = [[0, 0.03], [10, 0]], weights.rule='pairwise')"
    )
    assert isinstance(found, Term)
    assert found.settings == (
        "deposits.savings.rate = [[0, 0.03], [10, 0]]",
        "weights.rule='pairwise'",
    )


def test_conditions_have_two_sides() -> None:
    found = parse_condition("P(share[savings] > 0.6) <= E(concentration)")
    assert found == "(E(concentration)) - (P(share[savings] > 0.6))"
    with pytest.raises(QuestionError, match=">= or <="):
        parse_condition("P(share[savings] > 0.6)")


BAD = {
    "P(share[savings])": 16,
    "P(share[savings] > 0.6": 22,
    "P(share[savings] > )": 19,
    "E(share[savings] > 0.6)": 2,
    "E(share[savings] at step 0)": 25,
    "E(share[savings] at noon)": 20,
    "E(share[])": 8,
    "E(share[savings)": 16,
    "E(mean max share[idle])": 7,
    "E(time to (share[idle]))": 22,
    "E(time until (share[idle] > 3))": 7,
    "E(3)": 2,
    "quantile(share[idle])": 20,
    "quantile(share[idle], 1.5)": 22,
    "E((share[idle] > 3) + 1)": 2,
    "P(share[idle] > 1 and balance[idle])": 35,
    "P(share[idle] > 1) share": 19,
    "E(share[idle] | rate)": 15,
    "P(share[idle] ? 3)": 14,
    "E(share[idle]) + share[idle]": 17,
    "": 0,
}


@pytest.mark.parametrize(("text", "position"), BAD.items(), ids=BAD)
def test_what_cannot_be_read_is_refused_at_its_place(text: str, position: int) -> None:
    with pytest.raises(QuestionError) as refused:
        parse(text)
    sentence, shown, caret = str(refused.value).split("\n")
    assert sentence.startswith(("question: expected", "question: --set: expected"))
    assert shown == f"  {text}"
    assert caret == f"  {' ' * position}^"
