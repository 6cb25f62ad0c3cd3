"""Results as labelled arrays, and as files."""

from camjax.flags import STATUS_FLAGS
from camjax.results.dataset import QUANTILES, STATISTICS, statistics, statistics_dataset, to_dataset
from camjax.results.ends import at_end, end_days, has_every_step, has_own_ends, is_run, of_setting
from camjax.results.ensembles import ensemble_dataset
from camjax.results.files import load_results, save_results
from camjax.results.frame import save_frame, swept, to_frame
from camjax.results.undone import undone, undone_in_futures
from camjax.results.variables import VARIABLES, Variable, describe
from camjax.writing import check_writable

__all__ = [
    "QUANTILES",
    "STATISTICS",
    "STATUS_FLAGS",
    "VARIABLES",
    "Variable",
    "at_end",
    "check_writable",
    "describe",
    "end_days",
    "ensemble_dataset",
    "has_every_step",
    "has_own_ends",
    "is_run",
    "load_results",
    "of_setting",
    "save_frame",
    "save_results",
    "statistics",
    "statistics_dataset",
    "swept",
    "to_dataset",
    "to_frame",
    "undone",
    "undone_in_futures",
]
