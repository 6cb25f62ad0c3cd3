"""Scenarios that draw what drives them: what residuals cannot tell of them."""

from calibration.fit.free import CONCENTRATION
from calibration.fit.problem import Problem
from camjax.errors import CamjaxError, refusal

NOT_DRAWN = ("constant", "schedule")
"""Processes that draw nothing."""


def refuse_drawn(problem: Problem) -> None:
    """Refuse numbers of processes that are drawn: means over paths hardly tell them.

    Raises:
      CamjaxError: one of them is free.
    """
    drawn = _drawn_columns(problem) if problem.data.keys is not None else []
    for path in problem.free.names if problem.data.keys is not None else ():
        process = path.split(".")[1]
        if (path.startswith("drivers.") and process in drawn) or path.startswith(CONCENTRATION):
            expected = "a number of what is not drawn"
            remedy = (
                "Weights predicted are means over paths, of which the spread is no part. Fit"
                " simulated moments (--objective moments, fit_moments), or give the series with"
                " --drivers and leave the number out."
            )
            raise CamjaxError(refusal(path, expected, "one of a random process", remedy))


def drawn(problem: Problem) -> list[str]:
    """A history is one draw of what a scenario draws, and predictions are means over many."""
    keys = problem.data.keys
    if keys is None:
        return []
    columns = _drawn_columns(problem)
    remedy = f" Give the series of {', '.join(columns)} with --drivers." if columns else ""
    return [
        f"the scenario draws what drives it: predictions are means over {len(keys)} paths, and"
        f" standard errors and intervals do not know that the history is one draw.{remedy}"
    ]


def _drawn_columns(problem: Problem) -> list[str]:
    """Driver columns that are drawn, of which a series could be given."""
    scenario = problem.scenario
    given, document = scenario.processes.given, scenario.document
    processes = document.drivers.processes.items()
    columns = [name for name, table in processes if table.process not in NOT_DRAWN]
    if document.weights.rule == "exogenous":
        columns += [f"dirichlet_{name}" for name in document.allocated]
    return [name for name in columns if name not in given]
