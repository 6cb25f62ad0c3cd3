"""The settings of a sweep: a grid of values, values side by side, or samples between bounds."""

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np

from camjax.memory import check_fits
from camjax.scenario.messages import choices, nearest, refuse, shown

Mode = Literal["grid", "zip", "sample"]

LABEL_DIGITS = 6
"""Digits of a number in a label."""

SETTING_BYTES = 50_000
"""Memory that a setting takes once it is loaded."""

Axes = Mapping[str, Sequence[Any]]
"""Values by dotted path."""


@dataclasses.dataclass(frozen=True)
class Setting:
    """One setting of a sweep.

    Args:
      name: its label; empty where nothing changes.
      changes: values by dotted path, laid over the scenario.
    """

    name: str
    changes: dict[str, Any]


def design(
    axes: Axes, mode: Mode = "grid", samples: int | None = None, seed: int = 0
) -> list[Setting]:
    """Settings from values by dotted path, named by them.

    Args:
      axes: several values each; two bounds each to sample between.
      mode: "grid" takes every combination, the last key running fastest; "zip" the first values
        together, the second together, and so on; "sample" a Latin hypercube between bounds.
      samples: how many settings to sample.
      seed: of the samples.

    Raises:
      ScenarioError: values that the mode cannot use.
      CamjaxError: more settings than fit in memory.
    """
    if mode not in get_args(Mode):
        refuse("mode", choices(get_args(Mode)), shown(mode), nearest(mode, get_args(Mode)))
    if (samples is not None) != (mode == "sample"):
        got = f"samples = {samples}" if samples is not None else "none"
        refuse("samples", "a number of samples with mode sample, and with no other", got)
    for path, values in axes.items():
        if not isinstance(values, list | tuple) or not values:
            refuse(path, "a list of values", shown(values))
    if not axes:
        return [Setting("", {})]
    match mode:
        case "grid":
            check_settings_fit(math.prod(map(len, axes.values())))
            rows = list(itertools.product(*axes.values()))
        case "zip":
            lengths = {path: len(values) for path, values in axes.items()}
            if len(set(lengths.values())) > 1:
                got = ", ".join(f"{number} of {path}" for path, number in lengths.items())
                refuse("zip", "as many values of each key", got)
            rows = list(zip(*axes.values(), strict=True))
        case "sample":
            rows = _sampled(axes, samples or 0, seed)
    short = _short(list(axes))
    return [
        Setting(
            ", ".join(f"{short[path]}={_cell(value)}" for path, value in changes.items()), changes
        )
        for changes in (dict(zip(axes, row, strict=True)) for row in rows)
    ]


def crossed(first: Sequence[Setting], second: Sequence[Setting]) -> list[Setting]:
    """Every setting of one list with every one of another.

    Raises:
      ScenarioError: both would set the same key.
    """
    check_settings_fit(len(first) * len(second))
    for one, other in itertools.product(first, second):
        for path in one.changes:
            if path in other.changes:
                refuse(path, "one sweep of this key", "two")
    return [
        Setting(", ".join(filter(None, (one.name, other.name))), one.changes | other.changes)
        for one, other in itertools.product(first, second)
    ]


def check_settings_fit(number: int) -> None:
    """Refuse more settings than the memory holds.

    Raises:
      CamjaxError: they do not fit.
    """
    check_fits(number * SETTING_BYTES, f"sweep of {number:,} settings", "Take fewer values.")


def _short(paths: Sequence[str]) -> dict[str, str]:
    """Paths without their first table, where that leaves them different.

    >>> _short(["deposits.savings.rate", "rebalancing.duration_days"])
    {'deposits.savings.rate': 'savings.rate', 'rebalancing.duration_days': 'duration_days'}
    """
    shorter = [path.partition(".")[2] or path for path in paths]
    return dict(zip(paths, shorter if len(set(shorter)) == len(paths) else paths, strict=True))


def _cell(value: Any) -> str:
    """A value as a label shows it."""
    if isinstance(value, float):
        return f"{value:.{LABEL_DIGITS}g}"
    return value if isinstance(value, str) else shown(value)


def _sampled(axes: Axes, samples: int, seed: int) -> list[tuple[float, ...]]:
    """A Latin hypercube: each key's range in as many parts as samples, one sample in each."""
    if samples < 1:
        refuse("samples", "a whole number ≥ 1", samples)
    for path, values in axes.items():
        numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
        if not numbers or len(values) != 2 or not values[0] < values[1]:
            refuse(path, "two numbers to sample between, the lower first", shown(values))
    check_settings_fit(samples)
    low, high = np.array(list(axes.values()), np.float64).T
    generator = np.random.default_rng(seed)
    parts = generator.permuted(np.tile(np.arange(samples), (len(axes), 1)), axis=1).T
    places = (parts + generator.random(parts.shape)) / samples
    return [tuple(row) for row in (low + places * (high - low)).tolist()]
