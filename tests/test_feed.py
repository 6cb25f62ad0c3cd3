"""A run reads the same rows from drivers that are made as it goes as from those that lie ready."""

from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import camjax
from camjax.feed import Feed, GivenFeed, StreamFeed
from camjax.market import Row

STEPS = 12
PRICE = {"process": "geometric_brownian_motion", "initial": 2000.0, "volatility": 0.05}
POOL = {"type": "liquidity_pool", "user_balance": 1e6, "protocol_tvl_usd": 5e7}
JUMPS = {"process": "jump_diffusion", "jump_intensity": 0.3, "jump_mean": -0.1, "jump_std": 0.1}
CHANGES: dict[str, dict[str, Any]] = {
    "default": {},
    "float64 noise": {"noise": "float64"},
    "float32": {"precision": "float32"},
    "correlated jumps, exogenous weights": {
        "drivers.volatile_asset_price": PRICE | JUMPS,
        "drivers.savings_rate": {"process": "uniform_noise", "low": 0.01, "high": 0.02},
        "drivers.correlation": [["volatile_asset_price", "utilization", -0.5]],
        "deposits.savings.rate": None,
        "weights.rule": "exogenous",
        "weights.concentration": [1.0, 1.0, 1.0, 1.0],
    },
    "correlated drivers but the price": {
        "drivers.fei_price": PRICE | {"initial": 1.0},
        "drivers.correlation": [["fei_price", "utilization", 0.5]],
    },
    "a price without memory": {
        "drivers.volatile_asset_price": {"process": "gaussian_noise", "mean": 10.0, "std": 1.0}
    },
    "outside risk, closing, redemption": {
        "drivers.risk_savings": {"process": "uniform_noise", "low": 0.0, "high": 1.0},
        "drivers.available_savings": {"process": "schedule", "values": [1.0, 0.0], "days": [0, 5]},
        "drivers.mint_redeem": {"process": "brownian_motion", "initial": 0.0, "volatility": 1e6},
    },
    "two pools": {
        "deposits": [
            {"name": "one", **POOL},
            {"name": "other", **POOL},
            {"name": "idle", "type": "idle", "user_balance": 1e8},
        ]
    },
    "no price": {
        "deposits": [
            {"name": "market", "type": "external", "user_balance": 1e7, "rate": 0.02},
            {"name": "idle", "type": "idle", "user_balance": 1e8},
        ],
        "drivers": {},
        "revenue.volatile_units": 0.0,
    },
}


def read(feed: Feed) -> tuple[Row, Row]:
    """Row 0, and rows 1…T."""
    state, first = feed.start()
    return first, jax.lax.scan(feed.advance, state, feed.rows)[1]


def assert_same_rows(scenario: camjax.Scenario, key: jax.Array) -> None:
    def streamed(key: jax.Array) -> tuple[Row, Row]:
        feed = scenario.feed(key)
        assert isinstance(feed, StreamFeed)
        return read(feed)

    def given(key: jax.Array) -> tuple[Row, Row]:
        return read(GivenFeed(model=scenario.model, drivers=scenario.sample_drivers(key)))

    found, expected = jax.jit(streamed)(key), jax.jit(given)(key)
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    rounding = 1e-5 if scenario.precision == "float32" else 1e-12
    for ours, theirs in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=rounding, atol=rounding)


@pytest.mark.parametrize(
    ("name", "impl"), [*((name, "threefry2x32") for name in CHANGES), ("default", "rbg")]
)
def test_rows_made_as_a_run_goes_are_those_that_lie_ready(name: str, impl: str) -> None:
    scenario = camjax.load_scenario("fei", {"steps": STEPS, **CHANGES[name]})
    assert_same_rows(scenario, jax.random.key(3, impl=impl))


def test_bootstrapped_prices_are_the_same_too(tmp_path: Path) -> None:
    history = tmp_path / "history.csv"
    history.write_text("price\n" + "\n".join(map(str, [1.0, 1.1, 0.9, 1.2, 0.6])))
    price = {"process": "block_bootstrap", "history": str(history), "block_steps": 2}
    price |= {"column": "price", "kind": "log_return"}
    changes = {"steps": STEPS, "drivers.volatile_asset_price": price}
    assert_same_rows(camjax.load_scenario("fei", changes), jax.random.key(3))


def test_series_that_are_given_are_read_as_they_are(tmp_path: Path) -> None:
    prices, rates = np.linspace(2000.0, 1500.0, STEPS + 1), np.linspace(0.5, 0.9, STEPS + 1)
    lines = [f"{price},{rate}" for price, rate in zip(prices, rates, strict=True)]
    file = tmp_path / "drivers.csv"
    file.write_text("\n".join(["volatile_asset_price,utilization", *lines]))
    scenario = camjax.load_scenario("fei", {"steps": STEPS, "drivers.file": str(file)})
    assert_same_rows(scenario, jax.random.key(3))
    first, later = read(scenario.feed(jax.random.key(3)))
    np.testing.assert_array_equal(first.volatile_asset_price, prices[0])
    np.testing.assert_array_equal(later.volatile_asset_price, prices[1:])


def test_many_deposits_read_series_that_lie_ready() -> None:
    venues = [
        {"name": f"venue_{i}", "type": "external", "user_balance": 1e6, "rate": 0.01}
        for i in range(9)
    ]
    drivers = {"drivers": {}, "revenue.volatile_units": 0.0}
    changes = {"steps": STEPS, "deposits": venues, **drivers}
    assert isinstance(camjax.load_scenario("fei", changes).feed(jax.random.key(0)), GivenFeed)
