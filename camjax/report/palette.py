"""Colours that readers tell apart, colour-blind or not, by day and by night."""

from collections.abc import Mapping, Sequence

INK = "ink"

LIGHT: Mapping[str, str] = {
    "blue": "#0072b2",
    "orange": "#e69f00",
    "green": "#009e73",
    "grey": "#a2a2aa",
    "purple": "#cc79a7",
    "sky": "#56b4e9",
    "vermilion": "#d55e00",
    "yellow": "#b8a800",
    INK: "#1d2129",
}
"""After Okabe and Ito 2008; its yellow is darkened, and there is a grey beside its black."""

DARK: Mapping[str, str] = {
    "blue": "#5291ee",
    "orange": "#f0ae2e",
    "green": "#22b78d",
    "grey": "#c0c0ca",
    "purple": "#dd93bc",
    "sky": "#8fd0f5",
    "vermilion": "#f07c32",
    "yellow": "#e8dc5a",
    INK: "#e9eaee",
}
"""The same hues, lighter, for a dark page."""

BY_TYPE: Mapping[str, str] = {
    "liquidity_pool": "blue",
    "money_market": "orange",
    "savings": "green",
    "idle": "grey",
}
"""The colour of the first deposit of each type."""

OTHERS = ("purple", "sky", "vermilion", "yellow")
"""For deposits beyond the first of a type; they repeat after these."""

SETTINGS = (INK, "vermilion", "sky", "purple")
"""For settings held against each other; beyond four they repeat, dashed."""


def deposit_colours(types: Sequence[str]) -> tuple[str, ...]:
    """A colour for each deposit, from the deposits' types in network order.

    >>> deposit_colours(("savings", "idle", "savings"))
    ('green', 'grey', 'purple')
    """
    free = [*OTHERS]
    taken: list[str] = []
    for kind in types:
        colour = BY_TYPE.get(kind)
        if colour is None or colour in taken:
            colour = free.pop(0) if free else OTHERS[len(taken) % len(OTHERS)]
        taken.append(colour)
    return tuple(taken)


def setting_colour(position: int) -> tuple[str, bool]:
    """Colour of a setting, and whether its line is dashed."""
    return SETTINGS[position % len(SETTINGS)], position % (2 * len(SETTINGS)) >= len(SETTINGS)


def stylesheet() -> str:
    """The colours as CSS variables, for light and for dark pages."""

    def variables(colours: Mapping[str, str]) -> str:
        return "".join(f"--{name}:{value};" for name, value in colours.items())

    dark = f":root{{{variables(DARK)}}}"
    return f":root{{{variables(LIGHT)}}}@media screen and (prefers-color-scheme:dark){{{dark}}}"
