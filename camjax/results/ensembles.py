"""The statistics of an ensemble as a dataset."""

from typing import TYPE_CHECKING

import numpy as np

from camjax.ensemble import Ensemble
from camjax.ensemble.reducers import BandsResult
from camjax.results.dataset import statistics_dataset
from camjax.scenario import Scenario

if TYPE_CHECKING:
    import xarray


def ensemble_dataset(scenario: Scenario, found: Ensemble, seed: int) -> "xarray.Dataset":
    """Label an ensemble's bands.

    Quantiles are read off histograms: the attribute `quantile_error` of a variable is the most by
    which any of them can be off, in the variable's unit. `paths` is how many there were.
    """
    all_bands = {
        name.removeprefix("bands(").removesuffix(")"): result
        for name, result in found.statistics.items()
        if isinstance(result, BandsResult)
    }
    values = {
        name: np.concatenate([[bands.mean], [bands.std], bands.quantiles]).astype(
            scenario.precision
        )
        for name, bands in all_bands.items()
    }
    dataset = statistics_dataset(
        values, found["flags"], scenario.model, scenario=scenario, seed=seed
    )
    for name, bands in all_bands.items():
        finite = bands.error[np.isfinite(bands.error)]
        dataset[name].attrs["quantile_error"] = float(finite.max(initial=0.0))
    dataset.attrs["paths"] = found.num_paths
    return dataset
