"""Sweeps: the same random numbers in every setting, as few programs as there are structures."""

from functools import partial

import jax
import numpy as np
import pytest
import xarray

import camjax
from camjax import DriverProcesses, Model, Scenario
from camjax.analysis import shares
from camjax.errors import CamjaxError
from camjax.results import load_results, save_results, statistics, to_dataset
from camjax.scenario import load_sweep
from camjax.sweeps import run_sweep
from camjax.sweeps.program import Layout
from camjax.sweeps.structures import stacks

STEPS, PATHS = 12, 5
SHORT = {"steps": STEPS}
SCHEDULE = [[0, 0.03], [6, 0.0]]
RATES = {"deposits.savings.rate": [0.005, 0.03, SCHEDULE]}


@pytest.fixture(scope="module")
def rates() -> xarray.Dataset:
    """Two constant rates and a schedule, on five paths."""
    return camjax.sweep("fei", RATES, paths=PATHS, seed=3, overrides=SHORT)


def alone(overrides: dict[str, object], seed: int = 3) -> xarray.Dataset:
    """The same paths, run for themselves."""
    scenario = camjax.load_scenario("fei", SHORT | overrides)
    key = jax.random.key(seed)
    keys = jax.vmap(lambda path: jax.random.fold_in(key, path))(np.arange(PATHS))
    run = jax.jit(jax.vmap(partial(_path, scenario), in_axes=(None, None, 0)))
    paths = run(scenario.model, scenario.processes, keys)
    return to_dataset(paths, scenario.model, scenario=scenario, seed=seed)


def _path(
    scenario: Scenario, model: Model, processes: DriverProcesses, key: jax.Array
) -> camjax.Trajectory:
    drivers = scenario.with_leaves(model, processes).sample_drivers(key)
    return camjax.simulate(model, drivers)


def test_each_setting_is_what_it_is_alone(rates: xarray.Dataset) -> None:
    for place, rate in enumerate(RATES["deposits.savings.rate"]):
        expected = alone({"deposits.savings.rate": rate})
        for name, variable in expected.data_vars.items():
            found = rates[name].isel(setting=place)
            assert found.dims == variable.dims
            assert found.attrs["units"] == variable.attrs["units"]
            scale = np.nanmax(np.abs(variable.values), initial=1e-300)
            np.testing.assert_allclose(found / scale, variable / scale, atol=1e-12, err_msg=name)


def test_all_settings_share_their_random_numbers(rates: xarray.Dataset) -> None:
    for name in ("volatile_asset_price", "utilization"):
        assert (rates[name] == rates[name].isel(setting=0)).all()
    assert rates.volatile_asset_price.isel(setting=0, step=-1).values.std() > 0


def test_the_design_is_part_of_the_results(rates: xarray.Dataset) -> None:
    assert rates["deposits.savings.rate"].values.tolist() == [
        "0.005", "0.03", "[[0.0, 0.03], [6.0, 0.0]]",
    ]  # fmt: skip
    assert rates.attrs["swept"] == ["deposits.savings.rate"]
    assert rates.setting.values[1] == "savings.rate=0.03"
    assert camjax.load_scenario(rates.scenario.values[1]).model.deposits[2].rate == 0.03
    assert load_sweep(rates.attrs["scenario"]).labels == tuple(rates.setting.values)


def test_results_of_a_sweep_are_saved_and_read_back(rates: xarray.Dataset, tmp_path) -> None:
    save_results(rates, tmp_path / "results.nc")
    xarray.testing.assert_equal(load_results(tmp_path), rates)


def test_constant_rates_run_in_the_program_of_schedules() -> None:
    assert len(stacks(load_sweep("fei", RATES, overrides=SHORT).scenarios)) == 1


def test_settings_fall_into_as_many_programs_as_there_are_structures() -> None:
    axes = {"weights.yield_window": [3, 5], "rebalancing.duration_days": [7, 30, 90]}
    found = stacks(load_sweep("fei", axes, overrides=SHORT).scenarios)
    assert [stack.places for stack in found] == [(0, 1, 2), (3, 4, 5)]
    (varied,) = {leaf.shape for leaf in jax.tree.leaves(found[0].leaves) if leaf.shape}
    assert varied == (3,), "only what differs is stacked"


def test_initial_balances_and_drivers_can_be_swept() -> None:
    axes = {
        "deposits.idle.user_balance": [1e8, 2e8],
        "drivers.utilization.mean": [0.5, 0.8],
    }
    found = camjax.sweep("fei", axes, mode="zip", paths=2, overrides=SHORT)
    np.testing.assert_allclose(found.balance.sum("deposit")[:, 0, 0], [1.3e8, 2.3e8], rtol=1e-9)
    assert (found.utilization[1] > found.utilization[0]).all()


def test_a_deposit_that_a_setting_lacks_is_not_a_number_there() -> None:
    document = camjax.load_scenario("fei", SHORT).document.model_dump(by_alias=True)
    document = {key: value for key, value in document.items() if value is not None}
    deposits = [{k: v for k, v in d.items() if v is not None} for d in document["deposits"]]
    settings = [
        {"name": "all", "set": {"steps": STEPS}},
        {"name": "without", "set": {"deposits": deposits[1:2] + deposits[3:], "steps": STEPS - 2}},
    ]
    found = camjax.sweep("fei", paths=2, overrides={"sweep": {"settings": settings}})
    names = ["liquidity_pool", "money_market", "savings", "idle"]
    assert found.deposit.values.tolist() == names, "in network order"
    without = found.sel(setting="without")
    assert np.isnan(without.balance.sel(deposit="savings")).all()
    assert np.isnan(without.balance.isel(step=slice(-2, None))).all()
    assert np.isfinite(without.balance.sel(deposit="idle", step=1)).all()
    assert np.isnan(shares(found).sel(setting="without", deposit="savings")).all()
    assert found["steps"].values.tolist() == [12, 10]


def test_settings_of_different_dimensions_are_refused() -> None:
    document = camjax.load_scenario("fei", SHORT).document.model_dump(by_alias=True)
    deposits = [{k: v for k, v in d.items() if v is not None} for d in document["deposits"]]
    more = [*deposits, deposits[1] | {"name": "aave"}]
    table = {"settings": [{"name": "one", "set": {}}, {"name": "two", "set": {"deposits": more}}]}
    with pytest.raises(CamjaxError, match="one money_market in every setting, or several in every"):
        camjax.sweep("fei", paths=1, overrides=SHORT | {"sweep": table})


def test_final_steps_and_statistics_are_those_of_the_trajectories(rates: xarray.Dataset) -> None:
    options = {"paths": PATHS, "seed": 3, "overrides": SHORT}
    final = camjax.sweep("fei", RATES, keep="final", **options)
    assert final.step.values.tolist() == [STEPS]
    np.testing.assert_allclose(final.balance, rates.balance[:, :, -1:], rtol=1e-12)
    found = camjax.sweep("fei", RATES, keep="statistics", **options)
    expected = statistics(rates.isel(setting=1).assign(share=shares(rates.isel(setting=1))))
    for name in ("balance", "share", "yield_rate"):
        np.testing.assert_allclose(found[name][1], expected[name], rtol=1e-9, atol=1e-15)


def test_trajectories_that_are_too_large_become_statistics(monkeypatch) -> None:
    monkeypatch.setattr("camjax.sweeps.run.KEPT_BYTES", 1000)
    loaded = load_sweep("fei", RATES, overrides=SHORT)
    assert "statistic" in run_sweep(loaded, PATHS, seed=3).results.dims
    monkeypatch.setattr("camjax.sweeps.run.MOST_BYTES", 1000)
    with pytest.raises(CamjaxError, match="sweep: expected trajectories of at most"):
        run_sweep(loaded, PATHS, seed=3, keep="trajectories")


@pytest.mark.slow
def test_statistics_of_paths_that_are_not_held_are_the_same(monkeypatch) -> None:
    loaded = load_sweep("savings-rate", overrides=SHORT)
    exact = run_sweep(loaded, 400, seed=3, keep="statistics").results
    monkeypatch.setattr("camjax.sweeps.run.HELD_BYTES", 1000)
    run = run_sweep(loaded, 400, seed=3, keep="statistics")
    assert run.clock.num_programs == 1
    assert run.results.attrs["paths"] == 400 and run.results.sizes == exact.sizes
    for name in ("balance", "share", "transfer", "pool_tvl"):
        scale = float(np.abs(exact[name]).max())  # shares of the pool are NaN
        found, expected = run.results[name] / scale, exact[name] / scale
        moments = {"statistic": ["mean", "std"]}
        np.testing.assert_allclose(found.sel(moments), expected.sel(moments), atol=1e-9)
        error = float(run.results[name].attrs["quantile_error"]) / scale
        np.testing.assert_allclose(found, expected, atol=error + 1e-2)
    assert (run.results.status == exact.status).all()


def test_nothing_random_runs_one_path() -> None:
    still = {
        "drivers.volatile_asset_price": {"process": "constant", "value": 2000.0},
        "drivers.utilization": {"process": "constant", "value": 0.7},
    }
    found = camjax.sweep("fei", {"deposits.savings.rate": [0.0, 0.1]}, overrides=SHORT | still)
    assert found.sizes["path"] == 1


@pytest.mark.parametrize(
    ("num_settings", "num_paths", "layout"),
    [(4, 100, (4, 100)), (64, 100, (16, 100)), (3, 5000, (1, 1668)), (5, 3, (5, 4))],
)
def test_calls_are_cut_to_fit_into_cache(
    num_settings: int, num_paths: int, layout: tuple[int, int]
) -> None:
    assert Layout.of(num_settings, num_paths, 2) == Layout(*layout)


def test_more_settings_and_paths_than_a_call_takes_are_all_there(monkeypatch) -> None:
    axes = {"deposits.savings.rate": [0.01, 0.02, 0.03]}
    whole = camjax.sweep("fei", axes, paths=PATHS, overrides=SHORT)
    monkeypatch.setattr("camjax.sweeps.program.LANES", 2)
    parts = camjax.sweep("fei", axes, paths=PATHS, overrides=SHORT)
    np.testing.assert_allclose(parts.balance, whole.balance, rtol=1e-9, atol=1e-3)
