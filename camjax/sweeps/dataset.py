"""The results of all settings as one dataset, with the design table along `setting`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray

from camjax.errors import CamjaxError, refusal
from camjax.scenario import Sweep

DEPOSITS = ("deposit", "source", "destination", "pool", "money_market")
"""Dimensions whose labels are deposits, in network order."""

ERROR = "quantile_error"
"""Attribute of a variable whose quantiles were read off histograms; settings differ in it."""


def assemble(sweep: Sweep, datasets: Sequence[xarray.Dataset], seed: int) -> xarray.Dataset:
    """Put the results of settings together.

    A deposit or a step that a setting lacks is NaN there. Coordinates along `setting` are the
    swept keys and `scenario`, each setting's TOML text.

    Args:
      sweep: the settings.
      datasets: of each setting, as `to_dataset` or `statistics` gives it.
      seed: of all paths.

    Raises:
      CamjaxError: settings that record variables along different dimensions.
    """
    _check_dimensions(datasets)
    settings = xarray.DataArray(np.array(sweep.labels), dims="setting", name="setting")
    together = xarray.concat(
        _on_common_deposits(datasets),
        settings,
        data_vars="all",
        coords="different",
        compat="equals",
        join="outer",
        combine_attrs="drop_conflicts",
    )
    for name in together.data_vars:
        attributes = [one[name].attrs for one in datasets if name in one]
        errors = [float(own[ERROR]) for own in attributes if ERROR in own]
        if errors:
            together[name].attrs[ERROR] = max(errors)
    together.setting.attrs["long_name"] = "setting of the sweep"
    texts = [scenario.toml for scenario in sweep.scenarios]
    columns: dict[Any, Any] = {key: ("setting", cells) for key, cells in sweep.table().items()}
    about = {**datasets[0].attrs, "scenario": sweep.toml, "swept": list(sweep.keys), "seed": seed}
    about["precision"] = min(str(one.attrs["precision"]) for one in datasets)  # the coarser one
    columns["scenario"] = ("setting", texts)
    return together.assign_coords(columns).assign_attrs(about)


def _check_dimensions(datasets: Sequence[xarray.Dataset]) -> None:
    """Refuse variables that one setting has along other dimensions than another."""
    dims = {name: found.dims for dataset in datasets for name, found in dataset.items()}
    for dataset in datasets:
        for name, found in dataset.items():
            if found.dims != dims[name]:
                (kind,) = {*found.dims} ^ {*dims[name]}
                expected = f"one {kind} in every setting, or several in every one"
                raise CamjaxError(refusal("sweep", expected, "one in some, several in others"))


def _on_common_deposits(datasets: Sequence[xarray.Dataset]) -> list[xarray.Dataset]:
    """Datasets with the same deposits, in the order in which they first appear."""
    wanted: dict[str, list[str]] = {}
    for dim in DEPOSITS:
        labels = [dataset[dim].values.tolist() for dataset in datasets if dim in dataset.dims]
        wanted[dim] = list(dict.fromkeys(name for names in labels for name in names))
    return [
        dataset.reindex({dim: names for dim, names in wanted.items() if dim in dataset.dims})
        for dataset in datasets
    ]
