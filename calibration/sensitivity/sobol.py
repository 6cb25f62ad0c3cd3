"""Parts of variance: Sobol indices of first, second and total order."""

import dataclasses
import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calibration.sensitivity.box import Space, check_points_fit, unit_problem
from calibration.sensitivity.inert import Rounding, moved, own_size
from calibration.sensitivity.resampling import Sampled, scramblings_of, with_interval

Evaluate = Callable[[NDArray], ArrayLike]
"""Outputs [S, Q] at points [S, K]."""

SCRAMBLINGS = 4
"""Among which points are shared unless another number is asked for: as few as tell an error."""


@dataclasses.dataclass(frozen=True)
class Indices:
    """Sobol indices of one output; NaN where it does not vary or is not always finite."""

    first: Sampled
    """[K] the part of variance that one parameter explains alone."""
    total: Sampled
    """[K] the part that goes with it in any company."""
    second: Sampled
    """[pairs] the part that two explain together beyond each alone, in the order of `pairs`."""
    variance: float
    """0 where the output does not vary but for rounding, NaN where it is not always finite."""
    not_finite: int = 0
    """At how many points the output is not a finite number."""


@dataclasses.dataclass(frozen=True)
class SobolResult:
    """Sobol indices of Q outputs by K parameters."""

    box: Space
    outputs: tuple[Indices, ...]
    samples: int
    scramblings: int
    evaluations: int

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Numbers of the parameters of each pair."""
        return pairs_of(len(self.box.names))


def pairs_of(count: int) -> list[tuple[int, int]]:
    """Pairs (j, k), j < k, in row-major order."""
    return list(itertools.combinations(range(count), 2))


def sobol(
    box: Space,
    evaluate: Evaluate,
    samples: int,
    *,
    scramblings: int | None = None,
    seed: int = 0,
    rounding: Rounding = own_size,
) -> SobolResult:
    """Sobol indices over independent parameters by Saltelli's design on scrambled Sobol points.

    S_k = V[E(y | x_k)] / V[y],  T_k = E[V(y | x_others)] / V[y]

    First and total orders are averages of two estimates that the design allows, with the roles of
    its two base samples exchanged.

    Args:
      box: of K independent parameters.
      evaluate: called once, with all points.
      samples: n, a power of two; n (2K + 2) evaluations.
      scramblings: R independent ones of n / R points each, so that intervals cover as they claim;
        None: 4. A single one is the most even, but its intervals are too wide.
      seed: of scramblings and resamples.
      rounding: of outputs; a parameter that moves one by no more does not move it.

    Raises:
      CamjaxError: n or R is no power of two, or R leaves fewer than 2 points each.

    References:
      Sobol 2001; Saltelli et al. 2010; Owen 2020, On dropping the first Sobol' point.
    """
    from SALib.sample import sobol as design

    scramblings = scramblings_of(samples, scramblings, SCRAMBLINGS)
    check_points_fit(box, samples * (2 * len(box.names) + 2))
    generators = [np.random.default_rng([seed, 0, number]) for number in range(scramblings)]
    unit = unit_problem(box.names)
    each = samples // scramblings
    places = np.concatenate([design.sample(unit, each, seed=g) for g in generators])
    points = box.points(places)
    values = np.asarray(evaluate(points), np.float64)
    found = tuple(
        _indices(column, reach, box, samples, scramblings, seed)
        for column, reach in zip(values.T, rounding(values).tolist(), strict=True)
    )
    return SobolResult(box, found, samples, scramblings, len(points))


def _indices(
    values: NDArray, rounding: float, box: Space, samples: int, scramblings: int, seed: int
) -> Indices:
    count, rows = len(box.names), samples
    pairs = pairs_of(count)
    not_finite = int((~np.isfinite(values)).sum())
    if not_finite or np.ptp(values) <= rounding:
        none, of_pairs = np.full(count, np.nan), np.full(len(pairs), np.nan)
        nothing = Sampled(none, none)
        variance = np.nan if not_finite else 0.0
        return Indices(nothing, nothing, Sampled(of_pairs, of_pairs), variance, not_finite)
    spread = float(values.std(ddof=1))
    parts = _without_rounding(values.reshape(rows, 2 * count + 2), rounding)
    parts = (parts - values.mean()) / spread

    def statistic(chosen: NDArray) -> NDArray:
        return _estimates(parts, chosen, pairs)

    found = with_interval(statistic, rows, scramblings, seed)
    split = np.split(np.stack([found.value, found.reach]), [count, 2 * count], axis=1)
    first, total, second = (Sampled(*part) for part in split)
    return Indices(first, total, second, spread * spread)


def _without_rounding(parts: NDArray, rounding: float) -> NDArray:
    """Rows of Saltelli's design, where a parameter that moves a value by rounding does not."""
    count = parts.shape[1] // 2 - 1
    a, b = parts[:, :1], parts[:, -1:]
    one, other = parts[:, 1 : 1 + count], parts[:, 1 + count : -1]
    return np.hstack([a, moved(a, one, rounding), moved(b, other, rounding), b])


def _estimates(parts: NDArray, rows: NDArray, pairs: list[tuple[int, int]]) -> NDArray:
    """[2K + pairs, ...] first, total and second orders from rows of Saltelli's design."""
    from SALib.analyze.sobol import first_order, second_order, total_order

    count = parts.shape[1] // 2 - 1
    chosen = parts[rows]
    a, b = chosen[..., 0], chosen[..., -1]
    ab = [chosen[..., 1 + k] for k in range(count)]
    ba = [chosen[..., 1 + count + k] for k in range(count)]
    both = [
        (order(a, ab[k], b) + order(b, ba[k], a)) / 2
        for order in (first_order, total_order)
        for k in range(count)
    ]
    joint = [second_order(a, ab[j], ab[k], ba[j], b) for j, k in pairs]
    return np.stack([*both, *joint])
