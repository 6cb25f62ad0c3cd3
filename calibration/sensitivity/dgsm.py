"""Derivative-based global measures, which bound total indices from above."""

import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from calibration.sensitivity.box import Space, check_points_fit
from calibration.sensitivity.inert import Rounding, own_size
from calibration.sensitivity.resampling import Sampled, scramblings_of, with_interval
from calibration.sensitivity.sobol import SobolResult

SCRAMBLINGS = 32
"""Among which points are shared unless another number is asked for.

Errors of large sets are far from normal where squares of derivatives are smooth; those of many
small ones add up to a normal one.
"""

EvaluateBoth = Callable[[NDArray], tuple[NDArray, NDArray]]
"""Outputs [S, Q] and their derivatives [S, Q, K] at points [S, K]."""


@dataclasses.dataclass(frozen=True)
class DgsmResult:
    """Derivative-based measures of Q outputs by K parameters; a row each an output."""

    box: Space
    measure: tuple[Sampled, ...]
    """[K] each, ν_k = E[(∂y/∂x_k)²] in the output's unit over the parameter's, squared."""
    bound: tuple[Sampled, ...]
    """[K] each, of the total index; NaN where the output does not vary."""
    samples: int
    scramblings: int


@dataclasses.dataclass(frozen=True)
class Contradiction:
    """A total index whose interval lies above that of its bound."""

    output: int
    parameter: str
    total_low: float
    bound_high: float


def dgsm(
    box: Space,
    evaluate: EvaluateBoth,
    samples: int,
    *,
    scramblings: int | None = None,
    seed: int = 0,
    rounding: Rounding = own_size,
) -> DgsmResult:
    """Derivative-based measures from exact derivatives on scrambled Sobol points.

    ν_k = E[(∂y/∂x_k)²],  T_k ≤ C E[(∂y/∂z_k)²] / V[y]

    z is the scale on which the parameter is uniform on [0, 1], C = 1/π², or standard normal,
    C = 1: Poincaré's constants. Over a box the bound is (high_k - low_k)² ν_k / (π² V[y]).

    Args:
      box: of K independent parameters.
      evaluate: called once, with all points.
      samples: n, a power of two.
      scramblings: as of `sobol`; None: 32.
      seed: of scramblings and resamples.
      rounding: of outputs; a derivative that comes to no more over a parameter's range is 0.

    Raises:
      CamjaxError: as `sobol`.

    References:
      Sobol & Kucherenko 2009; Lamboni et al. 2013.
    """
    scramblings = scramblings_of(samples, scramblings, SCRAMBLINGS)
    check_points_fit(box, samples)
    count = len(box.names)
    each = samples // scramblings
    unit = np.concatenate(
        [
            qmc.Sobol(count, seed=np.random.default_rng([seed, 2, number])).random(each)
            for number in range(scramblings)
        ]
    )
    values, slopes = evaluate(box.points(unit))
    stretch = box.slopes(unit)
    measure, bound = [], []
    for output, reach in enumerate(rounding(values).tolist()):
        stretched = slopes[:, output] * stretch
        inert = np.abs(stretched) <= reach
        still = np.where(inert, 0.0, slopes[:, output]), np.where(inert, 0.0, stretched)
        varies = bool(np.ptp(values[:, output]) > reach)
        found = _measures(values[:, output], *still, box.constant, scramblings, seed, varies)
        measure.append(Sampled(found.value[:count], found.reach[:count]))
        bound.append(Sampled(found.value[count:], found.reach[count:]))
    return DgsmResult(box, tuple(measure), tuple(bound), samples, scramblings)


def contradictions(measures: DgsmResult, indices: SobolResult) -> list[Contradiction]:
    """Total indices that lie above what derivatives allow, beyond what intervals explain.

    There should be none. One tells of derivatives that miss something, such as a jump, or of too
    few points.
    """
    return [
        Contradiction(output, name, float(one.total.low[k]), float(bound.high[k]))
        for output, (one, bound) in enumerate(zip(indices.outputs, measures.bound, strict=True))
        for k, name in enumerate(indices.box.names)
        if one.total.low[k] > bound.high[k]
    ]


def _measures(
    values: NDArray,
    slopes: NDArray,
    stretched: NDArray,
    constant: float,
    scramblings: int,
    seed: int,
    varies: bool,
) -> Sampled:
    """[2K] ν, and the bounds."""
    squares = np.concatenate([slopes, stretched], axis=1) ** 2
    count = slopes.shape[1]

    def statistic(rows: NDArray) -> NDArray:
        means = np.stack([squares[:, k][rows].mean(0) for k in range(2 * count)])
        variance = values[rows].var(0, ddof=1) if varies else np.nan
        return np.concatenate([means[:count], constant * means[count:] / variance])

    return with_interval(statistic, len(values), scramblings, seed)
