"""The forecast from the last observation, with intervals for every method."""

from calibration.forecast.base import Forecaster
from calibration.forecast.history import History, HistoryTooShort
from calibration.forecast.rolling_origin import RollingForecasts, RollingOrigin, forecasts_from

REFIT_EVERY = 10
"""Earlier origins that share a fit."""

EARLIER_ORIGINS = 100
"""Most earlier origins from which errors are gathered."""


def forecast_now(
    history: History, forecaster: Forecaster, horizon: int, conformal: bool = False
) -> RollingForecasts:
    """Forecast what comes after a history.

    Conformal intervals are made of the errors that the method would have made from earlier origins,
    in the second half of the history, from where it sees rows enough, and at most 100. Where these
    are too few for a level there is no interval.

    Args:
      history: all there is.
      forecaster: the method.
      horizon: H, rows ahead.
      conformal: whether a method that samples gets such intervals too.

    Returns:
      Forecasts from one origin, the last row; nothing is observed after it.

    Raises:
      CamjaxError: the method cannot use the history.
    """
    last = history.num_rows - 1
    plan = RollingOrigin(horizon=horizon, initial=1, refit_every=REFIT_EVERY, conformal=conformal)
    present = forecasts_from(history, forecaster, plan, [last])
    if present.samples is not None and not conformal:
        return present
    most = min(EARLIER_ORIGINS, history.num_rows // 2)
    try:
        return _with_earlier(history, forecaster, plan, most) or present
    except HistoryTooShort as error:
        return _with_earlier(history, forecaster, plan, last + 1 - error.needed) or present


def _with_earlier(
    history: History, forecaster: Forecaster, plan: RollingOrigin, most: int
) -> RollingForecasts | None:
    """The forecast from the last row after as many earlier ones, or less; None after none."""
    # A multiple of REFIT_EVERY, so that the last origin has a fit of its own.
    last, earlier = history.num_rows - 1, most // REFIT_EVERY * REFIT_EVERY
    if earlier == 0:
        return None
    return forecasts_from(history, forecaster, plan, range(last - earlier, last + 1)).last()
