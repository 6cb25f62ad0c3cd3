"""Forecasts from one origin after another, and what came of them."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from calibration.forecast.base import Forecast, Forecaster, Mode, Predictor
from calibration.forecast.conformal import conformal_intervals
from calibration.forecast.history import History, HistoryTooShort
from calibration.forecast.size import check_forecasts_fit
from camjax.errors import CamjaxError, refusal
from camjax.flags import Raised


@dataclasses.dataclass(frozen=True, kw_only=True)
class RollingOrigin:
    """Where origins lie and what is seen from them. All counts are of rows.

    Attributes:
      horizon: H, rows ahead.
      initial: rows seen from the first origin.
      step: from one origin to the next.
      window: only so many rows are seen (sliding); None: all so far (expanding).
      refit_every: origins for which one fit serves.
      embargo: rows before an origin that fitting may not see, though forecasts start from them.
      conformal: whether intervals are made of past errors for every method, those that sample too.
    """

    horizon: int
    initial: int
    step: int = 1
    window: int | None = None
    refit_every: int = 1
    embargo: int = 0
    conformal: bool = False

    def __post_init__(self) -> None:
        """Refuse counts that mean nothing."""
        least = {"horizon": 1, "initial": 1, "step": 1, "window": 1, "refit_every": 1, "embargo": 0}
        for name, smallest in least.items():
            count = getattr(self, name)
            if count is not None and count < smallest:
                raise CamjaxError(refusal(name, f"a count of at least {smallest}", count))

    def origins(self, num_rows: int) -> range:
        """Rows that are origins: those whose whole horizon lies within the observations.

        Raises:
          CamjaxError: there is none.
        """
        origins = range(self.initial - 1, num_rows - self.horizon, self.step)
        if not origins:
            expected = f"more than {self.initial + self.horizon - 1} rows"
            remedy = "Take fewer initial rows, or a shorter horizon."
            raise CamjaxError(refusal("observations", expected, num_rows, remedy))
        return origins


def label_of(model: str, mode: str) -> str:
    """Name of a method that tells ex-post forecasts from ex-ante ones."""
    return model if mode == "ex-ante" else f"{model}_ex_post"


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class RollingForecasts:
    """Every forecast of one method and what was observed instead: all scores derive from this.

    O origins, L levels of `LEVELS`, H horizons, N deposits, S samples.

    Attributes:
      model: name of the method.
      mode: ex-ante or ex-post.
      deposits: names of the N deposits.
      origins: [O] rows, ascending.
      origin_weights: [O, N] observed at the origin.
      weights: [O, H, N] forecast.
      lower: [O, L, H, N] lower ends of the prediction intervals, NaN where there is none.
      upper: [O, L, H, N] upper ends.
      samples: [O, S, H, N]; None: the method makes none.
      observed: [O, H, N]; NaN where nothing was observed.
      undone: O entries, what simulated futures could not do; none: the method simulates none.
    """

    model: str
    mode: Mode
    deposits: tuple[str, ...]
    origins: np.ndarray
    origin_weights: np.ndarray
    weights: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    samples: np.ndarray | None
    observed: np.ndarray
    undone: tuple[tuple[Raised, ...], ...] = ()

    @property
    def label(self) -> str:
        """`label_of` these forecasts."""
        return label_of(self.model, self.mode)

    @property
    def errors(self) -> np.ndarray:
        """[O, H, N] forecast − observed, NaN where nothing was observed."""
        return self.weights - self.observed

    @property
    def is_scored(self) -> np.ndarray:
        """[O, H] whether there is an observation to score a forecast by."""
        return ~np.isnan(self.observed).any(axis=-1)

    def last(self) -> "RollingForecasts":
        """The forecasts from the last origin alone."""
        last = self._map(lambda values: values[-1:])
        return dataclasses.replace(last, undone=self.undone[-1:])

    def without_values(self, like: "RollingForecasts") -> "RollingForecasts":
        """Forecasts from these origins that another method has not made: NaN throughout."""
        count = len(self.origins)

        def nothing(values: np.ndarray) -> np.ndarray:
            return np.full((count, *values.shape[1:]), np.nan)

        return dataclasses.replace(
            self,
            model=like.model,
            weights=nothing(like.weights),
            lower=nothing(like.lower),
            upper=nothing(like.upper),
            samples=None if like.samples is None else nothing(like.samples),
            undone=((),) * count if like.undone else (),
        )

    def followed_by(self, later: "RollingForecasts") -> "RollingForecasts":
        """The forecasts from these origins and from later ones, by the same method."""
        both = self._map(lambda *values: np.concatenate(values), later)
        return dataclasses.replace(both, undone=self.undone + later.undone)

    def _map(
        self, function: Callable[..., np.ndarray], *others: "RollingForecasts"
    ) -> "RollingForecasts":
        """Apply a function to each array that runs over origins."""
        arrays = {name: v for name, v in vars(self).items() if isinstance(v, np.ndarray)}
        changed: dict[str, Any] = {
            name: function(values, *(getattr(other, name) for other in others))
            for name, values in arrays.items()
        }
        return dataclasses.replace(self, **changed)


def rolling_origin(
    history: History, forecaster: Forecaster, plan: RollingOrigin
) -> RollingForecasts:
    """Forecast from every origin of a plan as if it were the present.

    Args:
      history: all observations; each forecast is made from `history.until(origin)` alone.
      forecaster: the method.
      plan: origins, horizon, windows.

    Returns:
      Forecasts, intervals and observations. Rows in which a balance was filled in are not scored.

    Raises:
      CamjaxError: there is no origin, or the method cannot use what is seen from one.
    """
    origins = plan.origins(history.num_rows)
    try:
        return forecasts_from(history, forecaster, plan, origins)
    except HistoryTooShort as error:
        remedy = _remedy(error.needed, plan, history.num_rows)
        raise HistoryTooShort(error.needed, error.purpose, error.got, remedy) from None


def _remedy(needed: int, plan: RollingOrigin, num_rows: int) -> str:
    """What lets a method see as many rows from the first origin as it needs, if anything does."""
    initial = needed + plan.embargo
    if initial <= num_rows - plan.horizon:
        if plan.window is not None and plan.window < needed:
            return f"Let it see more rows: --window {needed}."
        if plan.initial < initial:
            return f"Start later: --initial {initial}."
    return "Observe longer, take a shorter horizon, or choose another method."


def forecasts_from(
    history: History, forecaster: Forecaster, plan: RollingOrigin, origins: Sequence[int]
) -> RollingForecasts:
    """`rolling_origin` from given origins, ascending; their future need not be observed.

    Raises:
      CamjaxError: as `rolling_origin`, or more forecasts than fit in memory.
    """
    history.require_choice()
    check_forecasts_fit([forecaster], len(origins), plan.horizon, len(history.deposits))
    made = _forecasts(history, forecaster, plan, origins)
    weights = np.stack([forecast.weights for forecast in made])
    observed = np.stack([_observed(history, origin, plan.horizon) for origin in origins])
    rows = np.array(origins)
    first = made[0]
    if first.lower is None or plan.conformal:
        lower, upper = conformal_intervals(weights, observed, rows)
    else:
        lower, upper = _stack([f.lower for f in made]), _stack([f.upper for f in made])
    return RollingForecasts(
        model=forecaster.name,
        mode=forecaster.mode,
        deposits=history.deposits,
        origins=rows,
        origin_weights=history.weights[rows],
        weights=weights,
        lower=lower,
        upper=upper,
        samples=None if first.samples is None else _stack([f.samples for f in made]),
        observed=observed,
        undone=() if first.undone is None else tuple(f.undone or () for f in made),
    )


def _forecasts(
    history: History, forecaster: Forecaster, plan: RollingOrigin, origins: Sequence[int]
) -> list[Forecast]:
    made: list[Forecast] = []
    predictor: Predictor | None = None
    for number, origin in enumerate(origins):
        seen = history.until(origin)
        if predictor is None or number % plan.refit_every == 0:
            if plan.embargo > origin:
                expected = f"more than the {plan.embargo} rows of the embargo"
                raise CamjaxError(refusal("initial", expected, origin + 1))
            predictor = forecaster.fit(
                _windowed(seen.until(origin - plan.embargo), plan), plan.horizon
            )
        made.append(predictor(_windowed(seen, plan)))
    return made


def _windowed(history: History, plan: RollingOrigin) -> History:
    return history if plan.window is None else history.recent(plan.window)


def _observed(history: History, origin: int, horizon: int) -> np.ndarray:
    """[H, N] what was observed after an origin, NaN where nothing was."""
    rows = np.full((horizon, len(history.deposits)), np.nan)
    ahead = slice(origin + 1, origin + 1 + horizon)
    is_observed = history.is_observed[ahead]
    rows[: len(is_observed)][is_observed] = history.weights[ahead][is_observed]
    return rows


def _stack(arrays: Sequence[np.ndarray | None]) -> np.ndarray:
    """Arrays of all origins; a method makes them for each or for none."""
    return np.stack([array for array in arrays if array is not None])
