"""Weight rules, one file each, and what they share. To add one, write it and name it here."""

from camjax.weights.any_window import AnyWindowMemory
from camjax.weights.base import Target, View, WeightRule
from camjax.weights.endogenous import EndogenousRule
from camjax.weights.exogenous import ExogenousRule
from camjax.weights.logit import LogitRule
from camjax.weights.memory import HalfLifeMemory, WindowMemory, YieldMemory
from camjax.weights.options import Weights
from camjax.weights.pairwise import PairwiseRule
from camjax.weights.preferences import Preferences
from camjax.weights.prescribed import PrescribedRule
from camjax.weights.simplex import capped, entropy, herfindahl_hirschman

RULES: dict[str, type[WeightRule]] = {
    "endogenous": EndogenousRule,
    "exogenous": ExogenousRule,
    "logit": LogitRule,
    "pairwise": PairwiseRule,
    "prescribed": PrescribedRule,
}
"""Every weight rule by its name in scenario files."""

__all__ = [
    "RULES",
    "AnyWindowMemory",
    "EndogenousRule",
    "ExogenousRule",
    "HalfLifeMemory",
    "LogitRule",
    "PairwiseRule",
    "Preferences",
    "PrescribedRule",
    "Target",
    "View",
    "WeightRule",
    "Weights",
    "WindowMemory",
    "YieldMemory",
    "capped",
    "entropy",
    "herfindahl_hirschman",
]
