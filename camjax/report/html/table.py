"""Tables that sort when a heading is pressed."""

import math

from camjax.intervals import DOUBTED, FEW_CARRY
from camjax.report.content import Cell, Estimate, Table
from camjax.report.html.markup import Html, element
from camjax.report.units import Unit

MOST_ROWS = 300
"""Of a table on the page; `camjax analyse` gives all."""


def table(content: Table) -> Html:
    """A table that scrolls sideways where it is too wide."""
    names = [
        _heading(name, unit) for name, unit in zip(content.columns, content.units, strict=True)
    ]
    body = [
        element(
            "tr",
            *(
                _cell(*pair, first=n == 0)
                for n, pair in enumerate(zip(row, content.units, strict=True))
            ),
        )
        for row in content.rows[:MOST_ROWS]
    ]
    made = element(
        "table",
        element("caption", content.title),
        element("thead", element("tr", *names)),
        element("tbody", *body),
    )
    more = len(content.rows) - MOST_ROWS
    left = f"{more:,} more rows are left out here; camjax analyse gives all." if more > 0 else ""
    cells = (cell for row in content.rows for cell in row if isinstance(cell, Estimate))
    doubt = f"{DOUBTED} {FEW_CARRY}" if any(cell.skewed for cell in cells) else ""
    text = " ".join(part for part in (content.note, doubt, left) if part)
    note = element("p", text, class_="note") if text else Html("")
    held = element(
        "div", made, class_="scroll", tabindex="0", role="region", aria_label=content.title
    )
    return Html(held + note)


def _heading(name: str, unit: Unit | None) -> Html:
    shown = f"{name} ({unit.name})" if unit is not None and unit.name else name
    kind = "words" if unit is None else None
    button = element("button", shown, type="button")
    return element("th", button, scope="col", aria_sort="none", class_=kind)


def _cell(value: Cell, unit: Unit | None, *, first: bool) -> Html:
    """An entry; an interval that rounds to the value itself says no more and is left out."""
    if isinstance(value, str):
        name = "th" if first else "td"
        return element(name, value, scope="row" if first else None, class_="words")
    unit = unit or Unit("")
    middle = value.value if isinstance(value, Estimate) else float(value)
    key = f"{middle:.9g}" if math.isfinite(middle) else ""
    parts = [unit.number(middle)]
    if isinstance(value, Estimate) and not (math.isnan(value.low) and math.isnan(value.high)):
        ends = [unit.number(value.low), unit.number(value.high)]
        if ends != [parts[0]] * 2:
            mark = DOUBTED if value.skewed else ""
            parts.append(element("small", f"{unit.ends(value.low, value.high)}{mark}"))
    return element("td", *parts, data_value=key)
