"""Whether many fits at once fit in memory, told before they are begun."""

from calibration.fit.problem import Problem
from camjax.memory import check_fits


def check_copies_fit(problem: Problem, copies: int, what: str) -> None:
    """Refuse more fits side by side than the memory holds.

    Each holds at least its residuals and their derivatives by every free number.

    Args:
      problem: that is fitted.
      copies: of it, one for each start, resample or window.
      what: they are, as a message calls them.

    Raises:
      CamjaxError: they do not fit.
    """
    observed = problem.data.observed
    each = observed.size * (len(problem.free.coordinates) + 1) * observed.dtype.itemsize
    check_fits(copies * each, f"{copies:,} {what}", "Ask for fewer.")
