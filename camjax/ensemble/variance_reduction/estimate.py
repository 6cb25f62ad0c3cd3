"""The mean of a quantity, from paths that are drawn to make it precise."""

import dataclasses
import time
from collections.abc import Iterable, Sequence

import jax
import numpy as np
from jax import Array
from numpy.typing import NDArray

from camjax.ensemble.base import PathSource
from camjax.ensemble.engine import run_ensemble
from camjax.ensemble.quantities import Quantity
from camjax.ensemble.reducers import Moments
from camjax.ensemble.variance_reduction.choice import (
    SamplingName,
    choose_sampling,
    refuse_replicates,
)
from camjax.ensemble.variance_reduction.units import compile_program, unit_means
from camjax.intervals import LEVEL, student_interval


@dataclasses.dataclass(frozen=True)
class MeanEstimate:
    """Mean of a quantity over paths at each step, and how far to trust it."""

    quantity: str
    sampling: SamplingName
    num_paths: int
    num_units: int
    """Independent means that this is the mean of: of paths, of pairs or of replicates."""
    mean: NDArray
    """[T]."""
    standard_error: NDArray
    """[T], from the spread of the units."""
    compile_seconds: float
    run_seconds: float

    def interval(self, level: float = LEVEL) -> tuple[NDArray, NDArray]:
        """[T] Student's interval for the mean, from independent units.

        It stands on the means of units being near normal, as they are where there are many of them
        or each is of many paths.
        """
        std = self.standard_error * np.sqrt(self.num_units)
        return student_interval(self.mean, std, self.num_units, level)


def estimate_mean(
    scenario: PathSource,
    quantity: Quantity | str,
    num_paths: int,
    key: Array,
    *,
    sampling: SamplingName = "plain",
    replicates: int | None = None,
    devices: Sequence[jax.Device] | None = None,
) -> MeanEstimate:
    """Mean of a quantity at every step, from paths drawn to vary less together than plain ones.

    | sampling         | normals of the paths                          | independent units |
    |------------------|-----------------------------------------------|-------------------|
    | "plain"          | each its own, the paths of `run_ensemble`     | paths             |
    | "antithetic"     | path 2i+1 has the negatives of those of 2i    | pairs             |
    | "sobol"          | scrambled Sobol points, prices from principal | replicates        |
    |                  | components                                    |                   |
    | "mirrored_sobol" | the same, and each point's negative           | replicates        |

    Every path by itself has the law of a plain path, so the mean is unbiased; only paths of one
    unit depend on each other. Antithetic pairs help where a quantity grows or falls with the
    normals, and harm where it is even in them; Sobol points help wherever few components matter.

    Only normals are drawn so. Poisson counts and sizes of jumps, uniform noise, bootstrapped blocks
    and Dirichlet draws stay pseudo-random, independent for every path, and limit what is gained.

    Args:
      scenario: what to run.
      quantity: such as "share[savings]".
      num_paths: P, of all pairs or replicates together.
      key: random key of all paths.
      sampling: one of `SAMPLINGS`.
      replicates: of Sobol points, `REPLICATES` if left out. Fewer have more points each, which
        estimates better, and leave the interval to fewer of them, which widens it.
      devices: where to run; None: all local devices. They do not change the result.

    Raises:
      CamjaxError: an unknown quantity or sampling; a number of paths that does not make two pairs,
        or as many replicates of a power of two; replicates of what has none; a scenario without
        normals, or with more than Sobol points have dimensions.

    References:
      Owen (1997), Scrambled net variance for integrals of smooth functions.
      L'Ecuyer, Nakayama, Owen & Tuffin (2023), Confidence intervals for randomized quasi-Monte
      Carlo estimators.
    """
    asked = Quantity.parse(quantity) if isinstance(quantity, str) else quantity
    if sampling == "plain":
        refuse_replicates(sampling, replicates)
        return _plain(scenario, asked, num_paths, key, devices)
    chosen = choose_sampling(scenario.processes, num_paths, sampling, replicates)
    devices = list(devices or jax.local_devices())
    started = time.perf_counter()
    program = compile_program(scenario, asked, chosen, key, devices)
    compiled = time.perf_counter()
    units = unit_means(program, chosen, num_paths, len(devices))
    mean, standard_error = mean_and_error(units)
    return MeanEstimate(
        quantity=str(asked),
        sampling=sampling,
        num_paths=num_paths,
        num_units=num_paths // chosen.unit,
        mean=mean,
        standard_error=standard_error,
        compile_seconds=compiled - started,
        run_seconds=time.perf_counter() - compiled,
    )


def mean_and_error(units: Iterable[NDArray]) -> tuple[NDArray, NDArray]:
    """Mean [T] of units that come [some, T] at a time, and its standard error.

    Mean and squares around it are updated as by Chan, Golub & LeVeque (1979).
    """
    count, mean, squares = 0, np.zeros(()), np.zeros(())
    for some in units:
        distance = some.mean(0) - mean
        total = count + len(some)
        squares = squares + some.var(0) * len(some) + distance**2 * (count * len(some) / total)
        mean = mean + distance * (len(some) / total)
        count = total
    return mean, np.sqrt(squares / (count - 1) / count)


def _plain(
    scenario: PathSource,
    quantity: Quantity,
    num_paths: int,
    key: Array,
    devices: Sequence[jax.Device] | None,
) -> MeanEstimate:
    """From an ensemble as it is."""
    moments = Moments(quantity.key)
    found = run_ensemble(scenario, num_paths, key, [moments], devices=devices)
    result = found[moments.name]
    mean, std = result.mean, result.std
    return MeanEstimate(
        quantity=str(quantity),
        sampling="plain",
        num_paths=num_paths,
        num_units=num_paths,
        mean=mean,
        standard_error=std / np.sqrt(num_paths),
        compile_seconds=found.compile_seconds,
        run_seconds=found.run_seconds,
    )
