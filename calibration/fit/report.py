"""A fit as plain values, for JSON: estimates, errors, starts, warnings, scores."""

from typing import Any

import jax
import numpy as np

from calibration.fit.bootstrap import Bootstrap
from calibration.fit.endings import endings
from calibration.fit.flatness import singular_values
from calibration.fit.identifiability import identifiability
from calibration.fit.objectives import LOSSES
from calibration.fit.profile import Profile
from calibration.fit.quality import quality
from calibration.fit.search import Fit
from calibration.fit.settlement import SettledFit
from calibration.fit.speed import speed
from calibration.fit.uncertainty import Uncertainty, whiteness_of
from camjax import __version__


def report(
    result: Fit,
    found: Uncertainty | None,
    settled: SettledFit | None = None,
    profiled: Profile | None = None,
    resampled: Bootstrap | None = None,
) -> dict[str, Any]:
    """What fit.json holds, as plain values.

    Args:
      result: the fit.
      found: its uncertainty; None where the objective is no likelihood.
      settled: what smooth settlement would have said, under sequential settlement.
      profiled: limits by profile likelihood, if they were asked for.
      resampled: limits by bootstrap, if they were asked for.
    """
    problem = result.problem
    return {
        "scenario": problem.scenario.name,
        "mode": problem.mode,
        "objective": result.objective,
        "rows_fitted": int(np.asarray(problem.data.counts).sum()),
        "rows_fitted_in_part": int(
            np.asarray(problem.data.counts & ~problem.data.seen.all(axis=1)).sum()
        ),
        "rows_held_out": int(problem.held_out.sum()),
        "deposits": list(problem.names),
        "estimates": _estimates(result, found),
        "speed": speed(result)._asdict(),
        "dirichlet_precision": result.precision,
        "cost": result.cost,
        "residual_test": _residual_test(result),
        "errors": None if found is None else ("lasting" if found.lasting else "independent"),
        "residual_std": None if found is None or result.objective in LOSSES else found.noise,
        "singular_values": None if found is None else singular_values(found.jacobian).tolist(),
        "best_start": result.best,
        "starts": [
            {
                "start": lane.start.tolist(),
                "end": lane.values.tolist(),
                "cost": lane.cost,
                "status": lane.status,
                "iterations": lane.iterations,
                "at_best": lane.at_best,
            }
            for lane in result.lanes
        ],
        "warnings": [
            *endings(result),
            *([] if found is None else identifiability(result, found)),
        ],
        "scores": {
            part: [score._asdict() for score in scores] for part, scores in quality(result).items()
        },
        "settlement": None if settled is None else _settlement(settled),
        "profile": None if profiled is None else _named(result, profiled.limits),
        "bootstrap": None if resampled is None else _named(result, resampled.intervals),
        "bootstrap_failed": None if resampled is None else resampled.num_failed,
        "bootstrap_block_rows": None if resampled is None else resampled.block_rows,
        "bootstrap_memory": None if resampled is None else resampled.memory,
        "versions": {"camjax": __version__, "jax": jax.__version__, "numpy": np.__version__},
    }


def _estimates(result: Fit, found: Uncertainty | None) -> dict[str, dict[str, Any]]:
    free, told = result.problem.free, result.problem.priors.named
    estimates: dict[str, dict[str, Any]] = {}
    for i, name in enumerate(free.names):
        estimates[name] = {
            "value": float(result.values[i]),
            "scenario": float(free.parameters.values[i]),
            "standard_error": None if found is None else float(found.standard_errors[i]),
            "lower_95": None if found is None else float(found.intervals[i, 0]),
            "upper_95": None if found is None else float(found.intervals[i, 1]),
            "degrees": None if found is None else float(found.degrees[i]),
            "prior": dict(zip(("median", "sigma"), told[name], strict=True))
            if name in told
            else None,
        }
    return estimates


def _residual_test(result: Fit) -> dict[str, Any] | None:
    """Of the rows fitted; None where nothing can be tested."""
    tested = whiteness_of(result)
    if tested is None:
        return None
    return {
        "test": "Ljung-Box",
        "rows": tested.rows,
        "statistic": tested.statistic,
        "degrees": tested.degrees,
        "p_value": tested.p_value,
        "autocorrelation": tested.autocorrelation.T.tolist(),
    }


def _settlement(settled: SettledFit) -> dict[str, Any]:
    names = settled.exact.problem.free.names
    return {
        "smooth_cost": settled.smooth.cost,
        "exact_cost_at_smooth": settled.cost_at_smooth,
        "exact_cost": settled.exact.cost,
        "smooth_values": dict(zip(names, settled.smooth.values.tolist(), strict=True)),
    }


def _named(result: Fit, limits: np.ndarray) -> dict[str, list[float]]:
    """Pairs of limits by the name of the number."""
    return dict(zip(result.problem.free.names, limits.tolist(), strict=True))
