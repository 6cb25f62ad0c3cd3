"""Many paths of a scenario: statistics over them in constant memory."""

from camjax.ensemble.blocks import Shard
from camjax.ensemble.checkpoint import Checkpoint
from camjax.ensemble.engine import Ensemble, run_ensemble
from camjax.ensemble.gradient import MeanGradient, mean_and_gradient
from camjax.ensemble.precision import PreciseEnsemble, run_until
from camjax.ensemble.reducers import (
    Bands,
    Bins,
    Estimate,
    Event,
    FinalMean,
    FinalProbability,
    FirstTime,
    Flags,
    Moments,
    Quantiles,
    Reducer,
    UndonePaths,
    raised_by,
)
from camjax.ensemble.shards import Shards, merge_shards, read_shards
from camjax.ensemble.variance_reduction import MeanEstimate, estimate_mean

__all__ = [
    "Bands",
    "Bins",
    "Checkpoint",
    "Ensemble",
    "Estimate",
    "Event",
    "FinalMean",
    "FinalProbability",
    "FirstTime",
    "Flags",
    "MeanEstimate",
    "MeanGradient",
    "Moments",
    "PreciseEnsemble",
    "Quantiles",
    "Reducer",
    "Shard",
    "Shards",
    "UndonePaths",
    "estimate_mean",
    "mean_and_gradient",
    "merge_shards",
    "raised_by",
    "read_shards",
    "run_ensemble",
    "run_until",
]
