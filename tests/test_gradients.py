"""Derivatives of final shares by every parameter and initial balance, in several structures."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from derivatives import backwards, backwards_by_all, final_shares, forwards, forwards_by_model
from gradient_structures import EDGES, STEPS, STRUCTURES, built, changed
from jax.flatten_util import ravel_pytree

import camjax
from camjax import DriverProcesses, Drivers, Model, load_scenario, simulate

RELATIVE_STEP = 3e-3

every_structure = pytest.mark.parametrize("name", STRUCTURES)


def assert_close_to_quotients(derivatives: Any, quotients: Any, scales: np.ndarray) -> None:
    sizes, errors = np.abs(quotients), np.abs(np.asarray(derivatives) - quotients)
    assert (errors <= 1e-6 * np.maximum(sizes, 1e-6)).all()
    # As strictly for numbers far from 1: derivatives by their logarithms.
    by_logarithms = scales[:, None]
    assert (errors * by_logarithms <= 1e-6 * np.maximum(sizes * by_logarithms, 1e-6)).all()


def assert_derivatives_are_quotients(model: Model, drivers: Drivers, scales: np.ndarray) -> None:
    forward, quotients = forwards_by_model(model, drivers, RELATIVE_STEP * scales)
    backward, _ = backwards_by_all(model, drivers)
    assert_close_to_quotients(forward, quotients, scales)
    assert_close_to_quotients(backward, quotients, scales)


def assert_finite_and_alike_in_both_modes(model: Model, drivers: Drivers) -> None:
    anywhere = jnp.ones_like(ravel_pytree(model)[0])
    forward, _ = map(np.asarray, forwards_by_model(model, drivers, anywhere))
    backward, by_drivers = map(np.asarray, backwards_by_all(model, drivers))
    assert np.isfinite(backward).all()
    assert np.isfinite(by_drivers).all()
    largest = np.maximum(np.abs(backward).max(1, keepdims=True), 1)
    assert (np.abs(forward - backward) <= 1e-10 * largest).all()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if place % 3 == 0 else [pytest.mark.slow])
        for place, name in enumerate(STRUCTURES)
    ],
)
def test_derivatives_are_difference_quotients(name):
    model, drivers = built(name)
    numbers = np.asarray(ravel_pytree(model)[0])
    assert (numbers != 0).all()  # in general position: every number has a scale of its own
    assert_derivatives_are_quotients(model, drivers, np.abs(numbers))


WITHOUT_EFFECT = {
    # What the protocol lends, while utilization is given, and its share of a pool.
    "endogenous, netted": 2,
    "borrow demand": 0,
    "cap, idle zero": 4,  # and all that would give idle a weight
    "ten deposits": 5,
}


@pytest.mark.parametrize("name", WITHOUT_EFFECT)
def test_every_number_has_an_effect(name):
    derivative, _ = backwards_by_all(*built(name))
    assert (~derivative.any(1)).sum() == WITHOUT_EFFECT[name]


@every_structure
@pytest.mark.parametrize("edge", EDGES)
def test_derivatives_are_finite_and_alike_in_both_modes(name, edge):
    model, drivers = built(name)
    assert_finite_and_alike_in_both_modes(*changed(model, drivers, *EDGES[edge]))


@every_structure
def test_derivatives_are_finite_where_all_capital_moves_in_a_step(name):
    model, drivers = built(name)
    one_step = jnp.ones_like(model.rebalancing.duration_days)
    at_once = dataclasses.replace(model.rebalancing, duration_days=one_step)
    assert_finite_and_alike_in_both_modes(dataclasses.replace(model, rebalancing=at_once), drivers)


@pytest.mark.parametrize("name", ["endogenous, netted", "borrow demand"])
def test_derivatives_by_balances_that_are_zero_are_difference_quotients(name):
    model, drivers = built(name)
    scales = np.abs(ravel_pytree(model)[0])
    empty, _ = changed(model, drivers, {"user_balance": 0.0}, {})
    assert (ravel_pytree(empty)[0] == 0).sum() == len(model.deposits) - 1
    assert_derivatives_are_quotients(empty, drivers, scales)


@pytest.mark.parametrize("name", [name for name in STRUCTURES if "minted" in name])
@pytest.mark.parametrize("refilled", [-1e12, 0.0, 1e6])
def test_derivatives_are_finite_when_all_is_redeemed(name, refilled):
    flow = np.where(np.arange(STEPS + 1) < 4, -1e12, refilled)
    model, drivers = changed(*built(name), {"user_balance": 0.0}, {"mint_redeem": flow})
    balances = simulate(model, drivers, record=("balance",)).balance
    assert not balances[:3].any()
    assert balances[-1].any() == (refilled > 0)
    assert_finite_and_alike_in_both_modes(model, drivers)


@pytest.mark.parametrize("name", [name for name in STRUCTURES if "closing" in name])
@pytest.mark.parametrize("is_open", [0.0, 1.0])
def test_derivatives_are_finite_where_all_deposits_are_closed_or_none_is(name, is_open):
    model, drivers = built(name)
    available = jax.tree.map(lambda series: jnp.full_like(series, is_open), drivers.available)
    assert_finite_and_alike_in_both_modes(model, dataclasses.replace(drivers, available=available))


PROCESSES = {
    "steps": STEPS,
    "deposits": [
        {"name": "market", "type": "money_market", "user_balance": 3e7, "protocol_balance": 0},
        {"name": "idle", "type": "idle", "user_balance": 9e7},
    ],
    "weights.convenience_yield": {"idle": 0.01},
    "market.risk_window": 4,
    "drivers.correlation": [["volatile_asset_price", "utilization", -0.3]],
}
KEY = jax.random.key(5)
"""Of a path on which no kink lies within the reach of the differences."""


@jax.jit
def by_processes(processes: DriverProcesses, model: Model, steps: jax.Array):
    """Derivatives by every number of the processes in both modes, and central differences."""
    flat, unravel = ravel_pytree(processes)

    def shares(numbers):
        return final_shares(model, model.drivers(unravel(numbers).sample(KEY)))

    return *forwards(shares, flat, steps), *backwards(shares, flat)


def test_derivatives_by_what_drives_the_market_are_difference_quotients():
    scenario = load_scenario("fei", PROCESSES)
    numbers = np.asarray(ravel_pytree(scenario.processes)[0])
    scales = np.where(numbers == 0, 1, np.abs(numbers))
    forward, quotients, backward = by_processes(scenario.processes, scenario.model, 1e-3 * scales)
    assert_close_to_quotients(forward, quotients, scales)
    assert_close_to_quotients(backward, quotients, scales)
    np.testing.assert_allclose(forward, backward, rtol=0, atol=1e-10)
    mean_std_initial_drift_volatility = backward[:5]
    assert mean_std_initial_drift_volatility.all()


@pytest.mark.slow
def test_second_derivatives_are_finite_and_agree_in_every_mode() -> None:
    """Yields that have not moved yet have no spread: the root's derivatives there must stay 0."""
    scenario = camjax.load_scenario(
        "fei", {"steps": 6, "weights.convenience_yield": {"idle": 0.01}}
    )
    names = ("rebalancing.duration_days", "weights.asset_risk_aversion", "deposits.savings.rate")
    parameters = camjax.parameters(scenario, names)
    drivers = scenario.sample_drivers(jax.random.key(0))

    def share(values: jax.Array) -> jax.Array:
        model, _ = parameters.insert(values)
        balance = camjax.simulate(model, drivers, record=("balance",)).balance[-1]
        return balance[2] / balance.sum()

    values = jnp.asarray(parameters.values)
    hessians = [
        jax.jit(outer(inner(share)))(values)
        for outer in (jax.jacfwd, jax.jacrev)
        for inner in (jax.jacfwd, jax.jacrev)
    ]
    for hessian in hessians[1:]:
        np.testing.assert_allclose(hessian, hessians[0], rtol=1e-9)
    gradient, step = jax.jit(jax.grad(share)), 1e-5 * values
    for i in range(len(names)):
        moved = jnp.zeros_like(values).at[i].set(step[i])
        quotient = (gradient(values + moved) - gradient(values - moved)) / (2 * step[i])
        np.testing.assert_allclose(hessians[0][i], quotient, rtol=1e-5, atol=1e-12)
