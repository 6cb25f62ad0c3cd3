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
    processes = problem.scenario.document.drivers.processes
    still = [name for name, table in processes.items() if table.process in NOT_DRAWN]
    for path in problem.free.names if problem.data.keys is not None else ():
        process = path.split(".")[1]
        if (path.startswith("drivers.") and process not in still) or path.startswith(CONCENTRATION):
            expected = "a number of what is not drawn"
            remedy = (
                "Weights predicted are means over paths, of which the spread is no part. Fit"
                " simulated moments (--objective moments, fit_moments), or give the series."
            )
            raise CamjaxError(refusal(path, expected, "one of a random process", remedy))


def drawn(problem: Problem) -> list[str]:
    """A history is one draw of what a scenario draws, and predictions are means over many."""
    keys = problem.data.keys
    if keys is None:
        return []
    return [
        f"the scenario draws what drives it: predictions are means over {len(keys)} paths, and"
        " standard errors and intervals do not know that the history is one draw. Give the series"
        " with --drivers."
    ]
