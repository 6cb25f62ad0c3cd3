"""Several methods on one history: what they say of the time to come, and how they have done."""

import dataclasses
from collections.abc import Sequence

from calibration.forecast.base import Forecaster
from calibration.forecast.history import History
from calibration.forecast.present import forecast_now
from calibration.forecast.rolling_origin import RollingForecasts, RollingOrigin, rolling_origin
from calibration.forecast.scores import REFERENCE, forecast_scores
from calibration.score_table import Score


@dataclasses.dataclass(frozen=True, eq=False)
class Study:
    """Forecasts of several methods.

    Attributes:
      history: what they are made from.
      plan: the origins they are scored from; None: they are not scored.
      present: from the last row, by each ex-ante method.
      past: from the origins of the plan, by each method; empty where there is no plan.
      scores: of `past`.
    """

    history: History
    plan: RollingOrigin | None
    present: tuple[RollingForecasts, ...]
    past: tuple[RollingForecasts, ...]
    scores: tuple[Score, ...]

    @property
    def forecasts(self) -> tuple[RollingForecasts, ...]:
        """From all origins, the last row among them, by each ex-ante method."""
        ante = [made for made in self.past if made.mode == "ex-ante"]
        if not ante:
            return self.present
        pairs = zip(ante, self.present, strict=True)
        return tuple(past.followed_by(present) for past, present in pairs)


def study(
    history: History,
    methods: Sequence[Forecaster],
    horizon: int,
    plan: RollingOrigin | None = None,
    conformal: bool = False,
) -> Study:
    """Forecast with every method, and score it if there is a plan.

    Args:
      history: all observations.
      methods: among them `persistence`, if skill is to be measured; ex-post ones are only scored.
      horizon: H, rows ahead.
      plan: earlier origins, of the same horizon; None: none.
      conformal: as `forecast_now`; earlier origins follow their plan.

    Raises:
      CamjaxError: a method cannot use the history, or there is too little of it.
    """
    past = [] if plan is None else [rolling_origin(history, each, plan) for each in methods]
    reference = next((made for made in past if made.model == REFERENCE), None)
    scores = [
        score
        for made in past
        for score in forecast_scores(made, None if made is reference else reference)
    ]
    ante = [each for each in methods if each.mode == "ex-ante"]
    present = [forecast_now(history, each, horizon, conformal) for each in ante]
    return Study(history, plan, tuple(present), tuple(past), tuple(scores))
