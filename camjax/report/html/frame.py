"""The frame of a drawing: its title, its axes' labels, and what hovering reads out."""

import json
from collections.abc import Iterable, Sequence

from camjax.report.html.markup import Html, element
from camjax.report.scales import Scale
from camjax.report.units import Unit


def panel(title: str, unit: str, colour: str | None, *content: str) -> Html:
    """A titled drawing."""
    swatch = Html("") if colour is None else swatch_of(colour)
    unit_note = element("span", unit, class_="unit") if unit else Html("")
    heading = element("h4", swatch, element("span", title), " ", unit_note)
    return element("div", heading, *content, class_="panel")


def plot(
    picture: Html,
    y_labels: Html,
    x_labels: Html,
    *,
    corner: str = "",
    right: Html | None = None,
    readout: str | None = None,
    kind: str = "",
) -> Html:
    """A drawing with labels at its left, below it, between these, and at its right."""
    focus = "0" if readout else None
    canvas = element("div", picture, class_="canvas", data_readout=readout, tabindex=focus)
    unit = element("div", corner, class_="labels corner", aria_hidden="true")
    parts = [y_labels, canvas, x_labels, unit]
    if right is not None:
        parts.insert(2, right)
    return element("div", *parts, class_=f"plot {kind}".strip())


def vertical_labels(scale: Scale, unit: Unit) -> Html:
    """Labels of the vertical axis."""
    places = zip(scale.share(scale.ticks).tolist(), unit.ticks(scale.ticks), strict=True)
    return _labels("y", "bottom", places)


def horizontal_labels(places: Iterable[tuple[float, str]]) -> Html:
    """Labels below the drawing, at shares of its width."""
    return _labels("x", "left", places)


def side_labels(places: Iterable[tuple[float, str]], kind: str) -> Html:
    """Labels beside the drawing, at shares of its height from the top."""
    return _labels(kind, "top", places)


def legend(entries: Sequence[tuple[str, str]]) -> Html:
    """Names beside their colours."""
    if not entries:
        return Html("")
    items = [element("li", swatch_of(colour), name) for name, colour in entries]
    return element("ul", *items, class_="legend")


def swatch_of(colour: str) -> Html:
    """A patch of colour; `colour dashed` is dashed."""
    name, *dashed = colour.split()
    kind = " ".join(["swatch", *dashed])
    return element("i", class_=kind, style=f"--c:var(--{name})", aria_hidden="true")


def readout_of(moments: Sequence[str], lines: Sequence[tuple[str, str, Sequence[str]]]) -> str:
    """What hovering reads out: the moments, and name, colour and words of each line."""
    document = {"x": list(moments), "lines": [[n, c, list(words)] for n, c, words in lines]}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _labels(kind: str, side: str, places: Iterable[tuple[float, str]]) -> Html:
    labels = [element("span", text, style=f"{side}:{100 * place:.4g}%") for place, text in places]
    return element("div", *labels, class_=f"labels {kind}", aria_hidden="true")
