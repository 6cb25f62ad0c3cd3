"""A sweep: one scenario in several settings, each a scenario of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from camjax.scenario.messages import located, refuse, shown
from camjax.scenario.numbers import MISSING, find
from camjax.scenario.scenario import Scenario, load_scenario
from camjax.scenario.sources import Source, plain, read_source
from camjax.scenario.sweep_design import Axes, Mode, Setting, crossed, design
from camjax.scenario.sweep_table import read_table
from camjax.scenario.text import as_text


@dataclasses.dataclass(frozen=True, eq=False)
class Sweep:
    """Settings of one scenario.

    Attributes:
      name: of the scenario.
      toml: the scenario as text, the sweep's own table included.
      labels: one for each setting, all different.
      scenarios: one for each setting.
      keys: dotted paths in which settings differ.
    """

    name: str
    toml: str
    labels: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    keys: tuple[str, ...]

    def table(self) -> dict[str, list[Any]]:
        """The design: what stands at each key, setting by setting; text where it is no scalar."""
        columns = {}
        for key in self.keys:
            found = [_cell(find(scenario.document, key)) for scenario in self.scenarios]
            mixed = len({isinstance(value, str) for value in found}) > 1
            columns[key] = [str(value) for value in found] if mixed else found
        return columns


def load_sweep(
    source: Source,
    axes: Axes | None = None,
    *,
    mode: Mode = "grid",
    samples: int | None = None,
    seed: int = 0,
    overrides: Mapping[str, Any] | None = None,
) -> Sweep:
    """Read a scenario and the settings in which it is to be run.

    Args:
      source: as `load_scenario`; its `[sweep]` table gives settings.
      axes: values by dotted path. They are crossed with the settings of the table.
      mode: how values go together: "grid", "zip" or "sample".
      samples: how many settings "sample" takes.
      seed: of samples.
      overrides: values by dotted path, laid over all settings.

    Raises:
      ScenarioError: a setting that cannot be, no settings, or a key that is set twice.
    """
    if axes is not None and not isinstance(axes, Mapping):
        refuse("axes", "lists of values by dotted path", shown(axes))
    raw, overrides = read_source(source), dict(overrides or {})
    table = overrides.pop("sweep", raw.document.get("sweep"))
    with located(raw.label):
        settings = _settings(table, plain(axes or {}), mode, samples, seed)
        keys = list(dict.fromkeys(key for setting in settings for key in setting.changes))
        for key in keys:
            if key in overrides:
                refuse(key, "a key that is not swept", "an override of it")
    base = overrides | {"sweep": None}
    scenarios = [load_scenario(source, base | setting.changes) for setting in settings]
    explicit = [{"name": setting.name, "set": _without_name(setting)} for setting in settings]
    whole = load_scenario(source, overrides | {"sweep": {"settings": explicit}})
    return Sweep(
        name=whole.name,
        toml=whole.toml,
        labels=tuple(setting.name for setting in settings),
        scenarios=tuple(scenarios),
        keys=tuple(key for key in keys if key != "name"),
    )


def _settings(table: Any, axes: Axes, mode: Mode, samples: int | None, seed: int) -> list[Setting]:
    """The settings of a table, crossed with those of axes, each under a name of its own."""
    if table is None and not axes:
        remedy = "For example --set deposits.savings.rate=0.01,0.03, or a [sweep] table."
        refuse("sweep", "several settings", "none", remedy)
    if table is not None and not isinstance(table, Mapping):
        refuse("sweep", "a table", shown(table))
    given = design(axes, mode, samples, seed)
    found = given if table is None else crossed(read_table(table, seed), given)
    used: dict[str, int] = {}
    for setting in found:
        used[setting.name] = used.get(setting.name, 0) + 1
    if max(used.values()) == 1:
        return found
    return [
        dataclasses.replace(setting, name=f"{place}: {setting.name}")
        for place, setting in enumerate(found, start=1)
    ]


def _without_name(setting: Setting) -> dict[str, Any]:
    return {path: value for path, value in setting.changes.items() if path != "name"}


def _cell(value: Any) -> Any:
    """What stands at a key as one scalar."""
    if value is None or value is MISSING:
        return "none"
    if isinstance(value, str | bool | int | float):
        return value
    return as_text(value)
