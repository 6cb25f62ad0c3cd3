"""Shapes of a drawing, as SVG in a square of 1000 by 1000 that is stretched to its place.

Strokes keep their width however the square is stretched, and words are HTML around it, so that a
figure stays legible on any screen.
"""

import numpy as np
from numpy.typing import NDArray

from camjax.report.html.markup import Html, element

SIDE = 1000
"""Length of the square's sides."""


def drawing(title: str, description: str, *shapes: str) -> Html:
    """A drawing and what it says in words."""
    return element(
        "svg",
        element("title", title),
        element("desc", description),
        *shapes,
        viewbox=f"0 0 {SIDE} {SIDE}",
        preserveaspectratio="none",
        role="img",
    )


def line(x: NDArray, y: NDArray, colour: str, kind: str = "line") -> Html:
    """A line through points [X]; where a value is missing it is interrupted.

    Args:
      x: 0 to 1 from left to right.
      y: 0 to 1 from bottom to top.
      colour: name of the palette.
      kind: class of the style sheet.
    """
    return element("path", d=_through(x, y), class_=kind, style=_colour(colour))


def band(x: NDArray, low: NDArray, high: NDArray, colour: str, kind: str = "band") -> Html:
    """The area between two lines."""
    known = np.isfinite(low) & np.isfinite(high)
    x, low, high = x[known], low[known], high[known]
    if len(x) == 0:
        return Html("")
    there, back = _through(x, high), _through(x[::-1], low[::-1]).replace("M", "L", 1)
    return element("path", d=f"{there}{back}Z", class_=kind, style=_colour(colour))


def grid(heights: NDArray) -> Html:
    """Horizontal lines."""
    path = "".join(f"M0 {_place(1 - y)}H{SIDE}" for y in heights)
    return element("path", d=path, class_="grid")


def upright(places: NDArray) -> Html:
    """Vertical lines."""
    path = "".join(f"M{_place(x)} 0V{SIDE}" for x in places)
    return element("path", d=path, class_="grid")


def bar(left: float, right: float, low: float, high: float, colour: str) -> Html:
    """A filled rectangle."""
    x, y = _place(left), _place(1 - high)
    path = f"M{x} {y}H{_place(right)}V{_place(1 - low)}H{x}Z"
    return element("path", d=path, class_="bar", style=_colour(colour))


def reach(left: float, right: float, y: float, colour: str, kind: str) -> Html:
    """A horizontal stroke; of no length it is a dot, its ends being round."""
    path = f"M{_place(left)} {_place(1 - y)}H{_place(right)}"
    return element("path", d=path, class_=kind, style=_colour(colour))


def ribbon(left: tuple[float, float], right: tuple[float, float], colour: str, name: str) -> Html:
    """A flow from (top, bottom) on the left to (top, bottom) on the right, 0 at the top."""
    (a, b), (c, d) = left, right
    middle = SIDE // 2
    path = (
        f"M0 {_place(a)}C{middle} {_place(a)} {middle} {_place(c)} {SIDE} {_place(c)}"
        f"V{_place(d)}C{middle} {_place(d)} {middle} {_place(b)} 0 {_place(b)}Z"
    )
    return element("path", element("title", name), d=path, class_="ribbon", style=_colour(colour))


def _through(x: NDArray, y: NDArray) -> str:
    parts, pen_down = [], False
    places = zip(_places(x), _places(1 - y), np.isfinite(y).tolist(), strict=True)
    for across, down, known in places:
        if known:
            parts.append(f"{'L' if pen_down else 'M'}{across:g} {down:g}")
        pen_down = known
    return "".join(parts)


def _places(values: NDArray) -> list[float]:
    return np.round(np.nan_to_num(values) * SIDE, 1).tolist()


def _place(value: float) -> str:
    return f"{round(float(value) * SIDE, 1):g}"


def _colour(name: str) -> str:
    return f"--c:var(--{name})"
