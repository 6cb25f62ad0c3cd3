"""Built-in market conditions and studies, and two ways to do without savings."""

import jax
import numpy as np
import pytest
import xarray

import camjax
from camjax.analysis import deficit, protocol_revenue, shares
from camjax.scenario import list_builtin, load_sweep

STUDIES = ("savings-rate", "high-savings-rates", "savings-disabled", "market-conditions")


def price(name: str, num_paths: int = 400) -> np.ndarray:
    """Prices of many paths of a built-in scenario, [P, T + 1]."""
    scenario = camjax.load_scenario(name)
    keys = jax.random.split(jax.random.key(0), num_paths)
    return np.asarray(jax.vmap(scenario.processes.sample)(keys)["volatile_asset_price"])


def test_every_built_in_loads_and_says_what_it_is() -> None:
    for name, about in list_builtin():
        assert camjax.load_scenario(name).name == name
        assert about


@pytest.mark.parametrize("name", STUDIES)
def test_settings_of_a_study_are_built_in_scenarios(name: str) -> None:
    sweep = load_sweep(name)
    for label, scenario in zip(sweep.labels, sweep.scenarios, strict=True):
        assert scenario.toml == camjax.load_scenario(label).toml


def test_the_constant_price_is_constant() -> None:
    assert (price("constant-price") == 2000).all()


def test_the_price_steps_down_and_up_again() -> None:
    path = price("price-step", 1)[0]
    assert (
        (path[:122] == 2000).all() and (path[122:243] == 1000).all() and (path[243:] == 2000).all()
    )


@pytest.mark.parametrize(("name", "end"), [("price-trend-down", 1600), ("price-trend-up", 2400)])
def test_a_trend_moves_the_mean_by_a_fifth_in_a_year(name: str, end: float) -> None:
    last = price(name)[:, -1]
    assert abs(last.mean() - end) < 3 * last.std() / np.sqrt(len(last))


@pytest.mark.parametrize(("name", "daily"), [("low-volatility", 10), ("high-volatility", 40)])
def test_volatility_is_half_or_twice_the_default(name: str, daily: float) -> None:
    assert np.diff(price(name)).std() == pytest.approx(daily, rel=0.02)


@pytest.fixture(scope="module")
def disabled() -> xarray.Dataset:
    """Savings at a rate of 0, and left alone."""
    return camjax.sweep("savings-disabled", paths=3)


def test_savings_at_zero_and_savings_removed_differ_where_holders_know_no_yields(
    disabled: xarray.Dataset,
) -> None:
    """Before any yield is known all open deposits look alike, savings at a rate of 0 too."""
    zero, removed = (disabled.sel(setting=name) for name in disabled.setting.values)
    first = zero.target_weight.isel(step=0)
    np.testing.assert_allclose(first, 0.25)
    alone = removed.target_weight.isel(step=0)
    np.testing.assert_allclose(alone.dropna("deposit"), 1 / 3)
    assert (zero.balance.sel(deposit="savings").isel(step=0) > 1e6).all()
    assert (removed.balance.sel(deposit="savings") == 0).all()


def test_they_end_alike_for_what_pays_nothing_is_left(disabled: xarray.Dataset) -> None:
    zero, removed = (disabled.sel(setting=name) for name in disabled.setting.values)
    assert (shares(zero).sel(deposit="savings").isel(step=-1) < 1e-12).all()
    assert shares(removed).sel(deposit="savings").isnull().all()
    ends = [one.balance.sel(deposit="money_market").isel(step=-1) for one in (zero, removed)]
    np.testing.assert_allclose(*ends, rtol=0.02)


@pytest.mark.slow
def test_under_random_preferences_a_rate_of_zero_keeps_its_savers() -> None:
    settings = {"deposits.savings.allocated": [True, False]}
    overrides = {"weights": {"rule": "exogenous"}, "deposits.savings.rate": 0.0, "steps": 60}
    found = shares(camjax.sweep("fei", settings, paths=3, overrides=overrides))
    kept, removed = found.sel(deposit="savings").isel(step=-1)
    assert (kept > 0.1).all(), "the rule does not look at yields"
    assert removed.isnull().all()


def test_the_published_study_has_no_deficit_in_any_setting() -> None:
    """Its notebook printed 100 %: the first step of a series that was never negative."""
    results = camjax.sweep("savings-rate", paths=100, seed=0)
    found = deficit(results, protocol_revenue(results))
    assert (found.probability == 0).all() and (found.never == 1).all()
    np.testing.assert_allclose(found.high, 1 - 0.025 ** (1 / 100), rtol=1e-9)
    ten_percent = deficit(results, protocol_revenue(results), rate=0.10)
    assert (ten_percent.probability.sel(setting="savings-3pct") == 1).all()
    assert (ten_percent.probability.sel(setting="savings-off") == 0).all()
