"""A forecast in the place of computed weights: what was forecast is what the simulation holds."""

import dataclasses
from pathlib import Path

import jax
import numpy as np
import pytest
from forecast_worlds import autoregressive, fei_histories, switching_scenario

import camjax
from calibration.forecast import (
    Drift,
    History,
    forecast_dataset,
    forecast_now,
    forecast_rows,
    prescribed,
    prescribed_ensemble,
)
from calibration.forecast.tables import HEADER
from camjax.cli import main
from camjax.errors import CamjaxError

HORIZON = 5
STEPS = 70
SCENARIO = switching_scenario(STEPS)
HISTORY = fei_histories(SCENARIO, seed=8, num_paths=1, noise=0.01)[0].until(50).recent(30)
NOW = forecast_now(HISTORY, Drift(num_samples=6), HORIZON)


def simulated_weights(model: camjax.Model, drivers: camjax.Drivers) -> np.ndarray:
    balance = np.asarray(camjax.simulate(model, drivers, record=("balance",)).balance)
    return balance / balance.sum(axis=-1, keepdims=True)


def test_a_simulation_holds_the_forecast_at_every_step() -> None:
    scenario = prescribed(HISTORY, NOW.weights[0], SCENARIO).scenario()
    weights = simulated_weights(scenario.model, scenario.sample_drivers(jax.random.key(1)))
    np.testing.assert_allclose(weights, NOW.weights[0], rtol=0, atol=1e-12)


def test_every_sample_of_a_forecast_is_a_path() -> None:
    scenario = prescribed(HISTORY, NOW.weights[0], SCENARIO).scenario()
    samples = NOW.samples[0]
    drivers = prescribed_ensemble(scenario, NOW.deposits, samples, jax.random.key(2))
    run = jax.vmap(lambda d: camjax.simulate(scenario.model, d, record=("balance",)))(drivers)
    balances = np.asarray(run.balance)
    weights = balances / balances.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(weights, samples, rtol=0, atol=1e-12)
    prices = np.asarray(drivers.volatile_asset_price)
    assert np.ptp(prices[:, 1:], axis=0).min() > 0, "the other drivers are drawn for each path"


def test_the_scenario_begins_where_the_history_ends() -> None:
    made = prescribed(HISTORY, NOW.weights[0], SCENARIO)
    scenario = made.scenario()
    deposits = {deposit["name"]: deposit for deposit in made.document["deposits"]}
    for name, balance in zip(HISTORY.names, HISTORY.balances[-1], strict=True):
        assert deposits[name]["user_balance"] == balance
    assert deposits["savings"]["rate"][:2] == [[0.0, 0.005], [10.0, 0.05]], "day 60 is in 10 days"
    price = scenario.sample_drivers(jax.random.key(0)).volatile_asset_price
    assert float(price[0]) == HISTORY.drivers["volatile_asset_price"][-1]
    first = [made.columns[f"target_{name}"][0] for name in HISTORY.deposits]
    np.testing.assert_allclose(first, HISTORY.weights[-1])


def test_drivers_without_a_process_keep_their_value_and_flows_cease() -> None:
    columns = {**HISTORY.drivers, "fei_price": np.linspace(1.0, 1.02, 30)}
    columns["mint_redeem"] = np.full(30, 7.0)
    made = prescribed(dataclasses.replace(HISTORY, drivers=columns), NOW.weights[0], SCENARIO)
    assert made.columns["fei_price"].tolist() == [1.02] * (HORIZON + 1)
    assert made.columns["mint_redeem"].tolist() == [0.0] * (HORIZON + 1)
    assert "utilization" not in made.columns


def test_schedules_of_drivers_move_with_the_origin() -> None:
    schedule = {"process": "schedule", "values": [0.6, 0.7, 0.8], "days": [0.0, 40.0, 52.0]}
    scenario = switching_scenario(STEPS, **{"drivers.utilization": schedule})
    price = {"volatile_asset_price": HISTORY.drivers["volatile_asset_price"]}
    history = dataclasses.replace(HISTORY, drivers=price)
    made = prescribed(history, NOW.weights[0], scenario)
    assert made.document["drivers"]["utilization"]["values"] == [0.7, 0.8]
    assert made.document["drivers"]["utilization"]["days"] == [0.0, 2.0]


def test_its_files_are_a_scenario_that_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    made = prescribed(HISTORY, NOW.weights[0], SCENARIO)
    for name, content in made.files("drift").items():
        Path(name).write_text(content)
    assert main(["run", "scenario_drift.toml", "--paths", "3"]) == 0
    assert "5 steps over 5 days, 3 paths" in capsys.readouterr().out
    loaded = camjax.load_scenario("scenario_drift.toml")
    for name, values in made.columns.items():
        np.testing.assert_allclose(loaded.processes.given[name], values, rtol=1e-15)


def test_venues_need_no_scenario() -> None:
    history = autoregressive(20, seed=1)
    weights = np.tile([0.2, 0.3, 0.5], (3, 1))
    scenario = prescribed(history, weights).scenario()
    assert [deposit.type for deposit in scenario.model.deposits] == ["external"] * 3
    np.testing.assert_allclose(
        simulated_weights(scenario.model, scenario.sample_drivers()), weights, atol=1e-12
    )
    with pytest.raises(CamjaxError, match="two or more deposits"):
        prescribed(History.of_weights(np.ones((4, 1))), np.ones((2, 1)))


def test_the_table_has_a_row_for_each_origin_horizon_and_deposit() -> None:
    rows = [dict(zip(HEADER, row, strict=True)) for row in forecast_rows(HISTORY, NOW)]
    assert len(rows) == HORIZON * 4
    last = rows[-1]
    assert (last["origin_time"], last["horizon"], last["time"]) == ("50", 5, "55")
    assert (last["model"], last["mode"], last["deposit"]) == ("drift", "ex-ante", "idle")
    assert last["weight"] == NOW.weights[0, -1, -1]
    ends = [last[name] for name in ("lower_95", "lower_80", "upper_80", "upper_95")]
    assert ends == sorted(ends)


def test_the_dataset_says_what_its_axes_are() -> None:
    dataset = forecast_dataset(HISTORY, [NOW], {"seed": 0})
    assert dataset.weight.dims == ("model", "origin", "horizon", "deposit")
    assert dataset.sample_drift.shape == (6, HORIZON, 4)
    np.testing.assert_array_equal(dataset.weight.sel(model="drift")[0], NOW.weights[0])
    assert dataset.lower.sel(level=0.95).shape == (1, 1, HORIZON, 4)
    assert dataset.attrs == {"seed": 0}
    assert all("long_name" in variable.attrs for variable in dataset.data_vars.values())
