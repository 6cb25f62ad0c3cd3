"""Good inputs made worse: documents key by key, tables cell by cell, files byte by byte."""

import copy
import random
from collections.abc import Iterator
from typing import Any

NUMBERS: tuple[Any, ...] = (
    *(0, 1, -1, 2, 0.5, -0.0, 1e-300, 1e-18, 1e18, 1e300, 1e308, -1e308, 10**22),
    *(float("nan"), float("inf"), float("-inf"), True),
)
"""What a number becomes."""

JUNK: tuple[Any, ...] = (*NUMBERS, "", "idle", "constant", [], {}, [1, 2], "x" * 300, "٣", "\x7f")

CELLS = (
    *("", " ", "nan", "NaN", "inf", "-inf", "1e308", "1e400", "-1", "0", "1e-320", "٣", "2_003"),
    *("0x10", "1,5", "abc", "'", '"', "2024-13-40", "2024-01-05", "x" * 300, "\x00", "😀", "--"),
)


def changed_document(document: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    """A document with one or two of its entries changed, taken out, renamed or given twice."""
    document = copy.deepcopy(document)
    for _ in range(draw.choice((1, 1, 2))):
        holder, key = draw.choice(list(_places(document)))
        is_number = isinstance(holder[key], int | float) and not isinstance(holder[key], bool)
        how = draw.random()
        if is_number and how < 0.5:
            holder[key] = draw.choice(NUMBERS)
        elif is_number and how < 0.7:
            holder[key] = holder[key] * draw.choice((1e-6, 0.5, 2.0, 1e6))
        elif how < 0.85:
            holder[key] = draw.choice(JUNK)
        elif isinstance(holder, dict):
            value = holder.pop(key)
            if how < 0.92:
                holder[f"{key}{draw.choice(('s', '_', ' '))}"] = value
        else:
            holder.append(copy.deepcopy(holder[key]))
    return document


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every entry of a document, as its holder and its key."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(items):
        if key != "steps":  # a large number is valid, and long to run
            yield value, key
        if isinstance(item, dict | list):
            yield from _places(item)


def changed_table(text: str, draw: random.Random) -> bytes:
    """A CSV table with a cell, row or column changed, or bytes."""
    rows = [line.split(",") for line in text.splitlines()]
    for _ in range(draw.choice((1, 1, 2, 3))):
        how, row = draw.random(), draw.randrange(len(rows))
        if how < 0.5:
            rows[row][draw.randrange(len(rows[row]))] = draw.choice(CELLS)
        elif how < 0.6:
            rows.insert(row, list(draw.choice(rows)))
        elif how < 0.7 and len(rows) > 1:
            del rows[row]
        elif how < 0.8:
            column = draw.randrange(len(rows[0]))
            rows = [[*cells[:column], *cells[column + 1 :]] or [""] for cells in rows]
        elif how < 0.85:
            draw.shuffle(rows)
        elif how < 0.9:
            value, column = draw.choice(CELLS), draw.randrange(1, max(len(rows[0]), 2))
            for cells in rows[1:]:
                if column < len(cells):
                    cells[column] = value
        elif how < 0.95:
            del rows[draw.randrange(len(rows)) + 1 :]
    content = "\n".join(map(",".join, rows)).encode(errors="replace")
    return damaged(content, draw) if draw.random() < 0.1 else content


def damaged(content: bytes, draw: random.Random) -> bytes:
    """Bytes with some of them changed, taken out or cut off."""
    found, how = bytearray(content), draw.random()
    if not found:
        return b"\x00"
    if how < 0.2:
        return bytes(found[: draw.randrange(len(found))])
    for _ in range(draw.choice((1, 1, 3, 20))):
        place = draw.randrange(len(found))
        if how < 0.8:
            found[place] = draw.randrange(256)
        elif len(found) > 1:
            del found[place]
    return bytes(found)


def changed_text(text: str, draw: random.Random) -> str:
    """A question or a value with pieces repeated, taken out, swapped or put in."""
    pieces = text.split(" ")
    for _ in range(draw.choice((0, 1, 1, 2))):
        place, how = draw.randrange(len(pieces)), draw.random()
        if how < 0.4:
            pieces[place] = draw.choice(PIECES)
        elif how < 0.6:
            pieces.insert(place, draw.choice(PIECES))
        elif how < 0.8 and len(pieces) > 1:
            del pieces[place]
        else:
            pieces.insert(place, draw.choice(pieces))
    return " ".join(pieces)


PIECES = (
    *("(", ")", "+", "-", "*", "/", ">", "<=", "=", "and", "or", "not", "|", ",", "at", "end"),
    *("step", "1", "0", "2", "-1", "1e308", "1e400", "nan", "inf", "never", "mean", "max", "time"),
    *("to", "P(", "E(", "quantile(", "share[b]", "share[idle]", "balance[a]", "cost", "yield[a]"),
    *("utilization", "concentration", "user_balance", "shortfall", "steps=2", "٣", "é", "", "'"),
)
