"""Derivative-based global measures, which bound total indices from above."""

import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from calibration.sensitivity.box import Box
from calibration.sensitivity.resampling import Sampled, bootstrap, check_sobol_size
from calibration.sensitivity.sobol import FLAT, SobolResult

EvaluateBoth = Callable[[NDArray], tuple[NDArray, NDArray]]
"""Outputs [S, Q] and their derivatives [S, Q, K] at points [S, K]."""


@dataclasses.dataclass(frozen=True)
class DgsmResult:
    """Derivative-based measures of Q outputs by K parameters; a row each an output."""

    box: Box
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
    box: Box, evaluate: EvaluateBoth, samples: int, *, scramblings: int = 1, seed: int = 0
) -> DgsmResult:
    """Derivative-based measures over a box from exact derivatives on scrambled Sobol points.

    ν_k = E[(∂y/∂x_k)²],  T_k ≤ C_k ν_k / V[y],  C_k = (high_k - low_k)² / π²

    C is Poincaré's constant of a uniform distribution.

    Args:
      box: of K independent, uniform parameters.
      evaluate: called once, with all points.
      samples: n, a power of two, of each scrambling.
      scramblings: R independent ones; with more than one, intervals cover as they claim.
      seed: of scramblings and resamples.

    Raises:
      CamjaxError: n is no power of two.

    References:
      Sobol & Kucherenko 2009; Lamboni et al. 2013.
    """
    check_sobol_size(samples, scramblings)
    count = len(box.names)
    unit = np.concatenate(
        [
            qmc.Sobol(count, seed=np.random.default_rng([seed, 2, number])).random(samples)
            for number in range(scramblings)
        ]
    )
    values, slopes = evaluate(box.low + unit * box.width)
    measure, bound = [], []
    for output in range(values.shape[1]):
        found = _measures(values[:, output], slopes[:, output], box, scramblings, seed)
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


def _measures(values: NDArray, slopes: NDArray, box: Box, scramblings: int, seed: int) -> Sampled:
    """[2K] ν, and the bounds."""
    squares = slopes * slopes
    constant = (box.width / np.pi) ** 2
    varies = values.std() > FLAT * np.abs(values).max()

    def statistic(rows: NDArray) -> NDArray:
        measure = np.stack([squares[:, k][rows].mean(0) for k in range(squares.shape[1])])
        scale = constant.reshape(-1, *[1] * (measure.ndim - 1))
        variance = values[rows].var(0) if varies else np.nan
        return np.concatenate([measure, scale * measure / variance])

    return bootstrap(statistic, len(values), scramblings, seed)
