"""camjax itself as a forecaster: the model, run on from what was observed."""

import dataclasses
from collections.abc import Mapping
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np

import camjax
from calibration.forecast.ahead import simulate_ahead
from calibration.forecast.base import Forecast, Mode, Predictor
from calibration.forecast.history import History
from calibration.forecast.past import (
    observed_columns,
    past_of,
    processes_ahead,
    require_same_deposits,
)
from calibration.forecast.venues import venues_scenario
from calibration.undone import raised_by


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Camjax:
    """The model of a scenario, run over the history and on beyond its end.

    Nothing is fitted: the scenario's parameters are used as they are. Observed balances replace the
    model's at every row, observed yields feed its memory, and observed drivers are its past. From
    the origin on, drivers follow the scenario's processes from their last observed value; one
    without a process, or with a constant one, keeps that value. Schedules of the scenario are taken
    as announced, and so known ahead. The scenario's driver file is its past: no row of it after the
    origin is used.

    Where nothing is drawn there is one future, and nothing to make intervals of but past errors.

    Ex-post is another thing: then `ahead` has the drivers and yields that came later, to tell how
    much of the error is the model's and how much comes of not knowing them. See `ex_post`.

    Attributes:
      scenario: None: every deposit a venue whose yield is given, see `venues_scenario`.
      ahead: driver columns by step of the scenario, from 0, known or assumed beyond the origin.
      mode: what `ahead` is: an assumption made at the origin (ex-ante), or what came (ex-post).
      num_samples: S.
      observation_noise: standard deviation of the ilr coordinates of an observation.
      point: the samples' median by deposit, closed, or their mean.
      seed: of the samples.
    """

    scenario: camjax.Scenario | None = None
    ahead: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    mode: Mode = "ex-ante"
    num_samples: int = 200
    observation_noise: float = 0.0
    point: Literal["median", "mean"] = "median"
    seed: int = 0

    @property
    def name(self) -> str:
        """Name in the registry."""
        return "camjax"

    @classmethod
    def ex_post(cls, history: History, scenario: camjax.Scenario | None = None) -> "Camjax":
        """The forecaster that is told which drivers and yields were to come, but no balances.

        Args:
          history: all observations, those after the origins included.
          scenario: as the attribute.
        """
        rows = history if scenario else history.evenly()
        ahead = observed_columns(rows, _scenario(scenario, rows))
        return cls(scenario=scenario, ahead=ahead, mode="ex-post")

    def fit(self, history: History, horizon: int) -> Predictor:
        """Match scenario and observations; the parameters are the scenario's."""
        scenario = _scenario(self.scenario, history)
        require_same_deposits(history, scenario)
        processes = processes_ahead(scenario)
        # Correlated processes are drawn together, even where one of them is not asked for.
        spared = self.ahead if processes.correlation is None else {}
        random = {
            name: law
            for name, law in processes.processes.items()
            if law.random and name not in spared
        }
        drawn = dataclasses.replace(processes, processes=random)
        is_random = bool(random or self.observation_noise or _draws_weights(scenario.model))

        def predict(seen: History) -> Forecast:
            rows = seen if self.scenario else seen.evenly()
            past = past_of(rows, scenario, processes, self.ahead, horizon)
            noise = jnp.asarray(self.observation_noise, past.balances.dtype)
            keys = self._keys(seen) if is_random else self._keys(seen)[:1]
            weights, undone = simulate_ahead(scenario.model, drawn, past, noise, keys, horizon)
            forecast = self._forecast(np.asarray(weights, np.float64), scenario.model, seen)
            forecast = forecast if is_random else Forecast(forecast.weights)
            return dataclasses.replace(forecast, undone=raised_by(undone))

        return predict

    def _keys(self, history: History) -> jax.Array:
        """[S] keys that depend on the seed and the moment of the origin alone."""
        moment = history.generator(self.seed).integers(2**32, dtype=np.uint32)
        return jax.random.split(
            jax.random.fold_in(jax.random.key(self.seed), moment), self.num_samples
        )

    def _forecast(self, weights: np.ndarray, model: camjax.Model, history: History) -> Forecast:
        """Samples [S, H, N] of the model's deposits -> forecast of the history's."""
        names = [model.names[position] for position in model.positions]
        samples = weights[..., [names.index(name) for name in history.deposits]]
        samples = samples / samples.sum(axis=-1, keepdims=True)
        centre = np.median(samples, axis=0) if self.point == "median" else samples.mean(axis=0)
        return Forecast.ensemble(samples, centre / centre.sum(axis=-1, keepdims=True))


def _draws_weights(model: camjax.Model) -> bool:
    """Whether holders themselves are a matter of chance."""
    weights = model.weights
    return isinstance(weights.rule, camjax.ExogenousRule) or weights.dirichlet_precision is not None


def _scenario(scenario: camjax.Scenario | None, history: History) -> camjax.Scenario:
    """The scenario, or one of venues."""
    return scenario or camjax.load_scenario(venues_scenario(history, steps=1))
