"""Several methods on one history: what they say of the time to come, and how they have done."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from calibration.forecast.base import Forecaster
from calibration.forecast.history import History
from calibration.forecast.present import forecast_now
from calibration.forecast.rolling_origin import (
    RollingForecasts,
    RollingOrigin,
    label_of,
    rolling_origin,
)
from calibration.forecast.scores import REFERENCE, forecast_scores
from calibration.forecast.size import check_forecasts_fit
from calibration.score_table import Score, for_all_methods
from camjax.errors import CamjaxError
from camjax.flags import Raised, together


class Failure(NamedTuple):
    """What a method could not do, and why.

    Attributes:
      method: its label.
      task: "forecast", or "scores" of earlier forecasts.
      reason: one sentence.
    """

    method: str
    task: str
    reason: str

    def __str__(self) -> str:
        what = "no forecast" if self.task == "forecast" else "not scored"
        return f"{self.method}: {what}, since {self.reason}"


@dataclasses.dataclass(frozen=True, eq=False)
class Study:
    """Forecasts of several methods.

    Attributes:
      history: what they are made from.
      plan: the origins they are scored from; None: they are not scored.
      present: from the last row, by each ex-ante method.
      past: from the origins of the plan, by each method; empty where there is no plan.
      scores: of `past`, p-values for the number of methods (`for_all_methods`).
      failures: what methods could not do; the others' results are there all the same.
    """

    history: History
    plan: RollingOrigin | None
    present: tuple[RollingForecasts, ...]
    past: tuple[RollingForecasts, ...]
    scores: tuple[Score, ...]
    failures: tuple[Failure, ...] = ()

    @property
    def undone(self) -> dict[str, tuple[Raised, ...]]:
        """What simulated futures could not do, by method: ahead, and from all earlier origins.

        Steps are rows ahead.
        """
        ahead = {
            made.label: tuple(dataclasses.replace(each, path=None) for each in made.undone[-1])
            for made in self.present
            if made.undone
        }
        past = {
            f"{made.label} from {len(made.origins):,} earlier origins": together(made.undone)
            for made in self.past
            if made.undone
        }
        return ahead | past

    @property
    def forecasts(self) -> tuple[RollingForecasts, ...]:
        """From all origins, the last row too, by each ex-ante method; NaN where it failed."""
        past = {made.model: made for made in self.past if made.mode == "ex-ante"}
        present = {made.model: made for made in self.present}
        if not past:
            return self.present
        earlier, last = next(iter(past.values())), next(iter(present.values()))
        return tuple(
            (past.get(name) or earlier.without_values(present[name])).followed_by(
                present.get(name) or last.without_values(past[name])
            )
            for name in dict.fromkeys([*past, *present])
        )


def study(
    history: History,
    methods: Sequence[Forecaster],
    horizon: int,
    plan: RollingOrigin | None = None,
    conformal: bool = False,
) -> Study:
    """Forecast with every method, and score it if there is a plan.

    A method that cannot do either loses nothing of the others: it is among `failures`.

    Args:
      history: all observations.
      methods: among them `persistence`, if skill is to be measured; ex-post ones are only scored.
      horizon: H, rows ahead.
      plan: earlier origins, of the same horizon; None: none.
      conformal: as `forecast_now`; earlier origins follow their plan.

    Raises:
      CamjaxError: no method can forecast, the plan has no origin, or all forecasts together do not
        fit in memory.
    """
    history.require_choice()
    ante = [each for each in methods if each.mode == "ex-ante"]
    check_forecasts_fit(ante, 1, horizon, len(history.deposits))
    failures: list[Failure] = []
    past, present = [], []
    if plan is not None:
        num_origins = len(plan.origins(history.num_rows))
        check_forecasts_fit(methods, num_origins, horizon, len(history.deposits))
        past = _made(methods, "scores", lambda m: rolling_origin(history, m, plan), failures)
    present = _made(
        ante, "forecast", lambda m: forecast_now(history, m, horizon, conformal), failures
    )
    if not present:
        raise CamjaxError(failures[-1].reason)
    reference = next((made for made in past if made.model == REFERENCE), None)
    scores = [
        score
        for made in past
        for score in forecast_scores(made, None if made is reference else reference)
    ]
    return Study(
        history, plan, tuple(present), tuple(past), tuple(for_all_methods(scores)), tuple(failures)
    )


def _made(
    methods: Iterable[Forecaster],
    task: str,
    make: Callable[[Forecaster], RollingForecasts],
    failures: list[Failure],
) -> list[RollingForecasts]:
    """What methods make; those that refuse are added to the failures."""
    found = []
    for method in methods:
        try:
            found.append(make(method))
        except CamjaxError as error:
            failures.append(Failure(label_of(method.name, method.mode), task, str(error)))
    return found
