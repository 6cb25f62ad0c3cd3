"""Results as the report reads them: one setting or several, paths or statistics over paths."""

import dataclasses
import tomllib
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import xarray
from numpy.typing import NDArray

from camjax.analysis import precision_of
from camjax.errors import CamjaxError, refusal
from camjax.flags import Raised
from camjax.report.content import Axis
from camjax.report.palette import INK, deposit_colours
from camjax.report.steps import at_last, axis_of, check_lengths, shown_steps
from camjax.report.units import words
from camjax.results import end_days, has_every_step, is_run, undone

MOST_DEPOSITS = 12
"""Deposits that are drawn one by one; tables hold all."""


class Group(NamedTuple):
    """Deposits that are drawn as one."""

    name: str
    colour: str
    positions: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Source:
    """Results of a run or a sweep.

    Args:
      results: with the dimension `setting` first, of length 1 for a run.
    """

    results: xarray.Dataset

    @classmethod
    def of(cls, results: xarray.Dataset) -> "Source":
        """Results as a run or a sweep leaves them.

        Raises:
          CamjaxError: they hold no balances over steps.
        """
        known = {"balance", "target_weight"} <= set(results) or {"balance", "share"} <= set(results)
        if not known or "step" not in results.dims:
            expected = "results of a run, a sweep, a backtest, a fit or a forecast"
            raise CamjaxError(refusal("results", expected, f"{', '.join(map(str, results))}"))
        if "setting" not in results.dims:
            text = str(results.attrs.get("scenario", ""))
            results = results.expand_dims(setting=[scenario_name(text)])
            if text:
                results = results.assign_coords(scenario=("setting", [text]))
        lengths = (results.time / results.step).values
        check_lengths(lengths[np.isfinite(lengths)])
        return cls(results)

    @cached_property
    def scenarios(self) -> tuple[str, ...]:
        """[settings] TOML texts, empty where they are not known."""
        if "scenario" not in self.results.coords:
            return ("",) * len(self.settings)
        texts = np.broadcast_to(self.results.scenario.values, len(self.settings))
        return tuple(str(text) for text in texts)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The first setting's scenario."""
        return tomllib.loads(self.scenarios[0])

    @property
    def settings(self) -> tuple[str, ...]:
        """Labels of the settings."""
        return tuple(str(name) for name in self.results.setting.values)

    @property
    def names(self) -> tuple[str, ...]:
        """Deposits in network order."""
        return tuple(str(name) for name in self.results.deposit.values)

    @cached_property
    def colours(self) -> tuple[str, ...]:
        """A colour for each deposit."""
        types = {d["name"]: d["type"] for d in self.document.get("deposits", ())}
        return deposit_colours([types.get(name, name) for name in self.names])

    def of_type(self, kind: str) -> tuple[str, ...]:
        """Names of the deposits of one type."""
        tables = self.document.get("deposits", ())
        return tuple(table["name"] for table in tables if table["type"] == kind)

    @cached_property
    def allocated(self) -> NDArray:
        """[settings, N] whether each deposit is under allocation."""
        weights = self.results["target_weight" if "target_weight" in self.results else "share"]
        known = weights.notnull().any([d for d in weights.dims if d not in ("setting", "deposit")])
        return known.transpose("setting", "deposit").values

    @property
    def ever_allocated(self) -> tuple[str, ...]:
        """Deposits under allocation in some setting."""
        flags = np.any(self.allocated, axis=0)
        return tuple(name for n, name in enumerate(self.names) if flags[n])

    @cached_property
    def drawn(self) -> tuple[str, ...]:
        """Deposits that are drawn one by one: all under allocation, or those that hold most."""
        held = self.results.balance
        held = held.sel(statistic="mean") if "statistic" in held.dims else held
        mean = held.isel(step=slice(None, None, 30)).mean([d for d in held.dims if d != "deposit"])
        order = sorted(self.ever_allocated, key=lambda name: -float(mean.sel(deposit=name)))
        return tuple(name for name in self.names if name in order[:MOST_DEPOSITS])

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """What is stacked: deposits one by one, and the others together where there are many."""
        alone = [
            Group(words(name), self.colour(name), (self.names.index(name),)) for name in self.drawn
        ]
        rest = tuple(
            n
            for n, name in enumerate(self.names)
            if name in self.ever_allocated and name not in self.drawn
        )
        return (*alone, *([Group("others", INK, rest)] if rest else []))

    @property
    def token(self) -> str:
        """Label of the stablecoin."""
        return str(self.results.balance.attrs.get("units", "FEI"))

    @property
    def precision(self) -> str:
        """Of the numbers, the coarser one where settings differ in it."""
        return precision_of(self.results)

    @property
    def has_paths(self) -> bool:
        """Whether paths were kept."""
        return "path" in self.results.dims

    @property
    def num_paths(self) -> int | None:
        """P of every setting, None where the results do not say."""
        if self.has_paths:
            return self.results.sizes["path"]
        paths = self.results.attrs.get("paths")
        return None if paths is None else int(paths)

    @cached_property
    def undone(self) -> tuple[tuple[Raised, ...], ...]:
        """What could not be done in each setting."""
        return undone(self.results)

    @property
    def has_steps(self) -> bool:
        """Whether every step was kept, so that there is something to draw over time."""
        return self.results.sizes["step"] > 1 and has_every_step(self.results)

    @cached_property
    def shown(self) -> NDArray:
        """Positions of the steps that are drawn, the last of each setting among them."""
        count = self.results.sizes["step"]
        ends = np.atleast_1d(is_run(self.results).sum("step").values) - 1
        ends = ends if self.has_steps else np.array([], int)
        return np.union1d(np.arange(count)[shown_steps(count)], ends)

    @cached_property
    def final(self) -> xarray.Dataset:
        """The last step of each setting, whatever its number, along a `step` of length 1."""
        return at_last(self.results)

    @cached_property
    def end_days(self) -> NDArray:
        """[settings] when the run of each setting ends, in days."""
        return np.broadcast_to(end_days(self.results).values, len(self.settings))

    @property
    def one_end(self) -> bool:
        """Whether all settings end on the same day."""
        return bool((self.end_days == self.end_days[0]).all())

    def is_shown(self, setting: int) -> NDArray:
        """Whether a setting has each of the steps that are drawn."""
        known = is_run(self.results).isel(step=self.shown)
        return (known.isel(setting=setting) if "setting" in known.dims else known).values

    @cached_property
    def axis(self) -> Axis:
        """The steps drawn, on the axis of time."""
        return axis_of(self.results, self.shown)

    def colour(self, name: str) -> str:
        """The colour of a deposit."""
        return self.colours[self.names.index(name)]

    def legend(self) -> tuple[tuple[str, str], ...]:
        """What is stacked, and its colours."""
        return tuple((group.name, group.colour) for group in self.groups)


def scenario_name(text: str) -> str:
    """A scenario's name, from its TOML text."""
    return str(tomllib.loads(text).get("name", "run")) if text else "run"


def provenance(results: xarray.Dataset) -> dict[str, object]:
    """By what the results were made, None where they do not say."""
    about = results.attrs
    return {
        "Seed": about.get("seed"),
        "Precision": about.get("precision"),
        "camjax": about.get("camjax_version"),
        "Run at": str(about.get("created", "")).replace("T", " ")[:16] or None,
    }
