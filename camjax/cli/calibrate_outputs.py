"""What `camjax calibrate` writes into its folder, besides figures."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import tomli_w

from calibration.fit import Fit, Uncertainty
from calibration.fit.identifiability import correlations
from calibration.fit.processes import fit_processes
from camjax.errors import CamjaxError
from camjax.scenario import Scenario
from camjax.scenario.process_tables import ScheduleTable

if TYPE_CHECKING:
    from camjax.report import Report

FITTED = "fitted.toml"
FIT = "fit.json"
DRIVERS = "drivers.toml"


def fit_texts(result: Fit, answer: dict[str, Any], driven: Scenario | None) -> dict[str, str]:
    """Files by name: the fitted scenario, the whole answer, and processes of its drivers.

    Args:
      result: the fit.
      answer: the values of fit.json.
      driven: the scenario to whose driver series processes are to be fitted, if they are.
    """
    texts = {
        FITTED: result.problem.free.parameters.toml(result.values),
        FIT: json.dumps(answer, indent=1) + "\n",
    }
    return texts if driven is None else texts | {DRIVERS: _driver_processes(driven)}


def made_report(
    result: Fit, found: Uncertainty | None, answer: dict[str, Any], about: Mapping[str, str]
) -> "Report":
    """The report of a fit, as data.

    Args:
      result: the fit.
      found: its uncertainty; None where the objective is no likelihood.
      answer: the values of fit.json.
      about: further facts of what was run, by name.
    """
    from camjax.report.content import Axis
    from camjax.report.fit import fit_report
    from camjax.report.fitted_rows import Fitted

    problem = result.problem
    days = np.asarray(problem.observations.times_days)[1:]
    dates = problem.observations.clock.dates(days)
    start = None if dates is None else dates[0] - np.timedelta64(round(days[0] * 86_400), "s")
    free = problem.free
    fitted = Fitted(
        axis=Axis(days=days, start=start),
        deposits=problem.names,
        observed=np.asarray(problem.data.observed),
        predicted=np.asarray(result.compared.weights),
        seen=np.asarray(problem.data.counts),
        held_out=np.asarray(problem.held_out),
    )
    known = None if found is None else correlations(free, found, result.coordinates)
    scenario = free.parameters.toml(result.values)
    return fit_report(answer, fitted, known, scenario, about)


def _driver_processes(scenario: Scenario) -> str:
    """`[drivers]` with the process that explains each series of the scenario best.

    Series of which no process can be fitted, such as constant ones, are left out.
    """
    tables = {}
    for column, process in scenario.document.drivers.processes.items():
        if isinstance(process, ScheduleTable) and len(process.values) == scenario.steps + 1:
            try:
                best, *_ = fit_processes(np.array(process.values), scenario.dt_days).values()
            except CamjaxError:
                continue
            tables[column] = best.table
    return tomli_w.dumps({"drivers": tables})
