"""Driver processes fitted to a historical series, by likelihood, as a scenario's `[drivers]`."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import logsumexp

from camjax.errors import CamjaxError, refusal

MOST_JUMPS = 20
"""Jumps in one step beyond which a jump diffusion counts none."""
FEWEST_VALUES = 10
"""Values without which nothing is fitted."""


@dataclasses.dataclass(frozen=True)
class FittedProcess:
    """A process whose parameters make a series most likely.

    Attributes:
      table: what stands under `[drivers.<column>]`; it starts at the last value of the series.
      log_likelihood: of the increments.
      aic: Akaike's criterion, smaller is better; over processes of one series.
    """

    table: dict[str, Any]
    log_likelihood: float
    aic: float


def fit_process(series: ArrayLike, process: str, dt_days: float = 1.0) -> FittedProcess:
    """Fit one process to a series with one value a step.

    Args:
      series: [T] finite; positive for the geometric processes.
      process: a name in `FITTERS`.
      dt_days: Δt.

    Raises:
      CamjaxError: no such process, too few values, one that is not finite or not positive, or a
        series that never moves.

    References:
      Exact transition densities; for the jump diffusion, Merton 1976.
    """
    values = np.asarray(series, dtype=np.float64)
    if process not in FITTERS:
        raise CamjaxError(refusal("process", " or ".join(FITTERS), process))
    if values.ndim != 1 or len(values) < FEWEST_VALUES or not np.isfinite(values).all():
        expected = f"at least {FEWEST_VALUES} finite values in a row"
        raise CamjaxError(refusal("series", expected, f"{values.size} values, some perhaps NaN"))
    geometric = process in GEOMETRIC
    if geometric and (values <= 0).any():
        raise CamjaxError(refusal("series", f"positive values for {process}", values.min()))
    moves = np.diff(np.log(values) if geometric else values)
    if np.ptp(moves) == 0:
        raise CamjaxError(refusal("series", "values that move unevenly", "a constant or a line"))
    table, log_likelihood = FITTERS[process](values, moves, dt_days)
    if geometric:
        log_likelihood -= float(np.log(values[1:]).sum())  # a density of levels, to compare by
    aic = 2 * len(table) - 2 * log_likelihood
    table = {"process": process, **table, "initial": float(values[-1])}
    return FittedProcess(table, log_likelihood, aic)


def fit_processes(series: ArrayLike, dt_days: float = 1.0) -> dict[str, FittedProcess]:
    """Every process that the series allows, the best by Akaike's criterion first.

    Raises:
      CamjaxError: none does.
    """
    fitted, refused = {}, CamjaxError("")
    for name in FITTERS:
        try:
            fitted[name] = fit_process(series, name, dt_days)
        except CamjaxError as error:
            refused = error
    if not fitted:
        raise refused
    return dict(sorted(fitted.items(), key=lambda item: item[1].aic))


def _brownian(values: np.ndarray, moves: np.ndarray, dt: float) -> tuple[dict[str, Any], float]:
    """X' − X ~ N(μ Δt, σ² Δt)."""
    del values
    mean, variance = float(moves.mean()), float(moves.var())
    table = {"drift": mean / dt, "volatility": math.sqrt(variance / dt)}
    return table, _normal(moves - mean, variance)


def _geometric(values: np.ndarray, moves: np.ndarray, dt: float) -> tuple[dict[str, Any], float]:
    """Log-returns ~ N((μ − σ²/2) Δt, σ² Δt), μ the drift of the mean."""
    table, log_likelihood = _brownian(values, moves, dt)
    table["drift"] += 0.5 * table["volatility"] ** 2
    return table, log_likelihood


def _ornstein_uhlenbeck(
    values: np.ndarray, moves: np.ndarray, dt: float
) -> tuple[dict[str, Any], float]:
    """X' − m = (X − m) e^(−κΔt) + N(0, σ² (1 − e^(−2κΔt))/2κ): a regression of X' on X."""
    del moves
    before, after = values[:-1], values[1:]
    centred = before - before.mean()
    slope = float(centred @ (after - after.mean()) / (centred @ centred))
    if not 0 < slope < 1:
        got = f"a regression on the value before with slope {slope:.4g}"
        remedy = "It does not revert to a mean: fit a Brownian motion."
        raise CamjaxError(refusal("series", "a series that reverts to a mean", got, remedy))
    mean = float((after.mean() - slope * before.mean()) / (1 - slope))
    errors = after - mean - slope * (before - mean)
    variance = float(np.square(errors).mean())
    rate = -math.log(slope) / dt
    volatility = math.sqrt(variance * 2 * rate / -math.expm1(-2 * rate * dt))
    table = {"mean": mean, "reversion_rate": rate, "volatility": volatility}
    return table, _normal(errors, variance)


def _jump_diffusion(
    values: np.ndarray, moves: np.ndarray, dt: float
) -> tuple[dict[str, Any], float]:
    """Log-returns: a mixture over the Poisson number of jumps, maximised by L-BFGS-B.

    log X'/X | n ~ N(a Δt + n m, σ² Δt + n s²),  a = μ − σ²/2 − λ (e^{m + s²/2} − 1)
    """
    del values
    counts = np.arange(MOST_JUMPS + 1)
    log_factorial = np.array([math.lgamma(n + 1) for n in counts])
    spread = float(moves.std())

    def loss(point: np.ndarray) -> float:
        drift, jump_mean = point[0] * spread, point[3] * spread
        volatility, intensity, jump_std = np.exp(point[[1, 2, 4]])
        volatility, jump_std = volatility * spread, jump_std * spread
        weight = counts * np.log(intensity * dt) - intensity * dt - log_factorial
        variance = volatility**2 * dt + counts * jump_std**2
        errors = moves[:, None] - drift * dt - counts * jump_mean
        terms = weight - 0.5 * (np.log(2 * np.pi * variance) + errors**2 / variance)
        return -float(logsumexp(terms, axis=1).sum())

    scale = math.sqrt(dt)
    starts = [
        np.array(
            [moves.mean() / spread / dt, np.log(0.7 / scale), np.log(rate / dt), 0.0, np.log(size)]
        )
        for rate, size in ((0.05, 2.0), (0.3, 1.0))
    ]
    bounds = [(None, None), (-9, 3), (-9, np.log(3 / dt)), (-9, 9), (-5, 4)]
    ends = [minimize(loss, start, method="L-BFGS-B", bounds=bounds) for start in starts]
    best = min(ends, key=lambda end: end.fun)
    volatility, intensity, jump_std = np.exp(best.x[[1, 2, 4]]) * (spread, 1.0, spread)
    jump_mean = best.x[3] * spread
    compensation = intensity * math.expm1(jump_mean + 0.5 * jump_std**2)
    table = {
        "drift": float(best.x[0] * spread + 0.5 * volatility**2 + compensation),
        "volatility": float(volatility),
        "jump_intensity": float(intensity),
        "jump_mean": float(jump_mean),
        "jump_std": float(jump_std),
    }
    return table, -float(best.fun)


def _normal(errors: np.ndarray, variance: float) -> float:
    """Log-likelihood of independent normal errors."""
    squares = float(np.square(errors).sum())
    return -0.5 * (len(errors) * math.log(2 * math.pi * variance) + squares / variance)


Fitter = Callable[[np.ndarray, np.ndarray, float], tuple[dict[str, Any], float]]

FITTERS: Mapping[str, Fitter] = MappingProxyType(
    {
        "brownian_motion": _brownian,
        "geometric_brownian_motion": _geometric,
        "ornstein_uhlenbeck": _ornstein_uhlenbeck,
        "jump_diffusion": _jump_diffusion,
    }
)
"""Processes that can be fitted, by their name in scenario files."""

GEOMETRIC = ("geometric_brownian_motion", "jump_diffusion")
"""Those of the logarithm of a positive series."""
