"""Deposits as a graph: closed forms against pseudoinverses, and what graphs are refused."""

import itertools
import math
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camjax.errors import CamjaxError
from camjax.network import Network
from camjax.vector import MAX_UNROLLED, Vector

# Graphs that are not complete: a chain, a star, a ring with a chord, and a bigger tree.
GRAPHS = {
    "chain": Network(4, ((0, 1), (1, 2), (2, 3))),
    "star": Network(5, ((3, 0), (3, 1), (3, 2), (3, 4))),
    "ring": Network(5, ((0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (1, 3))),
    "tree": Network(12, tuple((i, (i - 1) // 2) for i in range(1, 12))),
}


transfers_of = jax.jit(Network.transfers, static_argnums=(0, 2))


def balanced(num_deposits: int, seed: int = 0) -> np.ndarray:
    """A change of balances that sums to zero."""
    change = np.random.default_rng(seed).normal(size=num_deposits)
    return change - change.mean()


def unrolled(array: np.ndarray | jax.Array) -> Vector:
    return Vector(parts=tuple(jnp.asarray(entry) for entry in array), unrolled=True)


def whole(array: np.ndarray | jax.Array) -> Vector:
    return Vector(parts=(jnp.asarray(array),), unrolled=False)


def largest_array(jaxpr: Any) -> int:
    """Entries of the largest array that a program makes or holds, inside its calls too."""
    sizes = [math.prod(variable.aval.shape) for variable in jaxpr.constvars + jaxpr.invars]
    for equation in jaxpr.eqns:
        sizes += [math.prod(variable.aval.shape) for variable in equation.outvars]
        sizes += [largest_array(inner) for inner in inner_programs(equation)]
    return max(sizes)


def inner_programs(equation: Any) -> Iterator[Any]:
    for parameter in equation.params.values():
        if hasattr(parameter, "jaxpr"):
            yield parameter.jaxpr


def test_pairs_of_the_complete_graph_are_row_major():
    for size in (2, 5, 9):
        network = Network(size)
        assert network.edges == tuple(itertools.combinations(range(size), 2))
        np.testing.assert_array_equal(np.stack(network.ends), np.asarray(network.edges).T)


@pytest.mark.parametrize("network", [Network(2), Network(5), *GRAPHS.values()])
def test_incidence_says_where_each_pair_takes_from_and_gives_to(network):
    expected = np.zeros((network.num_deposits, len(network.edges)))
    for e, (i, j) in enumerate(network.edges):
        expected[i, e], expected[j, e] = 1, -1
    np.testing.assert_array_equal(network.incidence, expected)
    np.testing.assert_array_equal(network.constrained_incidence[:-1], expected)
    np.testing.assert_array_equal(network.constrained_incidence[-1], 1)


@pytest.mark.parametrize("size", range(3, 21))
def test_constrained_transfers_are_those_of_the_pseudoinverse(size):
    network, change = Network(size), balanced(size, seed=size)
    expected = np.linalg.pinv(network.constrained_incidence) @ np.append(change, 0)
    np.testing.assert_allclose(transfers_of(network, change), expected, rtol=0, atol=1e-13)


def test_two_deposits_exchange_the_whole_change():
    # The reference appends a zero column to A before the row of ones.
    padded = np.vstack([np.hstack([Network(2).incidence, np.zeros((2, 1))]), np.ones((1, 2))])
    expected = np.linalg.pinv(padded) @ np.array([3.0, -3.0, 0.0])
    for constrained in (True, False):
        transfers = Network(2).transfers(np.array([3.0, -3.0]), constrained)
        np.testing.assert_allclose(transfers, expected[:1], rtol=1e-14)


@pytest.mark.parametrize("size", range(2, 21))
def test_minimum_norm_transfers_are_those_of_the_pseudoinverse(size):
    network, change = Network(size), balanced(size, seed=size)
    inverse = np.linalg.pinv(network.incidence)
    np.testing.assert_allclose(network.pseudoinverse, inverse, rtol=0, atol=1e-14)
    transfers = transfers_of(network, change, False)
    np.testing.assert_allclose(transfers, inverse @ change, rtol=0, atol=1e-13)


@pytest.mark.parametrize("graph", GRAPHS)
def test_transfers_on_a_chosen_graph_are_those_of_its_pseudoinverse(graph):
    network = GRAPHS[graph]
    change = balanced(network.num_deposits)
    transfers = transfers_of(network, change, False)
    expected = np.linalg.pinv(network.incidence) @ change
    np.testing.assert_allclose(transfers, expected, rtol=0, atol=1e-13)
    np.testing.assert_allclose(network.incidence @ transfers, change, rtol=0, atol=1e-13)


def test_a_tree_leaves_no_choice_of_transfers():
    # 4 -> 3 -> 1 -> 0: each edge of a chain carries all that lies beyond it.
    transfers = GRAPHS["chain"].transfers(np.array([3.0, 1.0, -1.0, -3.0]), constrained=False)
    np.testing.assert_allclose(transfers, [3.0, 4.0, 3.0], rtol=1e-14)


# Few sizes, since each is another program.
changes = st.sampled_from([2, 3, 8, 13]).flatmap(
    lambda size: st.lists(st.floats(-1e8, 1e8), min_size=size, max_size=size)
)


def signed_flows(network: Network, transfers: jax.Array) -> np.ndarray:
    """[N, N] flow into i from j, antisymmetric."""
    upper = np.asarray(network.transfer_matrix(transfers))
    return upper - upper.T


@settings(max_examples=60)
@given(entries=changes, constrained=st.booleans())
def test_transfers_conserve(entries, constrained):
    change = np.asarray(entries) - np.mean(entries)
    network, tolerance = Network(len(entries)), 1e-13 * (1 + np.abs(change).sum())
    transfers = transfers_of(network, change, constrained)
    np.testing.assert_allclose(network.incidence @ transfers, change, rtol=0, atol=tolerance)
    net = network.net(whole(transfers)).parts[0]
    np.testing.assert_allclose(net, change, rtol=0, atol=tolerance)
    if constrained and len(entries) > 2:
        assert abs(transfers.sum()) <= tolerance


@settings(max_examples=30)
@given(entries=changes, seed=st.integers(0, 2**32 - 1))
def test_minimum_norm_transfers_do_not_depend_on_the_order_of_deposits(entries, seed):
    change = np.asarray(entries) - np.mean(entries)
    order = np.random.default_rng(seed).permutation(len(entries))
    network, tolerance = Network(len(entries)), 1e-14 * (1 + np.abs(change).sum())
    expected = signed_flows(network, transfers_of(network, change, False))
    flows = signed_flows(network, transfers_of(network, change[order], False))
    np.testing.assert_allclose(flows, expected[np.ix_(order, order)], rtol=0, atol=tolerance)


def test_constrained_transfers_are_larger_and_depend_on_the_order():
    network, change = Network(4), np.array([3.0, -2.0, -2.0, 1.0])
    shortest = network.transfers(change, constrained=False)
    constrained = network.transfers(change)
    assert jnp.linalg.norm(constrained) > jnp.linalg.norm(shortest)
    order = [1, 0, 2, 3]
    flows = signed_flows(network, network.transfers(change[order]))
    moved = np.abs(flows - signed_flows(network, constrained)[np.ix_(order, order)])
    assert moved.max() > 0.1


@pytest.mark.parametrize("constrained", [True, False])
def test_a_thousand_deposits_need_no_matrix(constrained):
    network, change = Network(1000), balanced(1000)
    num_pairs = 1000 * 999 // 2
    program = jax.make_jaxpr(lambda change: network.transfers(change, constrained))(change)
    assert largest_array(program.jaxpr) == num_pairs

    transfers = transfers_of(network, change, constrained)
    net = network.net(whole(transfers)).parts[0]
    np.testing.assert_allclose(net, change, rtol=0, atol=1e-11)
    if constrained:
        assert abs(transfers.sum()) < 1e-9
        row = np.arange(1, 1000)
        skew = 6 / (1000 * 999 * 998) * ((999 - 2 * np.arange(1000)) @ change)
        expected = (change[0] - change[1:]) / 1000 - (1 - 2 * row / 1000) * skew
        np.testing.assert_allclose(transfers[:999], expected, rtol=0, atol=1e-13)
    else:
        rows, columns = np.triu_indices(1000, 1)
        expected = (change[rows] - change[columns]) / 1000
        np.testing.assert_allclose(transfers, expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("network", "constrained"),
    [
        *((Network(size), way) for size in (2, 3, MAX_UNROLLED) for way in (True, False)),
        (GRAPHS["chain"], False),
        (GRAPHS["ring"], False),
    ],
)
def test_both_forms_of_a_vector_give_the_same_transfers(network, constrained):
    change = balanced(network.num_deposits, seed=1)
    in_parts = network.planned(unrolled(change), constrained)
    in_one = network.planned(whole(change), constrained)
    assert in_parts.unrolled
    assert not in_one.unrolled
    np.testing.assert_allclose(in_parts.stack(), in_one.stack(), rtol=0, atol=1e-15)
    np.testing.assert_allclose(
        network.net(in_parts).stack(), network.net(in_one).stack(), rtol=0, atol=1e-15
    )
    ends = zip(network.at_ends(unrolled(change)), network.at_ends(whole(change)), strict=True)
    for scalars, array in ends:
        np.testing.assert_array_equal(scalars.stack(), array.stack())


def test_short_vectors_are_scalars_and_long_ones_arrays():
    for size in (MAX_UNROLLED, MAX_UNROLLED + 1):
        split = Network(size).split(jnp.arange(float(size)))
        assert split.unrolled == Network(size).unrolled == (size == MAX_UNROLLED)
        assert len(split.parts) == (size if split.unrolled else 1)
        np.testing.assert_array_equal(split.stack(), np.arange(size))


def test_the_transfer_matrix_is_strictly_upper_triangular():
    matrix = Network(4).transfer_matrix(jnp.arange(1.0, 7.0))
    np.testing.assert_array_equal(matrix, [[0, 1, 2, 3], [0, 0, 4, 5], [0, 0, 0, 6], [0, 0, 0, 0]])
    on_graph = GRAPHS["chain"].transfer_matrix(jnp.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(on_graph, np.diag([1.0, 2.0, 3.0], 1))


@pytest.mark.parametrize("size", [4, 12])
def test_transfers_keep_the_precision_of_the_change(size):
    change = balanced(size).astype(np.float32)
    for constrained in (True, False):
        assert Network(size).transfers(change, constrained).dtype == np.float32
    pairs = tuple((i, i + 1) for i in range(size - 1))
    for form in (whole(change), unrolled(change)):
        moved = Network(size, pairs).planned(form, constrained=False)
        assert {part.dtype for part in moved.parts} == {np.dtype(np.float32)}


def test_pairs_are_oriented_and_sorted_so_that_equal_graphs_are_equal():
    network = Network(3, ((2, 1), (1, 0)))
    assert network == Network(3, ((0, 1), (1, 2)))
    assert hash(network) == hash(Network(3, ((0, 1), (1, 2))))
    assert network != Network(3)


@pytest.mark.parametrize(
    ("num_deposits", "pairs", "complaint"),
    [
        (1, None, "at least two deposits, got 1"),
        (4, ((0, 1), (2, 3)), "connect all deposits, got no way to deposit 2"),
        (3, ((0, 1),), "no way to deposit 2"),
        (3, (), "no way to deposit 1"),
        (3, ((0, 1), (1, 2), (2, 2)), r"two deposits below 3, got \(2, 2\)"),
        (3, ((0, 1), (1, 2), (1, 0)), "each pair once"),
        (3, ((0, 1), (1, 3)), r"below 3, got \(1, 3\)"),
        (3, ((0, 1), (1, -1)), r"got \(-1, 1\)"),
    ],
)
def test_graphs_that_make_no_sense_are_refused(num_deposits, pairs, complaint):
    with pytest.raises(CamjaxError, match=complaint):
        Network(num_deposits, pairs)


def test_constrained_transfers_are_refused_on_a_chosen_graph():
    with pytest.raises(CamjaxError, match="complete graph only"):
        GRAPHS["chain"].transfers(np.zeros(4), constrained=True)
