"""Fitting a scenario to observations: how well, how sure, and what cannot be known."""

from calibration.fit.free import FreeParameters, free_parameters
from calibration.fit.identifiability import identifiability
from calibration.fit.problem import Problem, pose
from calibration.fit.report import report
from calibration.fit.search import Fit, fit
from calibration.fit.uncertainty import Uncertainty, uncertainty

__all__ = [
    "Fit",
    "FreeParameters",
    "Problem",
    "Uncertainty",
    "fit",
    "free_parameters",
    "identifiability",
    "pose",
    "report",
    "uncertainty",
]
