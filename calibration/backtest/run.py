"""A scenario against observations: what it predicts, and what baselines predict, row by row."""

import dataclasses
from collections.abc import Mapping
from typing import Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np

from calibration.backtest.history import (
    balances_of_all,
    first_step,
    observed_yield_columns,
    with_series,
)
from calibration.backtest.replay import replay
from calibration.baselines import BASELINES, ilr_drift
from calibration.observations import Observations, implied_weights
from calibration.score_table import EMPTY_SHARE
from calibration.undone import Undone, raised_by
from camjax import Model
from camjax.errors import CamjaxError, refusal
from camjax.flags import Raised
from camjax.memory import check_fits
from camjax.scenario import Scenario

Mode = Literal["one-step", "free-run"]
MODES: tuple[Mode, ...] = get_args(Mode)

MODEL = "camjax"
"""Name of the simulated model beside those of the baselines."""


@dataclasses.dataclass(frozen=True, eq=False)
class Backtest:
    """Observed weights and predictions of them at T rows after the first.

    Weights of `observed` and `predictions` are closed over the K deposits that are observed and
    under allocation; those of `simulated` over all N under allocation.

    Attributes:
      scenario: what was run.
      observations: what it was run against.
      mode: whether every step or only the first started from observed balances.
      seed: of the paths.
      names: the N deposits under allocation.
      scored: N flags, True for the K of them that are observed; the others start out empty.
      observed: [T + 1, K] from the first row on.
      counts: [T] True for rows in which every balance was observed, none filled in.
      simulated: [P, T, N] weights of each path.
      target_weight: [P, T, N] the rule's targets.
      yield_rate: [P, T, N] 1/year, the mechanisms' own quotes.
      balance: [P, T, N] tokens at the end of the step.
      undone: [P, T] what could not be done.
      predictions: [T, K] by model: the mean over paths, and the baselines.
    """

    scenario: Scenario
    observations: Observations
    mode: Mode
    seed: int
    names: tuple[str, ...]
    scored: tuple[bool, ...]
    observed: np.ndarray
    counts: np.ndarray
    simulated: np.ndarray
    target_weight: np.ndarray
    yield_rate: np.ndarray
    balance: np.ndarray
    undone: Undone
    predictions: Mapping[str, np.ndarray]

    @property
    def scored_names(self) -> tuple[str, ...]:
        """Names of the K deposits whose weights are compared."""
        return tuple(name for name, flag in zip(self.names, self.scored, strict=True) if flag)

    @property
    def ensemble(self) -> np.ndarray:
        """[P, T, K] simulated weights, closed over the deposits that are compared."""
        weights = self.simulated[..., np.array(self.scored)]
        return weights / weights.sum(axis=-1, keepdims=True)

    @property
    def raised(self) -> tuple[Raised, ...]:
        """What some paths could not do; steps count from the first observation."""
        return raised_by(self.undone)

    @property
    def errors(self) -> dict[str, np.ndarray]:
        """[T, K] predicted − observed, by model."""
        return {name: values - self.observed[1:] for name, values in self.predictions.items()}


def backtest(
    scenario: Scenario,
    observations: Observations,
    *,
    mode: Mode = "one-step",
    num_paths: int = 1,
    seed: int = 0,
) -> Backtest:
    """Run a scenario along observations and set its weights beside the observed ones.

    Observed yields feed the yield memory where the table has them. Deposits of the scenario that
    are not observed start out empty, and in one-step mode are empty again at every step. Prices and
    other drivers are the scenario's own; its `steps` must reach the last observation.

    Args:
      scenario: the model and its drivers.
      observations: its balances at steps of the scenario, from `calibration.observations.observe`.
      mode: "one-step" starts every step from the observed balances, "free-run" only the first.
      num_paths: P, of a scenario that is random; path i draws from `fold_in(key(seed), i)`.
      seed: of the paths.

    Raises:
      CamjaxError: fewer than two rows, rows that are not one step apart, too few steps, fewer than
        two observed deposits under allocation, or more paths than fit in memory.

    References:
      Specification, 5.
    """
    model = scenario.model
    lead_in = first_step(scenario, observations)
    names = tuple(model.names[i] for i in model.positions)
    scored = tuple(name in observations.names for name in names)
    if sum(scored) < 2:
        got = ", ".join(name for name, flag in zip(names, scored, strict=True) if flag) or "none"
        expected = "at least two observed deposits under allocation"
        raise CamjaxError(refusal("observations", expected, got, "One alone has weight 1."))

    _check_paths_fit(model, lead_in + len(observations.balances), num_paths)
    columns = observed_yield_columns(scenario, observations)
    keys = jax.vmap(lambda path: jax.random.fold_in(jax.random.key(seed), path))(
        jnp.arange(num_paths, dtype=jnp.int32)
    )
    drivers = jax.vmap(with_series(scenario, columns).sample_drivers)(keys)
    one_step = mode == "one-step"
    balances = balances_of_all(model.names, observations)
    paths = jax.vmap(
        lambda drivers, key: replay(
            model, drivers, balances, key, lead_in=lead_in, one_step=one_step
        )
    )(drivers, keys)

    positions = np.array(model.positions)
    balance = np.asarray(paths.balance)[..., positions]
    total = balance.sum(axis=-1, keepdims=True)
    target_weight = np.asarray(paths.target_weight)  # the last weights, where nothing is left
    columns_scored = [observations.names.index(n) for n in names if n in observations.names]
    observed = implied_weights(observations.balances[:, columns_scored])
    result = Backtest(
        scenario=scenario,
        observations=observations,
        mode=mode,
        seed=seed,
        names=names,
        scored=scored,
        observed=observed,
        counts=np.logical_and.reduce(observations.mask[1:, columns_scored], axis=1),
        simulated=np.where(total > 0, balance / np.where(total > 0, total, 1.0), target_weight),
        target_weight=target_weight,
        yield_rate=np.asarray(paths.yield_rate)[..., positions],
        balance=balance,
        undone=jax.tree.map(np.asarray, paths.undone),
        predictions={},
    )
    predictions = {MODEL: result.ensemble.mean(axis=0), **baseline_predictions(observed, mode)}
    return dataclasses.replace(result, predictions=predictions)


def _check_paths_fit(model: Model, num_rows: int, num_paths: int) -> None:
    """Refuse more paths than the memory holds.

    Of each row at least all balances and yields and the targets are held, where paths are run and
    where they are read.

    Raises:
      CamjaxError: they do not fit.
    """
    values = 2 * len(model.names) + len(model.positions)
    needed = 2 * num_paths * num_rows * values * model.rebalancing.duration_days.dtype.itemsize
    what = f"{num_paths:,} paths of {num_rows:,} rows"
    check_fits(needed, what, "Run fewer paths." if num_paths > 1 else "Observe fewer rows.")


def baseline_predictions(observed: np.ndarray, mode: Mode) -> dict[str, np.ndarray]:
    """What every baseline predicts for the rows after the first, from what the mode lets it see.

    One-step: row t from the rows before t. Free run: all rows from the first one, of which
    persistence, window mean and drift make the same.

    Args:
      observed: [T + 1, K] weights.
      mode: as `backtest`.

    Returns:
      [T, K] by name.
    """
    baselines = dict(BASELINES) | {"ilr_drift": lambda h, steps: ilr_drift(h, steps, EMPTY_SHARE)}
    num_rows = len(observed) - 1
    if mode == "free-run":
        return {name: predict(observed[:1], num_rows) for name, predict in baselines.items()}
    return {
        name: np.concatenate([predict(observed[:row], 1) for row in range(1, num_rows + 1)])
        for name, predict in baselines.items()
    }
