"""The statistics of an ensemble as a dataset."""

from typing import TYPE_CHECKING

import numpy as np

from camjax.ensemble import Ensemble
from camjax.ensemble.reducers import BandsResult, FirstTimeResult
from camjax.results.dataset import statistics_dataset
from camjax.scenario import Scenario

if TYPE_CHECKING:
    import xarray


def ensemble_dataset(scenario: Scenario, found: Ensemble, seed: int) -> "xarray.Dataset":
    """Label an ensemble's bands.

    Quantiles are read off histograms: the attribute `quantile_error` of a variable is the most by
    which any of them can be off, in the variable's unit. `paths` is how many there were. Events
    have a dimension of their own, with 95 % intervals of what is counted over paths.
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
        values,
        found["flags"],
        scenario.model,
        raised=found["undone"],
        scenario=scenario,
        seed=seed,
    )
    for name, bands in all_bands.items():
        finite = bands.error[np.isfinite(bands.error)]
        dataset[name].attrs["quantile_error"] = float(finite.max(initial=0.0))
    dataset.attrs["paths"] = found.num_paths
    return dataset.merge(_events(found))


def _events(found: Ensemble) -> "xarray.Dataset":
    """How probable events are at each step, and that they have happened by then."""
    import xarray

    events = [each for each in found.statistics.values() if isinstance(each, FirstTimeResult)]
    if not events:
        return xarray.Dataset()
    about = {
        "probability": ("that it is so at the step", [each.probability() for each in events]),
        "probability_low": ("lower end of its 95 % interval", [e.interval()[0] for e in events]),
        "probability_high": ("upper end of its 95 % interval", [e.interval()[1] for e in events]),
        "happened": ("probability that it has been so by the step", [e.by() for e in events]),
    }
    variables = {
        name: (("event", "step"), np.array(values), {"units": "1", "long_name": long_name})
        for name, (long_name, values) in about.items()
    }
    return xarray.Dataset(variables, {"event": [each.event for each in events]})
