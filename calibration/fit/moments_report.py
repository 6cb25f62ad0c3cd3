"""A fit of moments as plain values, for JSON."""

from typing import Any

import jax
import numpy as np

from calibration.fit.endings import outside
from calibration.fit.levenberg_marquardt import CONVERGED, STATUS
from calibration.fit.moments import MOMENTS, MomentsFit, num_paths
from calibration.fit.naming import word
from camjax import __version__


def moments_report(found: MomentsFit) -> dict[str, Any]:
    """What fit.json holds of a fit of moments, as plain values."""
    problem = found.problem
    names, scenario = problem.free.names, np.asarray(problem.free.parameters.values)
    number = len(found.observed) // len(MOMENTS)
    called = [f"{moment}, log-ratio {k}" for moment in MOMENTS for k in range(1, number + 1)]
    return {
        "scenario": problem.scenario.name,
        "mode": problem.mode,
        "objective": "moments",
        "rows_fitted": len(problem.data.counts),
        "deposits": list(problem.names),
        "paths": num_paths(problem.data),
        "estimates": {
            name: {
                "value": float(found.values[i]),
                "scenario": float(scenario[i]),
                "standard_error": float(found.standard_errors[i]),
                "lower_95": float(found.intervals[i, 0]),
                "upper_95": float(found.intervals[i, 1]),
            }
            for i, name in enumerate(names)
        },
        "moments": [
            {
                "moment": name,
                "observed": float(found.observed[i]),
                "simulated": float(found.simulated[i]),
                "deviation": float(found.deviations[i]),
            }
            for i, name in enumerate(called)
        ],
        "j_test": {
            "statistic": found.j_statistic,
            "degrees": found.j_degrees,
            "p_value": found.j_p_value,
        },
        "starts": list(found.statuses),
        "warnings": _warnings(found),
        "versions": {"camjax": __version__, "jax": jax.__version__, "numpy": np.__version__},
    }


def _warnings(found: MomentsFit) -> list[str]:
    told = []
    if found.status != STATUS[CONVERGED]:
        told.append(
            f"the best of {len(found.statuses)} searches ended {found.status}, at no minimum:"
            " standard errors, intervals and the J test suppose one and may not hold."
        )
    told += [
        f"{word(name)} not identified: no moment depends on it."
        for name, error in zip(found.problem.free.names, found.line_errors, strict=True)
        if not np.isfinite(error)
    ]
    told += outside(found.problem.free, found.coordinates, found.problem.bounds)
    if found.j_p_value < 0.05:
        told.append(
            "the model does not have the moments observed, whatever its free numbers (J test, p ="
            f" {found.j_p_value:.2g}): intervals suppose that it has."
        )
    return told
