"""What paths could not do, as variables of the results and read back from them."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from camjax.flags import STATUS_FLAGS, Raised
from camjax.results.labels import axis_attributes, variable_attributes
from camjax.scenario import Scenario
from camjax.undone import PathUndone

if TYPE_CHECKING:
    import xarray

PATHS = "futures_paths"
"""Variable that says how many futures there are."""


def of_paths(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """What holds for each path as a whole, from all its steps [..., T]; none without `status`.

    Args:
      arrays: of NumPy or JAX by name, of one path or of many, from step 1 on.
    """
    if "status" not in arrays:
        return {}
    status = arrays["status"]
    raised = [
        ((status & flag) != 0).any(axis=-1).astype(np.int32) * np.int32(flag)
        for flag in STATUS_FLAGS
    ]
    found = {"path_status": sum(raised[1:], raised[0])}
    if "mint_redeem_shortfall" in arrays:
        unpaid = arrays["mint_redeem_shortfall"]
        asked = (unpaid - arrays.get("mint_redeem", unpaid)).clip(min=0)
        found |= {"path_shortfall": unpaid.sum(axis=-1), "path_redemption": asked.sum(axis=-1)}
    return found


def of_remembered(paths: PathUndone) -> dict[str, Any]:
    """`of_paths`, from what was remembered along each path."""
    raised = [
        (paths.flagged_steps[..., column] > 0).astype(np.int32) * np.int32(flag)
        for column, flag in enumerate(STATUS_FLAGS)
    ]
    return {
        "path_status": sum(raised[1:], raised[0]),
        "path_shortfall": paths.shortfall,
        "path_redemption": paths.redemption,
    }


def of_statistics(raised: Sequence[Raised], scenario: Scenario | None) -> "xarray.Dataset":
    """What takes the place of `of_paths` where statistics take that of paths."""
    import xarray

    by_flag = {each.flag: each for each in raised}
    short = by_flag.get("shortfall")
    paths = [by_flag[flag].num_paths if flag in by_flag else 0 for flag in STATUS_FLAGS.values()]
    values: dict[str, tuple[Any, ArrayLike]] = {
        "flagged_paths": ("flag", np.array(paths, np.int64)),
        "mean_shortfall": ((), 0.0 if short is None or short.amount is None else short.amount),
        "mean_redemption": ((), 0.0 if short is None or short.asked is None else short.asked),
    }
    return xarray.Dataset(
        {
            name: (dims, value, variable_attributes(name, scenario))
            for name, (dims, value) in values.items()
        },
        {"flag": ("flag", list(STATUS_FLAGS.values()), axis_attributes("flag"))},
    )


def of_futures(
    raised: Mapping[str, Sequence[Raised]], scenario: Scenario | None
) -> "xarray.Dataset":
    """What futures could not do that forecasts simulated, by whose they are, as variables."""
    import xarray

    if not raised:
        return xarray.Dataset()
    each = [_of_one(own, scenario) for own in raised.values()]
    return xarray.concat(each, xarray.Variable("futures", list(raised), axis_attributes("futures")))


def _of_one(raised: Sequence[Raised], scenario: Scenario | None) -> "xarray.Dataset":
    """Of the futures of one method from one origin, or from several."""
    first = {each.flag: each.step or 0 for each in raised}
    steps = [first.get(flag, 0) for flag in STATUS_FLAGS.values()]
    return of_statistics(raised, scenario).assign(
        futures_paths=((), raised[0].of_paths if raised else 0, variable_attributes(PATHS, None)),
        first_step=("flag", steps, variable_attributes("first_step", None)),
    )


def undone_in_futures(results: "xarray.Dataset") -> dict[str, tuple[Raised, ...]]:
    """What `of_futures` holds, if anything."""
    if "futures" not in results.dims:
        return {}
    found = {}
    for place, whose in enumerate(results.futures.values):
        own = results.isel(futures=place)
        steps = dict(zip(STATUS_FLAGS.values(), own.first_step.values.tolist(), strict=True))
        found[str(whose)] = tuple(
            dataclasses.replace(each, step=steps[each.flag] or None)
            for each in _of_counts(own, int(own.futures_paths))
        )
    return found


def undone(results: "xarray.Dataset") -> tuple[tuple[Raised, ...], ...]:
    """What could not be done in each setting, or in the one run there is.

    Args:
      results: of a run or a sweep, paths or statistics over them.

    Returns:
      For each setting what some path could not do, in the order of `STATUS_FLAGS`.
    """
    if "setting" not in results.dims:
        return (_raised(results),)
    return tuple(_raised(results.isel(setting=i)) for i in range(results.sizes["setting"]))


def _raised(results: "xarray.Dataset") -> tuple[Raised, ...]:
    """Of one setting."""
    if "step" not in results.dims:
        return ()
    if "path_status" in results:
        return _of_paths(results)
    steps = None
    if "status" in results and "path" not in results.status.dims:
        steps = results.status.fillna(0).values.astype(int)
    paths = results.attrs.get("paths")
    return _of_counts(results, None if paths is None else int(paths), steps)


def _of_counts(
    results: "xarray.Dataset", of_paths: int | None, steps: NDArray | None = None
) -> tuple[Raised, ...]:
    """From counts of paths, or where there are none from flags [T] that any path raised."""
    found = []
    for place, (bit, flag) in enumerate(STATUS_FLAGS.items()):
        in_steps = np.zeros(0, int) if steps is None else np.flatnonzero(steps & bit)
        count = int(results.flagged_paths[place]) if "flagged_paths" in results else None
        if count == 0 or (count is None and not len(in_steps)):
            continue
        step = int(results.step[in_steps[0]]) if len(in_steps) else None
        each = Raised(flag, count, of_paths, step=step)
        if flag == "shortfall" and "mean_shortfall" in results:
            each = each.of_amounts(float(results.mean_shortfall), float(results.mean_redemption))
        found.append(each)
    return tuple(found)


def _of_paths(results: "xarray.Dataset") -> tuple[Raised, ...]:
    """From what was kept of each path."""
    status = results.path_status.fillna(0).values.astype(int)
    found = []
    for bit, flag in STATUS_FLAGS.items():
        raised = np.flatnonzero(status & bit)
        if not len(raised):
            continue
        each = Raised(flag, len(raised), len(status), *_first(results, raised, bit, flag))
        if flag == "shortfall" and "path_shortfall" in results:
            sums = (results[name].values[raised] for name in ("path_shortfall", "path_redemption"))
            each = each.of_amounts(*(float(of_each.mean(dtype=np.float64)) for of_each in sums))
        found.append(each)
    return tuple(found)


def _first(
    results: "xarray.Dataset", raised: NDArray, bit: int, flag: str
) -> tuple[int | None, int | None, str | None]:
    """Path and step that raised a flag first, where steps were kept; the deposit that was lost."""
    if "status" not in results or int(results.step[0]) != 1:
        return None, None, None
    steps = results.status.transpose("path", "step").values[raised]
    in_step = (np.nan_to_num(steps).astype(int) & bit) > 0
    first = np.where(in_step.any(axis=1), in_step.argmax(axis=1), in_step.shape[1])
    place, at = int(raised[first.argmin()]), int(first.min())
    deposit = None
    if flag == "balance_not_finite" and "balance" in results:
        balance = results.balance.isel(path=place, step=at)
        lost = np.flatnonzero(~np.isfinite(balance.values))
        deposit = str(balance.deposit.values[lost[0]]) if len(lost) else None
    return int(results.path[place]), int(results.step[at]), deposit
