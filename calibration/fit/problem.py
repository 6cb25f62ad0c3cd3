"""A scenario with free numbers against observations: what it predicts at any point of a search."""

import dataclasses
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from calibration.backtest import Mode, replay
from calibration.backtest.history import (
    balances_of_all,
    first_step,
    observed_yield_columns,
    with_series,
)
from calibration.fit.free import Bounds, FreeParameters, free_parameters
from calibration.fit.objectives import LOSSES, RESIDUALS, Compared
from calibration.fit.priors import Priors, PriorTerms, prior_terms
from calibration.observations import Observations, implied_weights
from camjax import Drivers, Model, Scenario, pytree
from camjax.errors import CamjaxError, refusal

COMMON_PATHS = 64
"""Paths of a random scenario, the same at every point of a search."""


def _unchanged(model: Model) -> Model:
    return model


@pytree
class Data:
    """Everything that a prediction is made from and held against, but for the free numbers."""

    drivers: Drivers | None
    """Rows 0…steps; None where free numbers change them."""
    balances: Array
    """[T + 1, all deposits] observed, tokens; row 0 is the start."""
    observed: Array
    """[T, K] weights after the first row."""
    counts: Array
    """[T] booleans, whether a row is fitted."""
    seen: Array
    """[T, K] booleans, whether a deposit was observed."""
    keys: Array | None
    """[P] of random paths; None where nothing is random."""
    noise: Array
    """[] standard deviation of a residual that priors are weighed by; 0 leaves them out."""


@dataclasses.dataclass(frozen=True, eq=False)
class Problem:
    """Free numbers, and observations that they are to explain.

    Attributes:
      scenario: with observed yields among its series.
      observations: at its steps.
      free: which numbers are free.
      paths: as they were named.
      bounds: by path, as they were given.
      priors: of free numbers.
      mode: "one-step" or "free-run".
      names: the K deposits that are under allocation and observed.
      lead_in: steps before the first observation.
      data: what predictions are made from.
      observed_start: [K] weights of the first row.
      held_out: [T] booleans, rows that were observed but are not fitted.
      remembering: changes how holders of a model remember yields; as they do, unless windows are
        compared.
    """

    scenario: Scenario
    observations: Observations
    free: FreeParameters
    paths: tuple[str, ...]
    bounds: Bounds
    priors: PriorTerms
    mode: Mode
    names: tuple[str, ...]
    lead_in: int
    data: Data
    observed_start: np.ndarray
    held_out: np.ndarray
    remembering: Callable[[Model], Model] = _unchanged

    def compare(self, coordinates: Array, data: Data) -> Compared:
        """Predictions at coordinates [D] beside observations; differentiable in both.

        Of a random scenario, the mean over its paths.
        """
        paths = self.simulated(coordinates, data)
        held = paths.mean(axis=0)
        weights = (paths / paths.sum(axis=-1, keepdims=True)).mean(axis=0)
        positions = [self.scenario.model.names.index(name) for name in self.names]
        totals = data.balances[:, jnp.asarray(positions)].sum(axis=1)
        return Compared(
            weights=weights,
            balances=held,
            observed_weights=data.observed,
            observed_balances=data.observed * totals[1:, None],
            parts=data.seen & data.counts[:, None],
        )

    def simulated(self, coordinates: Array, data: Data) -> Array:
        """Balances [P, T, K] at coordinates [D], a path a key; one where nothing is random."""
        model, processes = self.free.insert(coordinates)
        model = self.remembering(model)
        run = self.scenario.with_leaves(model, processes)
        positions = [model.names.index(name) for name in self.names]

        def balances(key: Array | None) -> Array:
            drivers = run.sample_drivers(key) if data.drivers is None else data.drivers
            one_step = self.mode == "one-step"
            ran = replay(
                model, drivers, data.balances, key, lead_in=self.lead_in, one_step=one_step
            )
            return ran.balance[:, jnp.asarray(positions)]

        return balances(None)[None] if data.keys is None else jax.vmap(balances)(data.keys)

    def residuals(self, coordinates: Array, data: Data, objective: str = "ilr") -> Array:
        """Residuals [M] of a least-squares objective at coordinates [D]."""
        return RESIDUALS[objective](self.compare(coordinates, data)).ravel()

    def penalised(self, coordinates: Array, data: Data, objective: str = "ilr") -> Array:
        """Residuals and those of priors, [M + Q]: ‖r‖² + σ² ‖p‖² is 2σ² times −log posterior."""
        own = self.residuals(coordinates, data, objective)
        return jnp.concatenate([own, data.noise * self.priors.residuals(coordinates)])

    def loss(self, coordinates: Array, log_precision: Array, data: Data, objective: str) -> Array:
        """A loss [] that is no sum of squares, and of a likelihood the priors too, by row."""
        own = LOSSES[objective](self.compare(coordinates, data), log_precision)
        priors = self.priors.residuals(coordinates)
        return own + 0.5 * (priors @ priors) / data.counts.astype(own.dtype).sum()


def pose(
    scenario: Scenario,
    observations: Observations,
    paths: Sequence[str],
    *,
    mode: Mode = "one-step",
    bounds: Bounds | None = None,
    priors: Priors | None = None,
    held_out: float = 0.0,
    seed: int = 0,
) -> Problem:
    """Free numbers of a scenario and hold it against observations, as a backtest does.

    Rows in which a balance was filled in are fitted by the ratios of the deposits that were
    observed, if those are two or more; rows held out are judged whole or not at all.

    Args:
      scenario: the model and its drivers; its steps must reach the last observation.
      observations: its balances, from `calibration.observations.observe`.
      paths: free numbers, see `free_parameters`.
      mode: "one-step" starts every step from observed balances, "free-run" only the first.
      bounds: by path, see `free_parameters`.
      priors: median and spread by path, see `PriorTerms`.
      held_out: share of the rows, the last ones, that a fit does not see.
      seed: of the paths of a random scenario.

    Raises:
      CamjaxError: as `calibration.backtest.backtest`, `free_parameters` and `prior_terms`.
    """
    lead_in = first_step(scenario, observations)
    names = tuple(name for name in scenario.document.allocated if name in observations.names)
    if len(names) < 2:
        expected = "at least two observed deposits under allocation"
        raise CamjaxError(refusal("observations", expected, ", ".join(names) or "none"))
    run = with_series(scenario, observed_yield_columns(scenario, observations))
    free = free_parameters(run, paths, bounds)
    columns = [observations.names.index(name) for name in names]
    keys = jax.random.split(jax.random.key(seed), COMMON_PATHS) if run.is_random else None
    drawn = run.is_random or any(path.startswith("drivers.") for path in paths)
    observed = observations.mask[1:, columns]
    whole, some = np.logical_and.reduce(observed, axis=1), observed.sum(axis=1) > 1
    early = np.arange(len(observed)) < len(observed) - round(held_out * len(observed))
    dtype = run.model.rebalancing.duration_days.dtype
    weights = implied_weights(observations.balances[:, columns])
    return Problem(
        scenario=run,
        observations=observations,
        free=free,
        paths=tuple(paths),
        bounds=bounds or {},
        priors=prior_terms(free, priors or {}),
        mode=mode,
        names=names,
        lead_in=lead_in,
        data=Data(
            drivers=None if drawn else run.sample_drivers(),
            balances=jnp.asarray(balances_of_all(run.model.names, observations), dtype),
            observed=jnp.asarray(weights[1:], dtype),
            counts=jnp.asarray(some & early),
            seen=jnp.asarray(observed),
            keys=keys,
            noise=jnp.zeros((), dtype),
        ),
        observed_start=weights[0],
        held_out=whole & ~early,
    )
