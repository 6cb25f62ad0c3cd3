"""A forecast as a scenario: its weights in the place of the computed ones, and the rest runs on."""

import dataclasses
import datetime
import tomllib
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import tomli_w

import camjax
from calibration.forecast.ahead import OBSERVED_YIELD
from calibration.forecast.history import History
from calibration.forecast.past import (
    first_step,
    is_announced,
    observed_columns,
    processes_ahead,
    require_same_deposits,
)
from calibration.forecast.venues import venues_scenario
from calibration.score_table import csv_text


@dataclasses.dataclass(frozen=True, eq=False)
class Prescribed:
    """A scenario that begins at a forecast's origin and whose weights are the forecast.

    Attributes:
      document: of the scenario, but for the series below.
      columns: driver series, [H + 1] each: target_<deposit>, and drivers that keep their value.
    """

    document: Mapping[str, Any]
    columns: Mapping[str, np.ndarray]

    def scenario(self) -> camjax.Scenario:
        """The scenario, its series within."""
        days = self.document["dt_days"] * np.arange(self.document["steps"] + 1)
        tables = {
            name: {"process": "schedule", "days": days, "values": values}
            for name, values in self.columns.items()
        }
        drivers = {**self.document.get("drivers", {}), **tables}
        return camjax.load_scenario({**self.document, "drivers": drivers})

    def files(self, label: str) -> dict[str, str]:
        """Content of the scenario and its drivers, which `camjax run` runs, by file name.

        The names are scenario_<label>.toml and drivers_<label>.csv, to lie in one folder.
        """
        series = f"drivers_{label}.csv"
        # What was observed was believed when it was read.
        drivers = {"file": series, **self.document.get("drivers", {}), "as_is": True}
        rows = zip(range(self.document["steps"] + 1), *self.columns.values(), strict=True)
        return {
            f"scenario_{label}.toml": tomli_w.dumps({**self.document, "drivers": drivers}),
            series: csv_text(("step", *self.columns), rows),
        }


def prescribed(
    history: History, weights: np.ndarray, scenario: camjax.Scenario | None = None
) -> Prescribed:
    """Put forecast weights in the place of those that a scenario would compute.

    They are an allocation: a forecast is of weights themselves, and as a target it would be lagged.
    The scenario begins at the origin, with the balances, prices and rates observed last; its
    processes go on from there, its schedules too, and drivers without a process keep their value.

    Args:
      history: up to the origin.
      weights: [H, N] forecast.
      scenario: of the same deposits; None: they are venues whose yields stay.

    Raises:
      CamjaxError: other deposits are under allocation, or rows are not a step apart.

    References:
      Specification, 4.7.
    """
    if scenario is None:
        history = history.evenly()
        scenario = camjax.load_scenario(venues_scenario(history, len(weights)))
    require_same_deposits(history, scenario)
    origin = first_step(history, scenario) + history.num_rows - 1
    origin_days = origin * scenario.dt_days
    document = tomllib.loads(scenario.toml)
    document |= {
        "name": f"{scenario.name}-forecast",
        "steps": len(weights),
        "weights": {"rule": "prescribed", "prescribed_as": "allocation"},
        **_start(scenario.start_date, origin_days),
    }
    balances = dict(zip(history.names, history.balances[-1].tolist(), strict=True))
    for deposit in document["deposits"]:
        deposit["user_balance"] = balances.get(deposit["name"], deposit["user_balance"])
        if isinstance(deposit.get("rate"), list):
            deposit["rate"] = _shifted(deposit["rate"], origin_days)

    last = {
        name: float(values[-1])
        for name, values in observed_columns(history, scenario).items()
        if not name.startswith((OBSERVED_YIELD, "dirichlet_", "target_"))
    }
    tables = document.get("drivers", {})
    beside = {key: tables[key] for key in ("correlation", "as_is") if key in tables}
    tables = {
        name: tables[name]
        for name, law in processes_ahead(scenario).processes.items()
        if law.random or is_announced(law, name in last)
    }
    document["drivers"] = beside | {
        name: _continued(table, last.get(name), origin_days) for name, table in tables.items()
    }
    held = {
        name: np.full(len(weights) + 1, 0.0 if name == "mint_redeem" else value)
        for name, value in last.items()
        if name not in tables
    }
    targets = np.vstack([history.weights[-1], weights])
    named = {f"target_{name}": targets[:, i] for i, name in enumerate(history.deposits)}
    return Prescribed(document, {**named, **held})


def prescribed_ensemble(
    scenario: camjax.Scenario, deposits: tuple[str, ...], samples: np.ndarray, key: jax.Array
) -> camjax.Drivers:
    """Drivers of as many paths as a forecast has samples, each with its own weights.

    Args:
      scenario: from `Prescribed.scenario`.
      deposits: the N deposits of the samples, in their order.
      samples: [S, H, N].
      key: of the other drivers; path i draws them from `fold_in(key, i)`.

    Returns:
      Drivers with an axis of S paths in front, for `jax.vmap(camjax.simulate, in_axes=(None, 0))`.
    """

    def path(weights: jax.Array, index: jax.Array) -> camjax.Drivers:
        columns = scenario.processes.sample(jax.random.fold_in(key, index))
        for i, name in enumerate(deposits):
            start = columns[f"target_{name}"][:1]
            columns[f"target_{name}"] = jnp.concatenate([start, weights[:, i]])
        return scenario.model.drivers(columns, scenario.steps)

    dtype = scenario.model.rebalancing.duration_days.dtype
    indices = jnp.arange(len(samples), dtype=jnp.int32)
    return jax.vmap(path)(jnp.asarray(samples, dtype), indices)


def _start(start: datetime.date | None, days: float) -> dict[str, datetime.date]:
    """The calendar day of the origin, as far as there is one."""
    return {} if start is None else {"start_date": start + datetime.timedelta(days=round(days))}


def _shifted(schedule: list[list[float]], days: float) -> list[list[float]]:
    """A schedule of (day, value) as seen so many days later: what holds then, and what comes."""
    past = [value for day, value in schedule if day <= days]
    coming = [[day - days, value] for day, value in schedule if day > days]
    return [[0.0, past[-1] if past else schedule[0][1]], *coming]


def _continued(table: Mapping[str, Any], last: float | None, days: float) -> dict[str, Any]:
    """A process that begins where its driver was observed last, a schedule where it stands."""
    continued = dict(table)
    if table["process"] == "schedule":
        pairs = [list(pair) for pair in zip(table["days"], table["values"], strict=True)]
        days_left, values = zip(*_shifted(pairs, days), strict=True)
        continued |= {"days": list(days_left), "values": list(values)}
    if last is not None and "initial" in table:
        continued["initial"] = last
    return continued
