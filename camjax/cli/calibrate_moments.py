"""`camjax calibrate --objective moments`: numbers of what is drawn, by simulated moments."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from calibration.fit.moments import fit_moments
from calibration.fit.moments_report import moments_report
from camjax.cli import outputs
from camjax.cli.calibrate_request import Request
from camjax.cli.calibrate_told import estimates, framed, number
from camjax.cli.leftovers import check_leftovers
from camjax.errors import CamjaxError, refusal
from camjax.runs.columns import aligned
from camjax.runs.plain import plain

if TYPE_CHECKING:
    from calibration.fit.moments import MomentsFit

FITTED, FIT = "fitted.toml", "fit.json"
FILES = (FITTED, FIT)
MOMENTS = "moments"


def calibrate_moments(
    request: Request, fit_drivers: bool, with_report: bool
) -> tuple[dict[str, Any], Sequence[str], list[str]]:
    """The values of fit.json, the driver columns not used, and the files written.

    Args:
      request: what was asked for; a free run.
      fit_drivers: refused beside moments.
      with_report: likewise.

    Raises:
      CamjaxError: an option that moments do not know, and see `fit_moments`.
    """
    _check(request, fit_drivers, with_report)
    check_leftovers(request.out, FILES)
    history, problem = request.load()
    outputs.check_folder(request.out, FILES)
    found = fit_moments(problem, request.starts, request.seed)
    answer: dict[str, Any] = plain(moments_report(found))
    files = [] if request.out is None else _write(found, answer, request)
    return answer, history.unused, files


def text(answer: dict[str, Any], unused: Sequence[str]) -> str:
    """The whole answer, from the values of fit.json."""
    heading = (
        f"{answer['scenario']}, {answer['mode']}, simulated moments: {answer['rows_fitted']} rows,"
        f" {answer['paths']} paths"
    )
    moments = [
        (entry["moment"], *(number(entry[key]) for key in ("observed", "simulated", "deviation")))
        for entry in answer["moments"]
    ]
    tested, starts = answer["j_test"], answer["starts"]
    ending = [
        f"Starts: {len(starts)}, {starts.count('converged')} converged.",
        "Intervals suppose that the model is right and one history as random as its paths.",
    ]
    if tested["degrees"]:
        ending.append(
            f"J test that the model has these moments: J = {number(tested['statistic'])}, χ² of"
            f" {tested['degrees']} degrees, p = {number(tested['p_value'])}."
        )
    else:
        ending.append("No J test: there are as many free numbers as moments.")
    tables = [
        estimates(answer),
        aligned([("moment", "observed", "simulated", "from path to path"), *moments]),
    ]
    return framed(heading, answer, tables, ending, unused)


def _check(request: Request, fit_drivers: bool, with_report: bool) -> None:
    """Refuse what is asked beside moments and does not go with them."""
    given = {
        "--prior": bool(request.priors),
        "--hold-out": request.hold_out > 0,
        "--windows": request.windows > 0,
        "--profile": request.profile,
        "--bootstrap": request.bootstrap > 0,
        "--fit-drivers": fit_drivers,
        "--report": with_report,
        "--resume": request.resume,
    }
    asked = [option for option, is_given in given.items() if is_given]
    if asked:
        expected = "no option of fits by residuals beside --objective moments"
        raise CamjaxError(refusal(asked[0], expected, ", ".join(asked)))


def _write(found: "MomentsFit", answer: dict[str, Any], request: Request) -> list[str]:
    assert request.out is not None
    texts = {
        FITTED: found.problem.free.parameters.toml(found.values),
        FIT: json.dumps(answer, indent=1) + "\n",
    }
    return outputs.write_texts(request.out, texts)
