"""What `camjax calibrate` writes into its folder, besides figures."""

import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import tomli_w

from calibration.fit import Fit, Uncertainty
from calibration.fit.figures import all_figures
from calibration.fit.identifiability import correlations
from calibration.fit.objectives import LIKELIHOODS
from calibration.fit.processes import fit_processes
from calibration.fit.uncertainty import NORMAL_97_5
from calibration.observed_weights import time_coordinates
from camjax._version import __version__
from camjax.cli import outputs
from camjax.cli.calibrate_request import Fitted, Request
from camjax.cli.report import write_report
from camjax.errors import CamjaxError
from camjax.runs.requests import REPORT
from camjax.scenario import Scenario
from camjax.scenario.process_tables import ScheduleTable

if TYPE_CHECKING:
    import xarray

MOST_ERRORS, NUM_ERRORS = 5.0, 201
"""Standard errors up to which results.nc tells what a number would be, and in how many places."""

FITTED = "fitted.toml"
FIT = "fit.json"
DRIVERS = "drivers.toml"
FILES = (FITTED, FIT, outputs.RESULTS)
"""What is always written."""


def files_of(request: Request | None, fit_drivers: bool) -> list[str]:
    """Names of the files that a fit may leave, besides `FILES`; None: that any fit may leave."""
    figures = ["fit", "residuals", "starts", "autocorrelation"]
    if request is None or request.objective in LIKELIHOODS:
        figures.append("correlations")
    if request is None or request.profile:
        figures.append("profiles")
    return [*outputs.pictures(*figures), *([DRIVERS] if fit_drivers else [])]


def write(
    fitted: Fitted,
    answer: dict[str, Any],
    folder: Path,
    fit_drivers: bool,
    with_report: bool,
    about: dict[str, Any],
) -> list[str]:
    """Write a fit into a folder; the files written.

    Args:
      fitted: the fit, and what was asked about it.
      answer: the values of fit.json.
      folder: made if it is not there.
      fit_drivers: whether to fit processes to the drivers too.
      with_report: whether to write the report too.
      about: further attributes of results.nc, by name.

    Raises:
      CamjaxError: a file cannot be written.
    """
    result, found = fitted.result, fitted.found
    drawn = all_figures(result, found, fitted.profiled) if outputs.can_draw() else {}
    texts = fit_texts(result, answer, fitted.history.scenario if fit_drivers else None)
    dataset = fit_dataset(result, found, answer, about)
    files = outputs.write_all(folder, texts, dataset, drawn)
    if with_report:
        files += write_report(dataset, folder / REPORT)[1]
    return files


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


def fit_dataset(
    result: Fit, found: Uncertainty | None, answer: dict[str, Any], about: dict[str, Any]
) -> "xarray.Dataset":
    """A fit with the names, units and meanings of its axes.

    Dimensions: step (the T rows predicted), deposit (those observed), number (those free).

    Args:
      result: the fit.
      found: its uncertainty; None where the objective is no likelihood.
      answer: the values of fit.json.
      about: further attributes, by name.
    """
    import xarray

    problem, free = result.problem, result.problem.free
    observations, data = problem.observations, problem.data
    count = len(free.names)
    known = np.full((count, count), np.nan)
    errors = np.linspace(-MOST_ERRORS, MOST_ERRORS, NUM_ERRORS)
    marginals = np.full((count, NUM_ERRORS), np.nan)
    if found is not None:
        known = correlations(free, found, result.coordinates)
        line = np.asarray(free.line(jnp.asarray(result.values)))
        # So that ±1.96 are the ends of the interval, Student's t or not; a number of which nothing
        # is known is anywhere, but for its estimate in the middle.
        finite = np.isfinite(found.line_errors)
        width = np.where(finite, found.line_errors, 0.0) * found.reach / NORMAL_97_5
        unknown = np.select([errors < 0, errors > 0], [-np.inf, np.inf], 0.0)[:, None]
        shifts = np.where(finite, errors[:, None] * width, unknown)
        marginals = np.asarray(jax.vmap(free.from_line)(jnp.asarray(line + shifts))).T
    per_step = ("step", "deposit")
    variables = {
        "observed_weight": (per_step, data.observed, "weight observed"),
        "predicted_weight": (per_step, result.compared.weights, "weight the fit predicts"),
        "seen": ("step", np.asarray(data.counts, np.int8), "1 where a row was fitted"),
        "held_out": ("step", np.asarray(problem.held_out, np.int8), "1 where it was held out"),
        "correlation": (("number", "other_number"), known, "correlation of estimates"),
        "posterior": (
            ("number", "standard_error"),
            marginals,
            "number so many standard errors from its estimate; 1.96 are the ends of its interval",
        ),
    }
    dataset = xarray.Dataset(
        {
            name: (dims, np.asarray(values), {"units": "1", "long_name": long_name})
            for name, (dims, values, long_name) in variables.items()
        },
        {
            "step": np.arange(1, len(data.observed) + 1),
            "deposit": list(problem.names),
            "number": list(free.names),
            "other_number": list(free.names),
            "standard_error": errors,
        },
        {
            **about,
            "scenario": free.parameters.toml(result.values),
            "precision": problem.scenario.precision,
            "camjax_version": __version__,
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        },
    )
    dataset["fit"] = ((), json.dumps(answer), {"long_name": "what fit.json holds"})
    days = observations.times_days[1:]
    return dataset.assign_coords(time_coordinates(observations.clock, days, "step"))


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
