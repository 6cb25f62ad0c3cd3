"""Means of the same precision from fewer paths: antithetic pairs and Sobol points."""

from camjax.ensemble.variance_reduction.choice import REPLICATES, SAMPLINGS
from camjax.ensemble.variance_reduction.estimate import MeanEstimate, estimate_mean

__all__ = ["REPLICATES", "SAMPLINGS", "MeanEstimate", "estimate_mean"]
