"""From targets to settled balances: rates, plans, and both settlements against plain loops."""

import functools
import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from camjax.network import Network
from camjax.rebalancing import Plan, Rebalancing, plan, remainder, settle, transfers
from camjax.vector import Vector
from camjax.weights import Target

DEPOSITS = 4
FORMS = [True, False]


def vector(array: Any, unrolled: bool = True) -> Vector:
    array = jnp.asarray(array)
    return Vector(parts=tuple(array) if unrolled else (array,), unrolled=unrolled)


def rebalancing(duration_days: float = 30.0, **choices: str) -> Rebalancing:
    return Rebalancing(duration_days=jnp.asarray(duration_days), **choices)


@pytest.mark.parametrize("dt_days", [0.25, 1.0, 8.0])
def test_the_share_covered_in_a_step_follows_its_law(dt_days):
    rate = rebalancing(8.0).rate(dt_days)
    assert rate == pytest.approx(np.sqrt(dt_days / 8), rel=1e-15)
    assert (rate == 1) == (dt_days == 8)
    rate = rebalancing(8.0, law="exponential").rate(dt_days)
    assert rate == pytest.approx(1 - np.exp(-dt_days / 8), rel=1e-15)


def test_progress_under_the_exponential_law_does_not_depend_on_the_step():
    law = rebalancing(30.0, law="exponential")
    remaining = [(1 - law.rate(1 / count)) ** count for count in (1, 2, 49)]
    np.testing.assert_allclose(remaining, np.exp(-1 / 30), rtol=1e-13)


def test_a_slow_exponential_rate_is_accurate_in_single_precision():
    slow = Rebalancing(duration_days=jnp.asarray(1e6, jnp.float32), law="exponential")
    assert slow.rate(0.001) == pytest.approx(1e-9, rel=1e-6)


@functools.partial(jax.jit, static_argnums=(0, 3, 4))
def moved(choices, balances, weights, unrolled, at_once, rate):
    """Plan and settled balances on the complete graph."""
    options, network = rebalancing(**dict(choices)), Network(len(balances))
    held, target = (vector(array, unrolled) for array in (balances, weights))
    planned = plan(
        options, network, held, held.sum(), Target(weights=target, at_once=at_once), rate
    )
    settled = settle(options, network, held, planned)
    return jax.tree.map(
        lambda vector: vector.stack(),
        (
            planned.change,
            transfers(options, network, planned),
            settled,
            remainder(held, planned, settled),
        ),
        is_leaf=lambda tree: isinstance(tree, Vector),
    )


def move(balances, weights, rate=0.2, unrolled=True, at_once=False, **choices: str):
    numbers = (jnp.asarray(balances), jnp.asarray(weights))
    options = tuple(choices.items())
    results = moved(options, *numbers, unrolled, at_once, jnp.asarray(rate))
    return [np.asarray(result) for result in results]


def loop(balances: np.ndarray, transfers: np.ndarray) -> np.ndarray:
    """Specification, 3.8."""
    held = np.array(balances)
    pairs = itertools.combinations(range(len(held)), 2)
    for (i, j), planned in zip(pairs, transfers, strict=True):
        source, destination = (j, i) if planned > 0 else (i, j)
        amount = min(abs(planned), held[source])
        held[source] -= amount
        held[destination] += amount
    return held


amounts = hnp.arrays(float, DEPOSITS, elements=st.just(0.0) | st.floats(0, 1e8))
worlds = st.tuples(amounts, amounts).filter(lambda pair: min(pair[0].sum(), pair[1].sum()) > 1)
RATES = [0.01, 0.2, 1.0]


@given(world=worlds, rate=st.sampled_from(RATES), unrolled=st.sampled_from(FORMS))
def test_capital_covers_the_rates_share_of_the_way(world, rate, unrolled):
    balances, mass = world
    weights, total = mass / mass.sum(), balances.sum()
    change, transfers, settled, rest = move(balances, weights, rate, unrolled)
    expected = rate * (weights * total - balances)
    np.testing.assert_allclose(change, expected, rtol=0, atol=1e-13 * total)
    net = Network(DEPOSITS).incidence @ transfers
    np.testing.assert_allclose(net, change, rtol=0, atol=1e-13 * total)
    np.testing.assert_allclose(settled, balances + expected, rtol=0, atol=1e-13 * total)
    assert abs(settled.sum() - total) <= 1e-13 * total
    assert (settled >= 0).all()
    np.testing.assert_array_equal(rest, 0)


@given(world=worlds, rate=st.sampled_from(RATES), unrolled=st.sampled_from(FORMS))
def test_sequential_settlement_clamps_pair_by_pair(world, rate, unrolled):
    balances, mass = world
    weights, total = mass / mass.sum(), balances.sum()
    choices = {"settlement": "sequential"}
    change, transfers, settled, rest = move(balances, weights, rate, unrolled, **choices)
    expected = loop(balances, transfers)
    np.testing.assert_allclose(settled, expected, rtol=0, atol=1e-13 * total)
    np.testing.assert_allclose(rest, balances + change - expected, rtol=0, atol=1e-13 * total)
    assert (settled >= 0).all()
    assert abs(settled.sum() - total) <= 1e-13 * total


def test_a_clamp_leaves_a_remainder():
    # Deposit 1 holds nothing when it should pass on to 0 what 2 has yet to give it.
    balances, transfers = vector([0.0, 0.0, 10.0]), vector([4.0, 0.0, 4.0])
    planned = Plan(change=vector([4.0, 0.0, -4.0]), flows=transfers)
    sequential = rebalancing(settlement="sequential")
    settled = settle(sequential, Network(3), balances, planned)
    np.testing.assert_array_equal(settled.stack(), [0.0, 4.0, 6.0])
    np.testing.assert_array_equal(remainder(balances, planned, settled).stack(), [4.0, -4.0, 0.0])


@pytest.mark.parametrize("settlement", ["netted", "sequential"])
def test_both_forms_of_a_vector_settle_alike(settlement):
    generator = np.random.default_rng(2)
    for _ in range(5):
        balances, weights = generator.exponential(1e7, DEPOSITS), generator.dirichlet([0.3] * 4)
        scalars, array = (
            move(balances, weights, 1.0, unrolled, settlement=settlement) for unrolled in FORMS
        )
        for one, other in zip(scalars, array, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)


def test_an_allocation_is_reached_at_once():
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    change, _, settled, _ = move([100.0, 0.0, 0.0, 0.0], weights, at_once=True)
    np.testing.assert_allclose(change, [-90.0, 20.0, 30.0, 40.0], rtol=1e-14)
    np.testing.assert_allclose(settled, 100 * weights, rtol=1e-14)


def test_transfers_are_constrained_unless_the_shortest_are_asked_for():
    balances, weights = [100.0, 0.0, 0.0, 0.0], [0.1, 0.2, 0.3, 0.4]
    for name, constrained in (("constrained", True), ("minimum_norm", False)):
        change, transfers, _, _ = move(balances, weights, transfers=name)
        expected = Network(DEPOSITS).transfers(change, constrained)
        np.testing.assert_allclose(transfers, expected, rtol=0, atol=1e-13)


@functools.partial(jax.jit, static_argnums=2)
def flown(balances, flows, unrolled):
    """Balances after flows that are shares of the total, netted."""
    held, network = vector(balances, unrolled), Network(DEPOSITS)
    target = Target(weights=held, flows=vector(flows, unrolled))
    planned = plan(rebalancing(), network, held, held.sum(), target, jnp.asarray(0.2))
    settled = settle(rebalancing(), network, held, planned)
    return planned.flows.stack(), settled.stack()


@given(
    balances=amounts.filter(lambda held: held.sum() > 1),
    advantages=hnp.arrays(float, 6, elements=st.floats(-1, 1)),
    unrolled=st.sampled_from(FORMS),
)
def test_flows_of_a_rule_are_the_transfers_and_take_no_more_than_is_held(
    balances, advantages, unrolled
):
    # As the pairwise rule at rate 1: each of three pairs takes up to a third of what is held.
    weights, first, second = balances / balances.sum(), *Network(DEPOSITS).ends
    flows = advantages * np.where(advantages > 0, weights[second], weights[first]) / 3
    transfers, settled = flown(jnp.asarray(balances), jnp.asarray(flows), unrolled)
    total = balances.sum()
    np.testing.assert_allclose(transfers, flows * total, rtol=0, atol=1e-13 * total)
    net = Network(DEPOSITS).incidence @ flows * total
    np.testing.assert_allclose(settled, balances + net, rtol=0, atol=1e-13 * total)
    assert (settled >= 0).all()


def test_emptying_a_deposit_is_differentiated_as_any_other_move():
    def left(weights):
        held = vector([50.0, 50.0])
        planned = plan(
            rebalancing(1.0),
            Network(2),
            held,
            held.sum(),
            Target(weights=vector(weights)),
            jnp.asarray(1.0),
        )
        return settle(rebalancing(1.0), Network(2), held, planned).stack()

    slopes = jax.jacrev(left)(jnp.asarray([0.0, 1.0]))
    np.testing.assert_allclose(slopes, 100 * np.eye(2))
