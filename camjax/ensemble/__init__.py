"""Many paths of a scenario: statistics over them in constant memory."""

from camjax.ensemble.engine import Ensemble, run_ensemble
from camjax.ensemble.reducers import Bins, Event, FirstTime, Moments, Quantiles, Reducer

__all__ = [
    "Bins",
    "Ensemble",
    "Event",
    "FirstTime",
    "Moments",
    "Quantiles",
    "Reducer",
    "run_ensemble",
]
