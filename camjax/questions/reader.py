"""What every level of the grammar reads with: the tokens, one after the other."""

from collections.abc import Callable
from typing import NoReturn

from camjax.errors import QuestionError, refusal, shortened
from camjax.numerals import read_number
from camjax.questions.tokens import Token, tokens
from camjax.questions.tree import Arithmetic, Negative, Node, Number, is_event

DEEPEST = 32
"""Brackets inside each other."""

LONGEST = 150
"""Signs and words of a question that join what stands beside them."""

JOINING = {"+", "-", "*", "/", ">", ">=", "<", "<=", "=", "and", "or", "not"}

SHORTER = "Ask in parts."

EVENT_EXAMPLE = "An event is a comparison, such as share[savings] > 0.6."


class Reader:
    """Reads a question from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.place = text, tokens(text), 0
        self._check_size()

    def peek(self) -> Token:
        """The next token."""
        return self.tokens[min(self.place, len(self.tokens) - 1)]

    def next(self) -> Token:
        """The next token, which is then read."""
        token = self.peek()
        self.place += 1
        return token

    def accept(self, *texts: str) -> Token | None:
        """The next token if it is one of these."""
        return self.next() if self.peek().text in texts else None

    def expect(self, text: str, remedy: str = "") -> Token:
        """The next token, which must be this one."""
        token = self.next()
        if token.text != text:
            self.fail(f'"{text}"', token, remedy)
        return token

    def fail(self, expected: str, token: Token, remedy: str = "") -> NoReturn:
        """Refuse the question at a token.

        Raises:
          QuestionError: always.
        """
        got = token.text if token.kind == "end" else f'"{shortened(token.text)}"'
        sentence = refusal("question", expected, got, remedy)
        raise QuestionError(sentence, self.text, token.position)

    def number(self, token: Token) -> Number:
        """A token that is a number, which must be finite."""
        try:
            return Number(read_number(token.text))
        except ValueError:
            self.fail("a finite number", token)

    def sum_of(self, factor: Callable[[], Node]) -> Node:
        """What + and - join, from left to right."""
        start, node = self.peek(), self._product_of(factor)
        while sign := self.accept("+", "-"):
            left, at = self.value(node, start), self.peek()
            node = Arithmetic(sign.text, left, self.value(self._product_of(factor), at))
        return node

    def value(self, node: Node, at: Token) -> Node:
        """A node that must be no event."""
        if is_event(node):
            self.fail("a value", at, "This is an event; events are joined by and, or.")
        return node

    def event(self, node: Node, behind: Token) -> Node:
        """A node that must be an event."""
        if not is_event(node):
            self.fail("one of > >= < <= =", behind, EVENT_EXAMPLE)
        return node

    def _check_size(self) -> None:
        """Refuse what is too long or too deep to be read and run: both descend into it."""
        depth = joined = 0
        for token in self.tokens:
            depth += (token.text == "(") - (token.text == ")")
            joined += token.text in JOINING
            if depth > DEEPEST:
                self.fail(f"at most {DEEPEST} brackets inside each other", token, SHORTER)
            if joined > LONGEST:
                self.fail(f"at most {LONGEST} signs that join", token, SHORTER)

    def _product_of(self, factor: Callable[[], Node]) -> Node:
        start, node = self.peek(), self._signed(factor)
        while sign := self.accept("*", "/"):
            left, at = self.value(node, start), self.peek()
            node = Arithmetic(sign.text, left, self.value(self._signed(factor), at))
        return node

    def _signed(self, factor: Callable[[], Node]) -> Node:
        if not self.accept("-"):
            return factor()
        at = self.peek()
        return Negative(self.value(self._signed(factor), at))
