"""The analyses by the names that the command gives them."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import xarray

from camjax import analysis
from camjax.analysis.budget import Revenue
from camjax.errors import CamjaxError, refusal
from camjax.results.lacking import told_what_is_lacking

DEFAULT = ("final-split", "total-transfers")
"""What is shown where nothing is named."""


def _weights(results: xarray.Dataset, level: float = 0.95) -> xarray.Dataset:
    """Shares over time: mean with its interval, and the band of paths."""
    return analysis.bands(results, "share", level)


def _balances(results: xarray.Dataset, level: float = 0.95) -> xarray.Dataset:
    """Balances over time: mean with its interval, and the band of paths."""
    return analysis.bands(results, "balance", level)


def _compare(
    results: xarray.Dataset,
    first: str | None = None,
    second: str | None = None,
    of: str = "balance",
    step: int | None = None,
    level: float = 0.95,
) -> xarray.Dataset:
    """Two settings path by path; without names, every setting against the first."""
    if first is None and second is None:
        return analysis.compare_all(results, of, step, level)
    if first is None or second is None:
        missing = "--first" if first is None else "--second"
        raise CamjaxError(refusal(missing, "a setting", "none"))
    return analysis.compare(results, first, second, of, step, level)


def _savings_cost(
    results: xarray.Dataset,
    rate: float | None = None,
    deposit: str | None = None,
    level: float = 0.95,
) -> xarray.Dataset:
    """Cost of the savings rate so far, at its own rate or at another with balances fixed."""
    cost = analysis.savings_cost(results, rate, deposit)
    return analysis.bands(results, analysis.so_far(cost), level)


def _profit(
    results: xarray.Dataset,
    revenue: Revenue | None = None,
    rate: float | None = None,
    deposit: str | None = None,
    level: float = 0.95,
) -> xarray.Dataset:
    """What a revenue has left so far once the savings rate is paid."""
    left = analysis.profit(results, revenue, rate, deposit)
    return analysis.bands(results, analysis.so_far(left), level)


ANALYSES: Mapping[str, Callable[..., xarray.Dataset]] = {
    "weights": _weights,
    "balances": _balances,
    "bands": analysis.bands,
    "snapshot": analysis.snapshot,
    "final-split": analysis.final_split,
    "probability": analysis.probability,
    "probability-over-time": analysis.probability_over_time,
    "time-to-event": analysis.time_to_event,
    "compare": _compare,
    "key-figures": analysis.key_figures,
    "tail-risk": analysis.tail_risk,
    "spread": analysis.rate_spread,
    "correlation": analysis.rolling_correlation,
    "correlation-matrix": analysis.correlation_matrix,
    "transfers": analysis.transfers,
    "total-transfers": analysis.total_transfers,
    "user-balance": analysis.user_balance,
    "savings-cost": _savings_cost,
    "profit": _profit,
    "deficit": analysis.deficit,
}
"""By name; an option of the command is a parameter of the function."""


def analyse_all(
    results: xarray.Dataset, names: tuple[str, ...], options: Mapping[str, Any]
) -> dict[str, xarray.Dataset]:
    """Run analyses by name.

    Args:
      results: of a run or a sweep.
      names: which.
      options: those that were given; each analysis takes those that it reads.

    Raises:
      CamjaxError: an unknown analysis, one that lacks an option, or an option that none reads.
    """
    for name in names:
        if name not in ANALYSES:
            raise CamjaxError(refusal("--what", f"one of {', '.join(ANALYSES)}", repr(name)))
    reads = {name: inspect.signature(ANALYSES[name]).parameters for name in names}
    for option in options:
        if not any(option in parameters for parameters in reads.values()):
            expected = f"no --{flag(option)} with {', '.join(names)}"
            raise CamjaxError(refusal(f"--{flag(option)}", expected, repr(options[option])))
    found = {}
    for name, parameters in reads.items():
        needed = [key for key, spec in parameters.items() if spec.default is spec.empty][1:]
        for key in needed:
            if key not in options:
                raise CamjaxError(refusal(f"--{flag(key)}", f"a value, for {name}", "none"))
        own = {key: value for key, value in options.items() if key in parameters}
        with told_what_is_lacking(name, results):
            found[name] = ANALYSES[name](results, **own)
    return found


def list_analyses() -> str:
    """Every analysis, with a line on what it is."""
    width = max(map(len, ANALYSES))
    about = {name: inspect.getdoc(analyse) or "" for name, analyse in ANALYSES.items()}
    return "\n".join(
        f"{name:<{width}}  {text.partition(chr(10))[0]}" for name, text in about.items()
    )


def flag(option: str) -> str:
    """An option as it is written behind `--`."""
    return option.removesuffix("_steps").replace("_", "-")
