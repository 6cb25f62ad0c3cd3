"""camjax as a forecaster: exact where nothing is uncertain, and blind to what came later."""

import dataclasses

import jax
import numpy as np
import pytest
from forecast_worlds import corrupted, fei_histories, switching_scenario, with_yields

import camjax
from calibration.forecast import Camjax, History, RollingOrigin, rolling_origin
from calibration.forecast.ahead import driver_columns
from calibration.forecast.coordinates import to_ilr
from calibration.forecast.past import observed_columns, past_of, processes_ahead
from calibration.forecast.rolling_origin import forecasts_from
from calibration.forecast.venues import venues_scenario
from camjax.errors import CamjaxError

STEPS = 50
HORIZON = 4
SCENARIO = switching_scenario(STEPS)
QUIET = switching_scenario(
    STEPS,
    **{
        "drivers.volatile_asset_price.volatility": 0.0,
        "drivers.volatile_asset_price.drift": -1.0,
    },
)
"""Prices fall as foreseen; utilization is drawn."""

(HISTORY,) = fei_histories(SCENARIO, seed=2, num_paths=1, noise=0.0)
PLAN = RollingOrigin(horizon=HORIZON, initial=20, step=13)


COLUMNS = jax.jit(driver_columns, static_argnames="horizon")


def forecaster(**settings: object) -> Camjax:
    return Camjax(**{"scenario": SCENARIO, "num_samples": 8, **settings})


def test_the_next_step_is_met_exactly_where_prices_are_foreseen() -> None:
    """Its targets come of yields that were quoted before; later ones of utilization to come."""
    (history,) = fei_histories(QUIET, seed=2, num_paths=1, noise=0.0)
    forecasts = rolling_origin(history, forecaster(scenario=QUIET), PLAN)
    np.testing.assert_allclose(forecasts.errors[:, 0], 0, atol=1e-12)
    assert np.abs(forecasts.errors[:, 1:]).max() > 1e-4


def test_told_the_drivers_to_come_it_makes_no_error() -> None:
    forecasts = rolling_origin(HISTORY, Camjax.ex_post(HISTORY, SCENARIO), PLAN)
    assert (forecasts.mode, forecasts.label) == ("ex-post", "camjax_ex_post")
    np.testing.assert_allclose(forecasts.errors, 0, atol=1e-12)


def test_drivers_of_the_scenario_file_are_not_read_beyond_the_origin() -> None:
    """A series in the scenario is the past; the process that it hides tells the future."""
    given = dict(HISTORY.drivers)
    own = dataclasses.replace(HISTORY, drivers={})
    seen = forecasts_from(own, forecaster(scenario=with_given(given)), PLAN, [25, 30])
    expected = forecasts_from(HISTORY, forecaster(), PLAN, [25, 30])
    np.testing.assert_array_equal(seen.samples, expected.samples)
    later = {name: np.where(np.arange(STEPS + 1) > 30, 1.0, v) for name, v in given.items()}
    other = forecasts_from(own, forecaster(scenario=with_given(later)), PLAN, [25, 30])
    np.testing.assert_array_equal(seen.samples, other.samples)


def with_given(columns: dict[str, np.ndarray]) -> camjax.Scenario:
    processes = dataclasses.replace(SCENARIO.processes, given=columns)
    return dataclasses.replace(SCENARIO, processes=processes)


def test_forecasts_do_not_change_with_anything_after_their_origin() -> None:
    noisy = with_yields(HISTORY, seed=3)
    origins = [20, 31, 40]
    seen = forecasts_from(noisy, forecaster(observation_noise=0.02), PLAN, origins)
    other = corrupted(noisy, after=31, seed=4)
    made = forecasts_from(other, forecaster(observation_noise=0.02), PLAN, origins[:2])
    np.testing.assert_array_equal(made.samples, seen.samples[:2])


@pytest.mark.slow
def test_a_forecast_is_the_same_whatever_the_padding(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = forecaster().fit(HISTORY, HORIZON)(HISTORY.until(30)).samples
    monkeypatch.setattr("calibration.forecast.past.SMALLEST_PADDING_ROWS", 31)
    samples = forecaster().fit(HISTORY, HORIZON)(HISTORY.until(30)).samples
    np.testing.assert_allclose(samples, expected, rtol=1e-10)


def test_observed_drivers_go_on_by_their_process_from_their_last_value() -> None:
    columns = columns_ahead(HISTORY.until(30), QUIET)
    price = np.asarray(columns["volatile_asset_price"])
    observed = HISTORY.drivers["volatile_asset_price"]
    np.testing.assert_allclose(price[:31], observed[:31])
    np.testing.assert_allclose(price[31:35], observed[30] - np.arange(1, 5))
    assert np.ptp(columns["utilization"][31:35]) > 0


def columns_ahead(history: History, scenario: camjax.Scenario) -> dict[str, jax.Array]:
    """Driver columns of one future."""
    past = past_of(history, scenario, scenario.processes, {}, HORIZON)
    random = {name: law for name, law in scenario.processes.processes.items() if law.random}
    processes = dataclasses.replace(scenario.processes, processes=random)
    keys = list(jax.random.split(jax.random.key(0), 3))
    return COLUMNS(scenario.model, processes, past, keys, horizon=HORIZON)


def test_what_has_no_process_keeps_its_value_and_yields_become_the_mechanisms_own() -> None:
    history = with_yields(HISTORY, seed=5)
    columns = {**history.drivers, "fei_price": np.linspace(1, 1.05, STEPS + 1)}
    history = dataclasses.replace(history, drivers=columns).until(30)
    made = columns_ahead(history, SCENARIO)
    np.testing.assert_allclose(made["fei_price"][31:], columns["fei_price"][30])
    assert np.isnan(np.asarray(made["observed_yield_money_market"])[31:]).all()
    np.testing.assert_allclose(made["observed_yield_money_market"][:31], history.yield_rates[:, 1])


def test_an_assumed_series_wins_beyond_the_origin_and_what_was_observed_before_it() -> None:
    assumed = {"utilization": np.full(STEPS + 20, 0.9)}
    past = past_of(HISTORY.until(30), SCENARIO, SCENARIO.processes, assumed, HORIZON)
    utilization = np.asarray(past.known_ahead["utilization"])
    np.testing.assert_allclose(utilization[:31], HISTORY.drivers["utilization"][:31])
    np.testing.assert_allclose(utilization[31:], 0.9)
    assert "utilization" not in past.columns


def test_noise_spreads_the_samples_as_an_observation_would() -> None:
    """Around where they would be without it: what is drawn does not depend on it."""
    history = HISTORY.until(40)
    sure, unsure = (
        np.concatenate(
            [
                forecaster(observation_noise=noise, seed=seed)
                .fit(history, HORIZON)(history)
                .samples
                for seed in range(12)
            ]
        )
        for noise in (0.0, 0.02)
    )
    shift = to_ilr(unsure) - to_ilr(sure)
    at_once = shift[:, 0].std(axis=0)
    assert ((at_once > 0.02) & (at_once < 0.05)).all(), "of the origin, and of what is compared"


def test_venues_without_a_scenario_keep_their_last_yield() -> None:
    history = with_yields(History.of_weights(HISTORY.weights[20:, :3]), seed=6)
    forecast = Camjax().fit(history, 3)(history)
    assert forecast.samples is None, "nothing is random"
    scenario = camjax.load_scenario(venues_scenario(history, steps=1))
    columns = observed_columns(history, scenario)
    assert set(columns) == {"yield_rate_part_0", "yield_rate_part_1"}, "the last has none"
    assert not np.isnan(columns["yield_rate_part_0"]).any()
    rates = [float(deposit.rate) for deposit in scenario.model.deposits]
    assert rates == [columns["yield_rate_part_0"][-1], columns["yield_rate_part_1"][-1], 0.0]


def test_processes_that_a_driver_file_hides_come_back() -> None:
    scenario = with_given({**HISTORY.drivers, "fei_price": np.ones(STEPS + 1)})
    found = processes_ahead(scenario)
    random = {name for name, law in found.processes.items() if law.random}
    assert random == {"volatile_asset_price", "utilization"}
    assert not found.given
    past = past_of(dataclasses.replace(HISTORY, drivers={}), scenario, found, {}, HORIZON)
    assert not past.known_ahead, "fei_price was observed, and nobody announced it"


def test_draws_of_the_exogenous_rule_are_drawn_anew() -> None:
    rule = {"weights.rule": "exogenous"}
    scenario = switching_scenario(STEPS, **rule)
    draws = {f"dirichlet_{name}": np.full(STEPS + 1, 0.25) for name in scenario.model.names}
    given = {**HISTORY.drivers, **draws}
    scenario = dataclasses.replace(
        scenario, processes=dataclasses.replace(scenario.processes, given=given)
    )
    columns = columns_ahead(HISTORY.until(30), scenario)
    ahead = np.stack([columns[name][31:] for name in draws])
    np.testing.assert_allclose(ahead.sum(axis=0), 1)
    assert np.ptp(ahead, axis=1).min() > 0.01
    assert processes_ahead(scenario).processes.keys() == HISTORY.drivers.keys()


def test_a_constant_gives_way_to_what_was_observed() -> None:
    constant = {"process": "constant", "value": 0.5}
    scenario = switching_scenario(STEPS, **{"drivers.utilization": constant})
    columns = columns_ahead(HISTORY.until(30), scenario)
    np.testing.assert_allclose(columns["utilization"][31:], HISTORY.drivers["utilization"][30])
    unseen = dataclasses.replace(HISTORY, drivers={}).until(30)
    np.testing.assert_allclose(columns_ahead(unseen, scenario)["utilization"], 0.5)


def test_other_deposits_or_uneven_rows_are_refused() -> None:
    other = History.of_weights(HISTORY.weights[20:])
    with pytest.raises(CamjaxError, match="observations of the deposits under allocation"):
        forecaster().fit(other, 1)
    days = HISTORY.times_days.copy()
    days[10:] += 0.5
    with pytest.raises(CamjaxError, match="a row every 1 days"):
        uneven = dataclasses.replace(HISTORY, times_days=days)
        forecaster().fit(uneven, 1)(uneven)
