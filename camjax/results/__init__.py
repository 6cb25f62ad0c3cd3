"""Results as labelled arrays, and as files."""

from camjax.results.dataset import QUANTILES, STATISTICS, statistics, statistics_dataset, to_dataset
from camjax.results.files import check_writable, load_results, save_results
from camjax.results.variables import STATUS_FLAGS, VARIABLES, Variable, describe

__all__ = [
    "QUANTILES",
    "STATISTICS",
    "STATUS_FLAGS",
    "VARIABLES",
    "Variable",
    "check_writable",
    "describe",
    "load_results",
    "save_results",
    "statistics",
    "statistics_dataset",
    "to_dataset",
]
