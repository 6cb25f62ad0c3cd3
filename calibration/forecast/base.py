"""The protocol of forecasters: fit to a history, then forecast from one."""

import dataclasses
from collections.abc import Callable
from typing import Literal, Protocol

import numpy as np

from calibration.ensemble_scores import central_interval
from calibration.forecast.history import History
from camjax.errors import CamjaxError, refusal
from camjax.flags import Raised

LEVELS = (0.8, 0.95)
"""Probabilities that prediction intervals are made for."""

SIMPLEX_TOLERANCE = 1e-12
"""How far the sum of forecast weights may be from 1."""

Mode = Literal["ex-ante", "ex-post"]
"""Ex-ante: nothing after the origin is known. Ex-post: yields and drivers after it are given."""


@dataclasses.dataclass(frozen=True, eq=False)
class Forecast:
    """Weights of N deposits 1…H rows after an origin.

    Attributes:
      weights: [H, N] on the simplex.
      samples: [S, H, N] equally likely futures, on the simplex; None: the method makes none.
      lower: [L, H, N] lower ends of the intervals, one for each of `LEVELS`; None with `samples`.
      upper: [L, H, N] upper ends.
      undone: what simulated futures could not do; None: the method simulates none.

    Raises:
      CamjaxError: weights that are not on the simplex to 1e-12.
    """

    weights: np.ndarray
    samples: np.ndarray | None = None
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None
    undone: tuple[Raised, ...] | None = None

    def __post_init__(self) -> None:
        """Check the weights, and that samples match them."""
        if self.weights.ndim != 2:
            raise CamjaxError(refusal("forecast", "weights [H, N]", f"shape {self.weights.shape}"))
        require_simplex(self.weights)
        if self.samples is not None:
            require_simplex(self.samples)
            if self.samples.shape[1:] != self.weights.shape:
                got = f"{self.samples.shape} for weights {self.weights.shape}"
                raise CamjaxError(refusal("samples", "shape [S, H, N]", got))

    @classmethod
    def ensemble(cls, samples: np.ndarray, weights: np.ndarray) -> "Forecast":
        """Weights with equally likely futures around them, and the intervals that those give."""
        lower, upper = sample_intervals(samples)
        return cls(weights=weights, samples=samples, lower=lower, upper=upper)


Predictor = Callable[[History], Forecast]
"""A forecaster once fitted: forecasts from the end of any history of the same deposits."""


class Forecaster(Protocol):
    """A method of forecasting weights.

    What `fit` learns and what the predictor it returns says depend on the histories they are given,
    bit by bit, and on nothing else. A forecaster that has nothing to fit returns its predictor.
    """

    @property
    def name(self) -> str:
        """Name in `FORECASTERS` and in tables."""

    @property
    def mode(self) -> Mode:
        """Whether forecasts know anything after their origin."""

    def fit(self, history: History, horizon: int) -> Predictor:
        """Learn from a history what is needed to forecast `horizon` rows ahead.

        Raises:
          CamjaxError: the history is too short, or is not what the method can use.
        """


def sample_intervals(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Equal-tailed intervals that one more sample would fall in with the probabilities `LEVELS`.

    Args:
      samples: [S, H, N].

    Returns:
      Lower and upper ends, [L, H, N] each, by `central_interval`.
    """
    lower, upper = zip(*(central_interval(samples, level) for level in LEVELS), strict=True)
    return np.stack(lower), np.stack(upper)


def require_simplex(weights: np.ndarray) -> None:
    """Refuse weights that are not non-negative or do not sum to 1.

    Raises:
      CamjaxError: as said; a forecast that explodes ends here.
    """
    sums = weights.sum(axis=-1)
    if not ((weights >= 0).all() and (np.abs(sums - 1) <= SIMPLEX_TOLERANCE).all()):
        remedy = "If the method diverges on these data, shorten the horizon or leave it out."
        got = f"sums between {sums.min():.15g} and {sums.max():.15g}, least {weights.min():.3g}"
        raise CamjaxError(refusal("forecast", "weights on the simplex", got, remedy))
