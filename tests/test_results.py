"""Results: every axis named, every variable explained, files whole or absent."""

import dataclasses
import os
from datetime import date
from pathlib import Path

import jax
import numpy as np
import pytest
import xarray

import camjax
from camjax import CamjaxError, Scenario
from camjax.results import (
    STATISTICS,
    VARIABLES,
    check_writable,
    load_results,
    save_results,
    statistics,
    to_dataset,
)
from camjax.results.variables import OF_PATHS

STEPS, PATHS = 5, 4
DEPOSITS = ["liquidity_pool", "money_market", "savings", "idle"]

TWO_OF_A_KIND = {
    "steps": STEPS,
    "deposits": [
        {"name": "east", "type": "liquidity_pool", "user_balance": 1e6, "protocol_tvl_usd": 1e6},
        {"name": "aave", "type": "money_market", "user_balance": 1e6, "protocol_balance": 1e6},
        {"name": "west", "type": "liquidity_pool", "user_balance": 1e6, "protocol_tvl_usd": 1e6},
        {"name": "fuse", "type": "money_market", "user_balance": 1e6, "protocol_balance": 1e6},
    ],
    "drivers": {
        "volatile_asset_price": {"process": "constant", "value": 2000.0},
        "utilization": {"process": "constant", "value": 0.7},
    },
}


def recorded_shapes(scenario: Scenario) -> dict[str, jax.ShapeDtypeStruct]:
    """Variables of one path as a run would record them, without running it."""

    def run(key: jax.Array) -> dict[str, jax.Array]:
        drivers = scenario.sample_drivers(key)
        return camjax.simulate(scenario.model, drivers, key).variables

    return jax.eval_shape(run, jax.random.key(0))


def made_up_paths(scenario: Scenario, num_paths: int = PATHS) -> dict[str, np.ndarray]:
    """Arrays [P, T, ...] with the shapes and types of a run, and random contents."""
    generator = np.random.default_rng(0)
    return {
        name: (generator.uniform(0, 8, (num_paths, *like.shape))).astype(like.dtype)
        for name, like in recorded_shapes(scenario).items()
    }


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return camjax.load_scenario("fei", {"steps": STEPS, "start_date": date(2022, 6, 22)})


@pytest.fixture(scope="module")
def dataset(scenario: Scenario) -> xarray.Dataset:
    return to_dataset(made_up_paths(scenario), scenario.model, scenario=scenario, seed=7)


def test_every_variable_has_the_dimensions_of_the_format(dataset: xarray.Dataset) -> None:
    deposit = ("path", "step", "deposit")
    absent = ("mint_redeem", "inert")  # `fei` redeems nothing, and all of its capital moves
    recorded = [name for name in VARIABLES if name not in absent]
    expected = dict.fromkeys(recorded, ("path", "step")) | {
        "balance": deposit,
        "target_weight": deposit,
        "yield_rate": deposit,
        "remainder": deposit,
        "transfer": ("path", "step", "source", "destination"),
        **dict.fromkeys(OF_PATHS, ("path",)),
    }
    assert {name: variable.dims for name, variable in dataset.data_vars.items()} == expected


def test_every_variable_and_coordinate_says_what_it_is(dataset: xarray.Dataset) -> None:
    assert all(variable.attrs["long_name"] for variable in dataset.variables.values())
    assert all(variable.attrs["units"] for variable in dataset.data_vars.values())
    assert dataset.balance.attrs["units"] == "FEI"
    assert dataset.yield_rate.attrs["units"] == "1/year"
    assert dataset.time.attrs["units"] == "days"
    assert dataset.status.attrs["flag_meanings"].split()[0] == "price_held_at_floor"


def test_coordinates_number_paths_and_steps_and_name_deposits(dataset: xarray.Dataset) -> None:
    assert dataset.path.values.tolist() == list(range(PATHS))
    assert dataset.step.values.tolist() == [1, 2, 3, 4, 5]
    assert dataset.time.values.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert dataset.date.values[0] == np.datetime64("2022-06-23")
    for dim in ("deposit", "source", "destination"):
        assert dataset[dim].values.tolist() == DEPOSITS


def test_the_file_says_how_it_came_about(dataset: xarray.Dataset, scenario: Scenario) -> None:
    assert dataset.attrs["scenario"] == scenario.toml
    assert dataset.attrs["seed"] == 7
    assert dataset.attrs["camjax_version"] == camjax.__version__
    assert dataset.attrs["precision"] == "float64"
    assert np.datetime64(dataset.attrs["created"].removesuffix("+00:00")) > np.datetime64("2020")


def test_units_speak_of_the_scenario_s_token() -> None:
    scenario = camjax.load_scenario("fei", {"steps": STEPS, "token": "DAI", "dt_days": 0.5})
    dataset = to_dataset(made_up_paths(scenario), scenario.model, scenario=scenario)
    assert dataset.balance.attrs["units"] == "DAI"
    assert dataset.time.values.tolist() == [0.5, 1.0, 1.5, 2.0, 2.5]
    assert "date" not in dataset.coords


def test_several_deposits_of_a_type_get_a_dimension_of_their_own() -> None:
    scenario = camjax.load_scenario(TWO_OF_A_KIND)
    dataset = to_dataset(made_up_paths(scenario), scenario.model)
    assert dataset.pool_tvl.dims == ("path", "step", "pool")
    assert dataset.pool.values.tolist() == ["east", "west"]
    assert dataset.utilization.dims == ("path", "step", "money_market")
    assert dataset.money_market.values.tolist() == ["aave", "fuse"]


def test_a_single_trajectory_becomes_path_zero(scenario: Scenario) -> None:
    arrays = {name: values[0] for name, values in made_up_paths(scenario).items()}
    trajectory = camjax.Trajectory(variables=arrays, final_state=None)
    dataset = to_dataset(trajectory, scenario.model)
    assert dataset.sizes["path"] == 1
    np.testing.assert_array_equal(dataset.balance.values[0], arrays["balance"])


def test_the_last_step_alone_keeps_its_number(scenario: Scenario) -> None:
    last = {name: values[:, -1:] for name, values in made_up_paths(scenario).items()}
    dataset = to_dataset(last, scenario.model, scenario=scenario, last_step=STEPS)
    assert dataset.step.values.tolist() == [STEPS]
    assert dataset.time.values.tolist() == [float(STEPS)]


def test_a_variable_of_a_user_s_own_deposit_is_kept_and_labelled() -> None:
    scenario = camjax.load_scenario(TWO_OF_A_KIND)

    class Vault:
        dimension = "vault"

    plain = scenario.model.deposits
    model = dataclasses.replace(scenario.model, deposits=(Vault(), plain[1], Vault(), plain[3]))
    arrays = {
        "balance": np.zeros((PATHS, STEPS, 4)),
        "vault_fee": np.zeros((PATHS, STEPS, 2)),
        "order_book": np.zeros((PATHS, STEPS, 7)),
    }
    dataset = to_dataset(arrays, model)
    assert dataset.order_book.dims == ("path", "step", "order_book_0")
    assert dataset.vault_fee.dims == ("path", "step", "vault")
    assert dataset.vault.values.tolist() == ["east", "west"]
    assert dataset.vault_fee.attrs["long_name"] == "vault fee"


def test_statistics_are_those_of_numpy(dataset: xarray.Dataset) -> None:
    reduced = statistics(dataset)
    assert reduced.statistic.values.tolist() == list(STATISTICS)
    assert reduced.balance.dims == ("statistic", "step", "deposit")
    values = dataset.balance.values
    expected = {
        "mean": values.mean(axis=0),
        "std": values.std(axis=0, ddof=1),
        "q05": np.quantile(values, 0.05, axis=0),
        "q50": np.median(values, axis=0),
        "q95": np.quantile(values, 0.95, axis=0),
    }
    for label, value in expected.items():
        np.testing.assert_allclose(reduced.balance.sel(statistic=label), value, rtol=1e-14)
    assert reduced.balance.attrs == dataset.balance.attrs
    assert reduced.attrs == dataset.attrs


def test_statistics_keep_every_flag_that_any_path_raised(dataset: xarray.Dataset) -> None:
    flags = np.zeros((PATHS, STEPS), np.int32)
    flags[0, 2], flags[1, 2], flags[3, 4] = 1, 2, 4
    reduced = statistics(dataset.assign(status=(("path", "step"), flags)))
    assert reduced.status.values.tolist() == [0, 0, 3, 0, 4]


def test_statistics_in_float32_do_not_drift(scenario: Scenario) -> None:
    many = np.full((200_000, 1, 4), 0.1, np.float32)
    reduced = statistics(to_dataset({"balance": many}, scenario.model))
    assert reduced.balance.dtype == np.float32
    np.testing.assert_allclose(reduced.balance.sel(statistic="mean"), 0.1, rtol=1e-7)


def test_what_was_saved_loads_back(dataset: xarray.Dataset, tmp_path: Path) -> None:
    file = save_results(dataset, tmp_path / "new" / "folder" / "results.nc")
    xarray.testing.assert_identical(load_results(file), dataset)
    assert [path.name for path in file.parent.iterdir()] == ["results.nc"]


def test_statistics_survive_the_file(dataset: xarray.Dataset, tmp_path: Path) -> None:
    reduced = statistics(dataset)
    xarray.testing.assert_identical(
        load_results(save_results(reduced, tmp_path / "results.nc")), reduced
    )


def test_a_write_that_fails_leaves_nothing_and_spares_what_was_there(
    dataset: xarray.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    older = tmp_path / "results.nc"
    older.write_text("older")
    with pytest.raises(CamjaxError, match="no space left on device"):
        save_results(dataset, older)
    with pytest.raises(CamjaxError, match="no space left on device"):
        save_results(dataset, tmp_path / "new" / "results.nc")
    assert [path.name for path in tmp_path.iterdir()] == ["results.nc"]
    assert older.read_text() == "older"


def test_a_place_that_cannot_be_written_is_refused_without_a_trace(
    dataset: xarray.Dataset, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "results.nc").mkdir()
    for place in (tmp_path / "file" / "results.nc", tmp_path / "results.nc"):
        with pytest.raises(CamjaxError, match="expected a file that can be written"):
            check_writable(place)
        with pytest.raises(CamjaxError, match="expected a file that can be written"):
            save_results(dataset, place)
    check_writable(tmp_path / "new" / "folder" / "results.nc")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "results.nc"]


def test_loading_what_is_not_a_result_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.nc"
    text.write_text("not netCDF")
    with pytest.raises(CamjaxError, match="missing.nc: expected results of a run"):
        load_results(tmp_path / "missing.nc")
    with pytest.raises(CamjaxError, match="text.nc: expected results of a run"):
        load_results(text)
