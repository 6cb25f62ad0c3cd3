"""Quantities over time, with their bands, as panels."""

import dataclasses
from typing import Any

import numpy as np
import xarray
from numpy.typing import NDArray

from camjax.analysis import bands
from camjax.intervals import student_interval
from camjax.report.content import Axis, Estimate, Line, Lines
from camjax.report.palette import INK, setting_colour
from camjax.report.source import Source
from camjax.report.steps import at_last
from camjax.report.units import Unit
from camjax.rounding import are_one

STATISTICS = ("mean", "low", "high", "q05", "q95", "q25", "q75", "skewed")
SAMPLES = 3
"""Paths that are drawn one by one where it helps to see what one looks like."""

MOST_LINES = 8
"""Settings that are drawn in one panel; tables hold all."""


@dataclasses.dataclass(frozen=True)
class OverTime:
    """Mean with its 95 % interval, and quantiles over paths, [settings, X, ...] each."""

    mean: NDArray
    low: NDArray
    high: NDArray
    q05: NDArray
    q95: NDArray
    q25: NDArray | None = None
    q75: NDArray | None = None
    skewed: NDArray | None = None
    """1 where few paths carry the mean; None of statistics over paths, which do not tell."""

    def of_deposit(self, position: int) -> "OverTime":
        """Of one entry along the last axis."""

        def at(values: NDArray | None) -> Any:
            return None if values is None else values[..., position]

        return OverTime(*(at(getattr(self, name)) for name in STATISTICS))

    def estimate(self, *place: int) -> Estimate:
        """The mean at a place, with its interval."""
        skewed = np.zeros_like(self.mean) if self.skewed is None else self.skewed == 1
        parts = (self.mean, self.low, self.high, skewed)
        return Estimate(*(float(values[place]) for values in parts))


def over_time(source: Source, of: str | xarray.DataArray, *, last: bool = False) -> OverTime:
    """A quantity at the steps that are drawn, or at the last alone.

    Args:
      source: results.
      of: a quantity of `camjax.analysis`, or an array over setting, path, step.
      last: whether only the last step of each setting is wanted; the axis of steps is then of
        length 1.
    """

    def chosen(array: xarray.DataArray) -> xarray.DataArray:
        return at_last(array) if last else array.isel(step=source.shown)

    if source.has_paths:
        results = source.final if last else source.results.isel(step=source.shown)
        wanted = of if isinstance(of, str) else chosen(of)
        found = bands(results, wanted).transpose("setting", "step", ...)
        return OverTime(*(found[name].values for name in STATISTICS))
    kept = chosen(source.results[of] if isinstance(of, str) else of)
    kept = kept.transpose("statistic", "setting", "step", ...)
    values = {str(n): kept.sel(statistic=n).values for n in kept.statistic.values}
    number = source.num_paths or 1  # not known is as good as one
    ends = student_interval(values["mean"], values["std"], number)
    values |= dict(zip(("low", "high"), ends, strict=True))
    return OverTime(**{name: values[name] for name in STATISTICS if name in values})


def found_over_time(source: Source, found: xarray.Dataset, prefix: str = "") -> OverTime:
    """What an analysis found over setting and step, at the steps that are drawn.

    Args:
      source: whose settings and steps they are.
      found: with PREFIXmean, PREFIXlow and so on.
      prefix: of the names.
    """
    shown = found.isel(step=source.shown).transpose("setting", "step", ...)
    names = [name for name in STATISTICS if f"{prefix}{name}" in shown]
    return OverTime(**{name: shown[f"{prefix}{name}"].values for name in names})


def drawn_settings(source: Source) -> tuple[int, ...]:
    """Positions of the settings that panels draw: all, or as many as fit, spread evenly."""
    count = len(source.settings)
    return tuple(np.unique(np.linspace(0, count - 1, min(count, MOST_LINES)).round().astype(int)))


def line_panel(
    source: Source,
    found: OverTime,
    title: str,
    unit: Unit,
    colour: str,
    *,
    samples: NDArray | None = None,
    from_zero: bool = False,
) -> Lines:
    """A panel of one quantity: mean and bands, or a line a setting where settings differ.

    Args:
      source: whose settings and steps they are.
      found: [settings, X].
      title: of the panel.
      unit: of the quantity.
      colour: of the line, where there is one for all settings.
      samples: [S, X] paths to draw beside the bands, where there is one line.
      from_zero: whether the vertical axis holds 0.
    """
    spread = source.num_paths != 1
    if are_one(found.mean, source.precision):
        mean = Line(
            name="mean" if spread else "value",
            colour=colour,
            values=found.mean[0],
            bands=_bands(found, 0) if spread else (),
            samples=samples,
        )
        lines: tuple[Line, ...] = (mean,)
    else:
        lines = tuple(_of_setting(source, found, i, spread) for i in drawn_settings(source))
    return Lines(
        title=title,
        unit=unit,
        axis=source.axis,
        lines=lines,
        colour=None if colour == INK else colour,
        from_zero=from_zero,
    )


def settings_legend(source: Source) -> tuple[tuple[str, str], ...]:
    """Settings and their colours, where there are several."""
    if len(source.settings) == 1:
        return ()
    entries = []
    for number, position in enumerate(drawn_settings(source)):
        colour, dashed = setting_colour(number)
        entries.append((source.settings[position], f"{colour} dashed" if dashed else colour))
    return tuple(entries)


def sample_paths(source: Source, array: xarray.DataArray) -> NDArray | None:
    """The first paths of the first setting [S, X], None where paths were not kept."""
    if not source.has_paths or source.num_paths == 1:
        return None
    first = array.isel(setting=0, path=slice(SAMPLES), step=source.shown)
    return first.transpose("path", "step").values


def _of_setting(source: Source, found: OverTime, position: int, spread: bool) -> Line:
    colour, dashed = setting_colour(drawn_settings(source).index(position))
    return Line(
        name=source.settings[position],
        colour=colour,
        values=found.mean[position],
        bands=_bands(found, position)[:1] if spread else (),
        dashed=dashed,
    )


def _bands(found: OverTime, position: int) -> tuple[tuple[NDArray, NDArray], ...]:
    """Where 90 % of the paths of a setting lie, and half of them where that is known."""
    wide = found.q05[position], found.q95[position]
    if found.q25 is None or found.q75 is None:
        return (wide,)
    return wide, (found.q25[position], found.q75[position])


def time_rows(axis: Axis, most: int = 13) -> NDArray:
    """Positions of the points of time that a table behind a figure holds."""
    return np.unique(np.linspace(0, len(axis.days) - 1, most).round().astype(int))
