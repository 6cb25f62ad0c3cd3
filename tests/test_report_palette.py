"""Colours of the report: told apart by colour-blind readers, and seen on the page."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from camjax.report.palette import (
    BY_TYPE,
    DARK,
    LIGHT,
    OTHERS,
    SETTINGS,
    deposit_colours,
    setting_colour,
)

BLINDNESS = {
    "none": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""What is seen of linear RGB, at full severity (Machado, Oliveira and Fernandes 2009)."""

TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = TO_XYZ.sum(axis=1)
PAPER = {"light": "#ffffff", "dark": "#14171c"}
PALETTES = {"light": LIGHT, "dark": DARK}
LEAST_DISTANCE = 14.0
"""In CIELAB; about 2 is seen side by side, patches in a legend want several times that."""

LEAST_CONTRAST = 2.0
"""Of a line against the page; every line has a name beside it too."""


def linear(colour: str) -> NDArray:
    """Linear RGB of #rrggbb."""
    encoded = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def lab(rgb: NDArray) -> NDArray:
    """CIELAB of linear RGB, D65."""
    ratio = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    root = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize("page", PALETTES)
@pytest.mark.parametrize(
    "together", [tuple(BY_TYPE.values()), SETTINGS], ids=["deposits", "settings"]
)
def test_colours_of_one_figure_are_told_apart(
    together: tuple[str, ...], page: str, kind: str
) -> None:
    matrix = np.array(BLINDNESS[kind])
    seen = {name: lab(matrix @ linear(PALETTES[page][name])) for name in together}
    for first, second in itertools.combinations(together, 2):
        distance = np.linalg.norm(seen[first] - seen[second])
        assert distance > LEAST_DISTANCE, f"{first} and {second}: {distance:.1f}"


@pytest.mark.parametrize("page", PALETTES)
def test_every_colour_stands_out_from_the_page(page: str) -> None:
    for name, colour in PALETTES[page].items():
        bright = sorted(TO_XYZ[1] @ linear(shade) for shade in (colour, PAPER[page]))
        assert (bright[1] + 0.05) / (bright[0] + 0.05) > LEAST_CONTRAST, name


def test_both_pages_have_the_same_colours() -> None:
    assert LIGHT.keys() == DARK.keys()
    assert {*BY_TYPE.values(), *OTHERS, *SETTINGS} <= LIGHT.keys()


def test_deposits_have_colours_of_their_own_up_to_eight() -> None:
    types = ["savings", "idle", "liquidity_pool", "money_market", *["external"] * 4]
    colours = deposit_colours(types)
    assert len(set(colours)) == 8
    assert deposit_colours([*types, "savings"])[:8] == colours
    assert all(colour in LIGHT for colour in deposit_colours(["external"] * 20))


def test_eight_settings_are_told_apart_by_colour_and_dash() -> None:
    assert len({setting_colour(position) for position in range(8)}) == 8
