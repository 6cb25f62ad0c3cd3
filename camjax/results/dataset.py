"""Trajectories as labelled arrays, and their statistics over paths."""

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from camjax._version import __version__
from camjax.flags import Raised
from camjax.model import Model
from camjax.results.labels import (
    axis_attributes,
    calendar,
    deposit_names,
    has_path_axis,
    reporter,
    trailing_dims,
    variable_attributes,
)
from camjax.results.undone import of_paths, of_statistics, undone
from camjax.results.variables import OF_PATHS
from camjax.scenario import Scenario
from camjax.trajectory import Trajectory

if TYPE_CHECKING:
    import xarray

QUANTILES: Mapping[str, float] = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
"""Quantiles over paths that `statistics` gives, by the label they bear."""

STATISTICS = ("mean", "std", *QUANTILES)
"""Labels along the dimension `statistic`."""


def to_dataset(
    trajectory: Trajectory | Mapping[str, ArrayLike],
    model: Model,
    *,
    scenario: Scenario | None = None,
    seed: int | None = None,
    last_step: int | None = None,
) -> "xarray.Dataset":
    """Label what a run recorded with the names, units and meanings of its axes.

    Args:
      trajectory: of one path, arrays [T, ...], or of many, arrays [P, T, ...]; also as a mapping
        from variable names to arrays. What holds for whole paths (`path_status` and so on) follows
        from all their steps; where only the last are held it is given with them, or left out.
      model: the model that was run; it names the deposits.
      scenario: where the token, the calendar and the attribute `scenario` come from.
      seed: what the attribute `seed` says.
      last_step: number of the last step held, where the arrays do not begin at step 1.

    Returns:
      A dataset with the dimensions path, step, deposit, source, destination (pool, money_market
      where a model has several), the coordinate `time` in days, `date` if the scenario has a
      start, and `units` and `long_name` on every variable.
    """
    import xarray

    recorded = trajectory if isinstance(trajectory, Mapping) else trajectory.variables
    arrays = {name: np.asarray(values) for name, values in recorded.items()}
    many_paths = has_path_axis(arrays, model)
    arrays = {name: v if many_paths else v[np.newaxis] for name, v in arrays.items()}
    stepwise = {name: values for name, values in arrays.items() if name not in OF_PATHS}
    num_paths, num_steps = next(iter(stepwise.values())).shape[:2] if stepwise else (0, 0)
    last_step = num_steps if last_step is None else last_step
    if last_step == num_steps:
        arrays |= {name: each for name, each in of_paths(arrays).items() if name not in arrays}
    variables = {}
    for name, values in arrays.items():
        dims: tuple[str, ...] = ("path",)
        if name in stepwise:
            dims = ("path", "step", *trailing_dims(name, values.shape[2:], model))
        attributes = variable_attributes(name, scenario)
        if (deposit := reporter(name, model)) is not None:
            attributes["deposit"] = deposit
        variables[name] = (dims, values, attributes)
    steps = np.arange(last_step - num_steps + 1, last_step + 1)
    labels: dict[str, ArrayLike] = {
        dim: deposit_names(dim, model) for dims, _, _ in variables.values() for dim in dims
    }
    labels |= {"path": np.arange(num_paths), "step": steps}
    coordinates = {
        dim: (dim, names, axis_attributes(dim)) for dim, names in labels.items() if np.size(names)
    }
    attributes = _global_attributes(arrays, scenario, seed)
    dataset = xarray.Dataset(variables, coordinates, attributes)
    return dataset.assign_coords(calendar(steps, model.dt_days, scenario))


def statistics(dataset: "xarray.Dataset") -> "xarray.Dataset":
    """Mean, standard deviation and quantiles over paths, in the place of the paths themselves.

    Sums are taken in float64 whatever the precision of the run. `status` holds bit flags: it
    keeps every flag that any path raised in a step. What held for each path is counted.

    Args:
      dataset: as `to_dataset` gives it, with the dimension `path`.

    Returns:
      The same variables with the dimension `statistic` (see `STATISTICS`) for `path`.
    """
    reduced = dataset.drop_vars([*dataset.data_vars, "path"])
    for name, variable in dataset.data_vars.items():
        if name in OF_PATHS:
            continue
        if name == "status":
            flags = np.bitwise_or.reduce(variable.values, axis=0)
            reduced[name] = (variable.dims[1:], flags, variable.attrs)
        else:
            dims = ("statistic", *variable.dims[1:])
            reduced[name] = (dims, _summarise(variable.values), variable.attrs)
    if "path_status" in dataset:
        counts = of_statistics(undone(dataset)[0], None)
        for name, variable in counts.data_vars.items():
            units = dataset.balance.attrs.get("units") if "balance" in dataset else None
            if name != "flagged_paths" and units is not None:
                variable.attrs["units"] = units
        reduced = reduced.merge(counts)
    return reduced.assign_coords(
        statistic=("statistic", list(STATISTICS), axis_attributes("statistic"))
    )


def statistics_dataset(
    found: Mapping[str, ArrayLike],
    status: ArrayLike,
    model: Model,
    *,
    raised: Sequence[Raised] = (),
    scenario: Scenario | None = None,
    seed: int | None = None,
) -> "xarray.Dataset":
    """Label statistics over paths that were never kept, in the form that `statistics` gives.

    Args:
      found: by variable [statistics, T, ...], in the order of `STATISTICS`.
      status: [T] every flag that any path raised.
      model: the model that was run.
      raised: what some paths could not do.
      scenario: where the token, the calendar and the attribute `scenario` come from.
      seed: what the attribute `seed` says.
    """
    dataset = to_dataset(found, model, scenario=scenario, seed=seed)
    dataset = dataset.drop_vars("path").rename(path="statistic")
    dataset["status"] = ("step", np.asarray(status), variable_attributes("status", scenario))
    dataset = dataset.merge(of_statistics(raised, scenario))
    return dataset.assign_coords(
        statistic=("statistic", list(STATISTICS), axis_attributes("statistic"))
    )


def _summarise(values: NDArray) -> NDArray:
    """`STATISTICS` over the first axis, stacked along a new first axis."""
    mean = values.mean(axis=0, dtype=np.float64)
    std = np.full_like(mean, np.nan)  # of a single path
    if len(values) > 1:
        std = values.std(axis=0, dtype=np.float64, ddof=1)
    quantiles = np.quantile(values, list(QUANTILES.values()), axis=0)
    return np.concatenate([mean[np.newaxis], std[np.newaxis], quantiles]).astype(values.dtype)


def _global_attributes(
    arrays: Mapping[str, NDArray], scenario: Scenario | None, seed: int | None
) -> dict[str, object]:
    """What the whole file says of itself."""
    floating = [values.dtype for values in arrays.values() if values.dtype.kind == "f"]
    return {
        **({} if scenario is None else {"scenario": scenario.toml}),
        **({} if seed is None else {"seed": seed}),
        "camjax_version": __version__,
        **({"precision": np.result_type(*floating).name} if floating else {}),
        **({} if scenario is None else {"noise": scenario.processes.noise}),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
