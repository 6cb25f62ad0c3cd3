"""Statistics over paths, one file each. To add one, follow `Reducer` and hand it to an ensemble."""

from camjax.ensemble.reducers.bands import Bands, BandsResult
from camjax.ensemble.reducers.base import AlongReducer, CellReducer, Reducer, Scope
from camjax.ensemble.reducers.events import Event, FirstTime, FirstTimeResult
from camjax.ensemble.reducers.final import Estimate, FinalMean, FinalProbability
from camjax.ensemble.reducers.flags import Flags
from camjax.ensemble.reducers.moments import Moments, MomentsResult
from camjax.ensemble.reducers.quantiles import Bins, Quantiles, QuantilesResult
from camjax.ensemble.reducers.undone import UndonePaths, raised_by

__all__ = [
    "AlongReducer",
    "Bands",
    "BandsResult",
    "Bins",
    "CellReducer",
    "Estimate",
    "Event",
    "FinalMean",
    "FinalProbability",
    "FirstTime",
    "FirstTimeResult",
    "Flags",
    "Moments",
    "MomentsResult",
    "Quantiles",
    "QuantilesResult",
    "Reducer",
    "Scope",
    "UndonePaths",
    "raised_by",
]
