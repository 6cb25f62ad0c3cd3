"""The inner level of the grammar: values and events of one path."""

import math
import re
from collections.abc import Callable
from typing import Literal

from camjax.ensemble.quantities import Quantity
from camjax.questions.reader import EVENT_EXAMPLE, Reader
from camjax.questions.tokens import Token
from camjax.questions.tree import (
    Comparison,
    Logic,
    Node,
    Not,
    Number,
    Over,
    Series,
    TimeTo,
    at,
    has_time,
    walk,
)

COMPARISONS = (">=", "<=", ">", "<", "=")

OVER: dict[str, Literal["mean", "max", "min"]] = {"mean": "mean", "max": "max", "min": "min"}

STEP = re.compile(r"[0-9]{1,10}")

QUANTITY_EXAMPLE = "Such as share[savings]."


class Values(Reader):
    """Reads values and events."""

    def value_or_event(self) -> Node:
        """What "or" joins, or less."""
        node = self._conjunction()
        while token := self.accept("or"):
            node = self.event(node, token)
            other = self._conjunction()
            node = Logic("or", node, self.event(other, self.peek()))
        return node

    def _conjunction(self) -> Node:
        node = self._comparison()
        while token := self.accept("and"):
            node = self.event(node, token)
            other = self._comparison()
            node = Logic("and", node, self.event(other, self.peek()))
        return node

    def _comparison(self) -> Node:
        if self.accept("not"):
            negated = self._comparison()
            return Not(self.event(negated, self.peek()))
        start, left = self.peek(), self.sum_of(self._factor)
        sign = self.accept(*COMPARISONS)
        if sign is None:
            return left
        left, at = self.value(left, start), self.peek()
        return Comparison(sign.text, left, self.value(self.sum_of(self._factor), at))

    def _factor(self) -> Node:
        """A number, a quantity, a mean or extreme, a time, or something in brackets."""
        token = self.next()
        if token.kind == "number":
            node: Node = self.number(token)
        elif token.text == "never":
            node = Number(math.inf)
        elif token.text == "(":
            node = self.value_or_event()
            self.expect(")")
        elif token.text in OVER:
            node = Over(OVER[token.text], self._series(self._factor))
        elif token.text == "time":
            node = self._time_to()
        elif token.kind == "word":
            node = self._quantity(token)
        else:
            self.fail("a quantity or a number", token, QUANTITY_EXAMPLE)
        return self._timed(node, token)

    def _time_to(self) -> TimeTo:
        self.expect("to", "Such as time to (share[savings] > 0.6).")
        self.expect("(", EVENT_EXAMPLE)
        event = self._series(self.value_or_event)
        end = self.expect(")", EVENT_EXAMPLE)
        return TimeTo(self.event(event, end))

    def _quantity(self, word: Token) -> Series:
        if not self.accept("["):
            return Series(Quantity(word.text), word.position)
        first = self.peek()
        while self.peek().text != "]" and self.peek().kind != "end":
            self.next()
        last = self.expect("]", QUANTITY_EXAMPLE)
        deposit = self.text[first.position : last.position].strip()
        if not deposit:
            self.fail("the name of a deposit", last, QUANTITY_EXAMPLE)
        return Series(Quantity(word.text, deposit), word.position)

    def _timed(self, node: Node, start: Token) -> Node:
        """A node with `at end` or `at step k` behind it."""
        while self.accept("at"):
            self._check_series(node, start)
            token = self.next()
            if token.text == "end":
                node = at(node, None, token.position)
            elif token.text == "step":
                number = self.next()
                if not STEP.fullmatch(number.text) or int(number.text) < 1:
                    self.fail("the number of a step, from 1 on", number)
                node = at(node, int(number.text), number.position)
            else:
                self.fail('"end" or "step"', token, "Such as share[savings] at step 90.")
        return node

    def _series(self, read: Callable[[], Node]) -> Node:
        """What has a value at every step."""
        start, node = self.peek(), read()
        self._check_series(node, start)
        return node

    def _check_series(self, node: Node, start: Token) -> None:
        if has_time(node):
            self.fail("a quantity at every step", start, "A time is said of it already.")
        if not any(isinstance(each, Series) for each in walk(node)):
            self.fail("a quantity", start, QUANTITY_EXAMPLE)
