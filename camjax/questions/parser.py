"""The outer level of the grammar: expectations over paths, and arithmetic between them."""

from collections.abc import Iterator
from typing import Literal

from camjax.errors import CamjaxError, QuestionError
from camjax.questions.reader import EVENT_EXAMPLE
from camjax.questions.tokens import Token, settings_end
from camjax.questions.tree import (
    Node,
    Settings,
    Term,
    at,
    has_series,
    has_time,
    is_event,
)
from camjax.questions.values import QUANTITY_EXAMPLE, Values
from camjax.scenario import parse_overrides

Kind = Literal["P", "E", "quantile"]

KINDS: dict[str, Kind] = {"P": "P", "E": "E", "quantile": "quantile"}


def parse(text: str) -> Node:
    """The tree of a question.

    A value without P, E or quantile means its mean, an event its probability.

    Raises:
      QuestionError: it cannot be read; the message points at the place.

    >>> parse("P(share[savings] > 0.6)") == parse("share[savings] > 0.6")
    True
    """
    parser = _Parser(text)
    node = parser.question()
    parser.check_end()
    return node


def parse_condition(text: str) -> str:
    """The question whose answer is at or above 0 where a condition holds.

    A condition is a question, >= or <=, and another question or a number.

    Raises:
      QuestionError: it is none.

    >>> parse_condition("P(share[savings] > 0.6) >= 0.95")
    '(P(share[savings] > 0.6)) - (0.95)'
    """
    parser = _Parser(text)
    parser.sum_of(parser.term)
    sign = parser.next()
    if sign.text not in (">=", "<="):
        parser.fail(">= or <=", sign, "Such as P(share[savings] > 0.6) >= 0.95.")
    parser.sum_of(parser.term)
    parser.check_end()
    sides = text[: sign.position].strip(), text[sign.position + len(sign.text) :].strip()
    larger, smaller = sides if sign.text == ">=" else sides[::-1]
    return f"({larger}) - ({smaller})"


class _Parser(Values):
    """Reads whole questions."""

    def question(self) -> Node:
        """Expectations, or a value or an event that stands alone."""
        pairs = zip(self.tokens, self.tokens[1:], strict=False)
        if any(word.text in KINDS and sign.text == "(" for word, sign in pairs):
            return self.sum_of(self.term)
        start, node = self.peek(), self.value_or_event()
        if not has_series(node) and not has_time(node):
            self.fail("a quantity", start, QUANTITY_EXAMPLE)
        return Term("P" if is_event(node) else "E", at(node, None))

    def term(self) -> Node:
        """An expectation, a number, or a sum of them in brackets."""
        token = self.next()
        if token.kind == "number":
            return self.number(token)
        if token.text == "(":
            node = self.sum_of(self.term)
            self.expect(")")
            return node
        if token.text not in KINDS:
            remedy = "Values stand within one of these."
            self.fail("P(…), E(…), quantile(…, level) or a number", token, remedy)
        return self._expectation(token)

    def check_end(self) -> None:
        """Refuse what is left over."""
        if self.peek().kind != "end":
            self.fail("the end, or one of + - * /", self.peek())

    def _expectation(self, word: Token) -> Term:
        kind = KINDS[word.text]
        self.expect("(")
        start, node = self.peek(), self.value_or_event()
        if kind == "P" and not is_event(node):
            self.fail("one of > >= < <= =", self.peek(), EVENT_EXAMPLE)
        if kind != "P" and is_event(node):
            self.fail("a value", start, "The probability of an event is P(…).")
        if not has_series(node) and not has_time(node):
            self.fail("a quantity", start, QUANTITY_EXAMPLE)
        level = self._level() if kind == "quantile" else 0.5
        settings = self._settings() if self.peek().text == "|" else ()
        self.expect(")")
        return Term(kind, at(node, None), level, settings, word.position)

    def _level(self) -> float:
        self.expect(",", "Such as quantile(share[savings], 0.05).")
        token = self.next()
        level = self.number(token).value if token.kind == "number" else 0.0
        if not 0 < level < 1:
            self.fail("a level in (0, 1)", token, "The median's is 0.5.")
        return level

    def _settings(self) -> Settings:
        """Overrides `| path=value, path=value` up to the closing bracket."""
        start = self.next().position + 1
        end = settings_end(self.text, start)
        assignments = [text.strip() for text in _assignments(self.text[start:end])]
        try:
            parse_overrides(assignments)
        except CamjaxError as error:
            raise QuestionError(f"question: {error}", self.text, start) from None
        return tuple(sorted(assignments))


def _assignments(text: str) -> Iterator[str]:
    """The parts between commas that stand in no brackets or quotes."""
    begin = 0
    for place, character in enumerate(text):
        if character == "," and settings_end(f"{text[begin:place]})", 0) == place - begin:
            yield text[begin:place]
            begin = place + 1
    yield text[begin:]
