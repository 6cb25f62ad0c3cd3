"""The laws of gradients in float32: right to rounding, in both modes, for paths and for means."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from derivatives import backwards_by_all, double, final_shares, forwards_by_model, single
from gradient_structures import AT_THE_FLOOR, EDGES, STRUCTURES, built, changed
from jax.flatten_util import ravel_pytree

import camjax
from calibration.sensitivity.local import LocalResult, local
from camjax import Drivers, Model
from camjax.questions import Evaluations, Outputs

TOLERANCE = 1e-4
"""Of derivatives by logarithms, against the larger of themselves and 1, which shares are of.

Rounding reaches 2e-5: quotes round by parts of 1, since a pool's loss is a ratio less 1, and are of
the order of 0.01.
"""


def sizes(tree: object) -> np.ndarray:
    numbers = np.abs(np.asarray(ravel_pytree(tree)[0]))
    return np.where(numbers == 0, 1, numbers)


def assert_close(found: object, expected: object, scales: np.ndarray) -> None:
    """Derivatives [L, ...] by numbers [L] agree to float32's rounding; NaN and infinity do not."""
    by_logarithms = scales.reshape(-1, *[1] * (np.ndim(expected) - 1))
    right = np.asarray(expected) * by_logarithms
    errors = np.abs(np.asarray(found, np.float64) * by_logarithms - right)
    assert (errors <= TOLERANCE * np.maximum(np.abs(right), 1)).all()


def assert_single_follows_double(model: Model, drivers: Drivers) -> None:
    half = single((model, drivers))
    expected, expected_by_drivers = backwards_by_all(*double(half))
    forward, _ = forwards_by_model(*half, jnp.ones_like(ravel_pytree(half[0])[0]))
    backward, by_drivers = backwards_by_all(*half)
    assert backward.dtype == forward.dtype == jnp.float32
    for found in (forward, backward):
        assert_close(found, expected, sizes(half[0]))
    assert_close(by_drivers, expected_by_drivers, sizes(half[1]))


QUICK = ("neutral", "pairwise, elasticity of 50, factor of 1e12")
"""Structures that every run of the tests compiles; the others take minutes together."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in QUICK else pytest.mark.slow)
        for name in AT_THE_FLOOR | STRUCTURES
    ],
)
def test_float32_derivatives_are_those_of_float64_in_both_modes_and_on_all_edges(name):
    model, drivers = built(name)
    assert_single_follows_double(model, drivers)
    for edge in EDGES.values():
        assert_single_follows_double(*changed(model, drivers, *edge))


AMOUNTS = ("user_balance", "protocol_balance", "protocol_tvl_usd")


@pytest.mark.parametrize("name", QUICK)
def test_derivatives_do_not_depend_on_the_unit_of_amounts(name):
    """In units of 1e-18 FEI, as chains count, the square of a sum is beyond float32."""
    model, drivers = single(built(name))
    deposits = tuple(
        dataclasses.replace(
            deposit,
            **{name: getattr(deposit, name) * 1e18 for name in AMOUNTS if hasattr(deposit, name)},
        )
        for deposit in model.deposits
    )
    tiny = dataclasses.replace(model, deposits=deposits)
    assert sizes(tiny).max() > 1e25
    (found, _), (expected, _) = backwards_by_all(tiny, drivers), backwards_by_all(model, drivers)
    unit = sizes(tiny) / sizes(model)
    assert_close(found, np.asarray(expected, np.float64) / unit[:, None], sizes(tiny))


@jax.jit
def by_path(model: Model, drivers: Drivers) -> jax.Array:
    """Derivatives of the final share of savings by all numbers [paths, L]."""

    def share(model: Model, path: Drivers) -> jax.Array:
        return final_shares(model, path)[2]

    slopes = jax.vmap(jax.grad(share), (None, 0))(model, drivers)
    return jax.vmap(lambda tree: ravel_pytree(tree)[0])(slopes)


@pytest.mark.slow
def test_float32_derivatives_of_paths_and_of_their_mean_are_those_of_float64():
    scenario = camjax.load_scenario("fei", {"steps": 12, "precision": "float32"})
    keys = jax.random.split(jax.random.key(0), 20)
    half = scenario.model, jax.vmap(scenario.sample_drivers)(keys)
    found, expected = by_path(*half), by_path(*double(half))
    scales = sizes(scenario.model)
    assert_close(found.T, expected.T, scales)
    assert_close(found.mean(0), expected.mean(0), scales)


def sensitivity(precision: str) -> LocalResult:
    """What `camjax sensitivity fei` computes, by some of the numbers."""
    scenario = camjax.load_scenario("fei", {"steps": 12, "precision": precision})
    names = (
        "weights.convenience_yield.idle",
        "weights.convenience_yield.liquidity_pool",
        "weights.asset_risk_aversion",
        "weights.exposure.idle",
    )
    varied = camjax.parameters(scenario, names)
    return local(Evaluations(varied, Outputs(scenario, ("share[savings]", "share[idle]")), 64))


def test_sensitivities_are_those_of_float64_and_0_where_nothing_changes():
    half, exact = sensitivity("float32"), sensitivity("float64")
    assert_close(half.derivative, exact.derivative, np.ones(2))
    assert_close(half.derivative_reach, exact.derivative_reach, np.ones(2))
    # Idle's yield of 0 is below the floor: a little more of it changes nothing.
    assert not exact.derivative[:, 0].any()
    assert not half.derivative[:, 0].any()
    assert exact.derivative[0, 1] < -1


SMALL = {
    "steps": 5,
    "deposits": [
        {"name": "market", "type": "money_market", "user_balance": 3e7, "protocol_balance": 0},
        {"name": "savings", "type": "savings", "user_balance": 3e7, "rate": 0.02},
        {"name": "idle", "type": "idle", "user_balance": 9e7},
    ],
}


def test_second_derivatives_are_those_of_float64():
    names = (
        "weights.asset_risk_aversion",
        "weights.convenience_yield.idle",
        "deposits.savings.rate",
    )
    hessians = []
    for precision in ("float32", "float64"):
        scenario = camjax.load_scenario("fei", {**SMALL, "precision": precision})
        parameters = camjax.parameters(scenario, names)
        drivers = scenario.sample_drivers(jax.random.key(0))

        def share(values, parameters=parameters, drivers=drivers):
            return final_shares(parameters.insert(values)[0], drivers)[0]

        scales = sizes(parameters.values)
        hessian = np.asarray(jax.jit(jax.hessian(share))(parameters.values))
        hessians.append(hessian * scales[:, None] * scales)
    assert_close(*hessians, np.ones(3))
    assert np.abs(hessians[1][0, 0]) > 1e-4
    assert not hessians[0][1].any()
