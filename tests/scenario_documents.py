"""Scenario documents that tests load, and ways to change and compare them."""

import copy
import datetime
from typing import Any

import jax
import numpy as np
import pytest

from camjax.errors import ScenarioError
from camjax.scenario import Scenario, load_scenario

MINIMAL: dict[str, Any] = {
    "steps": 5,
    "deposits": [
        {"name": "savings", "type": "savings", "user_balance": 1, "rate": 0.02},
        {"name": "idle", "type": "idle", "user_balance": 2},
    ],
}

EVERYTHING: dict[str, Any] = {
    "name": 'every "thing"',
    "token": "DAI",
    "start_date": datetime.date(2021, 1, 1),
    "steps": 12,
    "dt_days": 0.5,
    "deposits": [
        {
            "name": "uniswap",
            "type": "liquidity_pool",
            "user_balance": 10,
            "protocol_tvl_usd": 1000,
        },
        {"name": "aave-v2", "type": "money_market", "user_balance": 20, "protocol_balance": 5},
        {"name": "compound", "type": "money_market", "user_balance": 20, "protocol_balance": 0},
        {
            "name": "dsr",
            "type": "savings",
            "user_balance": 4,
            "rate": [[0, 0.03], [2.5, 0.0]],
        },
        {"name": "curve", "type": "external", "user_balance": 1},
        {"name": "wallets", "type": "idle", "user_balance": 9, "allocated": False},
    ],
    "weights": {
        "rule": "pairwise",
        "yield_half_life_days": 2.0,
        "elasticity": 0.9,
        "gain": 2,
        "idle_weight": "zero",
        "conductance": [["compound", "aave-v2", 0.5]],
        "factor": {"dsr": 2},
        "exposure": {"curve": 0.5},
        "convenience_yield": {"dsr": -0.01},
    },
    "rebalancing": {
        "law": "exponential",
        "pairs": [
            ["curve", "dsr"],
            ["uniswap", "aave-v2"],
            ["aave-v2", "compound"],
            ["compound", "dsr"],
        ],
    },
    "market": {"risk_window": 5},
    "drivers": {
        "correlation": [["volatile_asset_price", "utilization_aave-v2", -0.3]],
        "volatile_asset_price": {
            "process": "geometric_brownian_motion",
            "initial": 700,
            "drift": 0.001,
            "volatility": 0.05,
        },
        "fei_price": {"process": "constant", "value": 1.0},
        "utilization_aave-v2": {
            "process": "ornstein_uhlenbeck",
            "mean": 0.7,
            "reversion_rate": 0.2,
            "volatility": 0.02,
        },
        "borrow_demand_compound": {"process": "uniform_noise", "low": 10, "high": 20},
        "yield_rate_curve": {
            "process": "jump_diffusion",
            "initial": 0.05,
            "volatility": 0.1,
            "jump_intensity": 0.1,
            "jump_mean": 0.0,
            "jump_std": 0.2,
        },
        "available_curve": {"process": "schedule", "values": [1, 0], "days": [0, 3]},
        "risk_dsr": {"process": "gaussian_noise", "mean": 0.1, "std": 0.01},
        "mint_redeem": {"process": "brownian_motion", "initial": 0, "volatility": 0.1},
    },
}

PRICE = {"process": "constant", "value": 2000.0}
BASE: dict[str, Any] = {
    "steps": 4,
    "deposits": [
        {
            "name": "pool",
            "type": "liquidity_pool",
            "user_balance": 1e6,
            "protocol_tvl_usd": 5e6,
        },
        {
            "name": "market",
            "type": "money_market",
            "user_balance": 3e6,
            "protocol_balance": 3e6,
        },
        {"name": "savings", "type": "savings", "user_balance": 0, "rate": 0.015},
        {"name": "idle", "type": "idle", "user_balance": 2e7},
    ],
    "drivers": {
        "volatile_asset_price": PRICE,
        "utilization": {"process": "gaussian_noise", "mean": 0.7, "std": 0.05},
    },
}
MISSING = object()
"""As a value: the key is taken out."""


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """BASE with values put at dotted paths, without the code under test."""
    document = copy.deepcopy(BASE)
    for path, value in changes.items():
        *parents, key = path.split(".")
        table: Any = document
        for parent in parents:
            if isinstance(table, list):
                table = next(entry for entry in table if entry["name"] == parent)
            else:
                table = table.setdefault(parent, {})
        if value is MISSING:
            del table[key]
        else:
            table[key] = value
    return document


def assert_same(one: Scenario, other: Scenario) -> None:
    """Two scenarios with the same document, structure and numbers."""
    assert one.document == other.document
    assert one.toml == other.toml
    for first, second in ((one.model, other.model), (one.processes, other.processes)):
        assert str(jax.tree.structure(first)) == str(jax.tree.structure(second))
        for a, b in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True):
            np.testing.assert_array_equal(a, b)


def assert_refused(document: dict[str, Any], fragments: tuple[str, ...]) -> None:
    """Loading ends in one line that has the form of all refusals and contains the fragments."""
    with pytest.raises(ScenarioError) as refused:
        load_scenario(document)
    message = str(refused.value)
    assert message.startswith("scenario: ")
    assert "expected" in message
    assert "got" in message
    assert "\n" not in message
    for fragment in fragments:
        assert fragment in message
