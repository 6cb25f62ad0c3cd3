"""A question as words, numbers and signs, each with its place."""

import re
from typing import NamedTuple

from camjax.errors import QuestionError

PATTERN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<word>[^\W\d]\w*)"
    r"|(?P<sign>>=|<=|[><=+\-*/()\[\],|]))"
)

END = "the end"


class Token(NamedTuple):
    """A word, a number or a sign of a question."""

    kind: str
    """number, word, sign or end."""
    text: str
    position: int
    """Of its first character, from 0."""


def tokens(text: str) -> list[Token]:
    """The tokens of a question, and one for its end.

    Raises:
      QuestionError: a character that belongs to none.

    >>> [token.text for token in tokens("P(x >= 1e6)")]
    ['P', '(', 'x', '>=', '1e6', ')', 'the end']
    """
    found, position = [], 0
    while match := PATTERN.match(text, position):
        kind = str(match.lastgroup)
        found.append(Token(kind, match[kind], match.start(kind)))
        position = match.end()
        if match[kind] == "|":
            # Settings are TOML and have a grammar of their own.
            position = settings_end(text, position)
    rest = text[position:]
    position += len(rest) - len(rest.lstrip())
    if position < len(text):
        sentence = f"question: expected a word, a number or a sign, got {text[position]!r}."
        raise QuestionError(sentence, text, position)
    return [*found, Token("end", END, len(text))]


def settings_end(text: str, start: int) -> int:
    """Where settings `key=value, …` end: at the bracket that closes what they stand in."""
    depth, quote = 0, ""
    for place, character in enumerate(text[start:], start):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            if depth == 0:
                return place
            depth -= 1
    return len(text)
