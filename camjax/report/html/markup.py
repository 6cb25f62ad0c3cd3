"""HTML as text, escaped."""

from html import escape

VOID = frozenset({"meta", "br", "hr", "input", "link"})
"""Elements that have no content and no end."""


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: object) -> Html:
    """An element; children that are not `Html` are escaped.

    Attributes: a trailing underscore is dropped, other underscores become hyphens, None leaves
    the attribute out and True writes it without a value.

    >>> element("p", "a < b", class_="note", hidden=True)
    '<p class="note" hidden>a &lt; b</p>'
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    start = f"<{name}{written}>"
    if name in VOID:
        return Html(start)
    return Html(f"{start}{join(*children)}</{name}>")


def join(*children: str) -> Html:
    """Children behind each other."""
    return Html("".join(c if isinstance(c, Html) else escape(c, quote=False) for c in children))


def _attribute(key: str, value: object) -> str:
    if value is None:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if name == "viewbox":
        name = "viewBox"
    if name == "preserveaspectratio":
        name = "preserveAspectRatio"
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
