"""Analyses as arrays of estimates, and estimates in words."""

import numpy as np
import xarray

from camjax.analysis.intervals import SKEWED
from camjax.report.content import Estimate
from camjax.report.units import SHARE, Unit

ENDS = ("low", "high")


class Estimates:
    """A value and its interval's ends along some dimensions, read without labels.

    Args:
      found: of `camjax.analysis`.
      names: of the value and of the interval's ends.
      dims: the order in which places are given.
    """

    def __init__(
        self, found: xarray.Dataset, names: tuple[str, str, str], dims: tuple[str, ...]
    ) -> None:
        parts = [found[name].transpose(*dims).values for name in names]
        self.values = np.stack(parts, axis=-1)
        skewed = f"{names[1].removesuffix('low')}{SKEWED}"
        if skewed in found:
            marks = found[skewed].transpose(*dims).values == 1
            self.values = np.concatenate([self.values, marks[..., None]], axis=-1)

    def __getitem__(self, place: tuple[int, ...] | int) -> Estimate:
        return Estimate(*self.values[place].tolist())


def probability_text(found: Estimate) -> str:
    """A probability with its interval."""
    return f"{SHARE.text(found.value)} (95 % interval {SHARE.interval(found.low, found.high)})"


def mean_text(found: Estimate, unit: Unit) -> str:
    """A mean with its interval, where there are paths to have one."""
    if not np.isfinite(found.low):
        return unit.text(found.value)
    if unit.number(found.low) == unit.number(found.high):
        return f"{unit.text(found.value)} (the 95 % interval is narrower than the last digit)"
    doubt = ", likely too narrow: few paths carry the mean" if found.skewed else ""
    ends = unit.interval(found.low, found.high)
    return f"{unit.text(found.value)} (95 % interval {ends}{doubt})"
