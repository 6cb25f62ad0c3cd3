"""Normals are those of Box and Muller from Threefry's words, row by row as all at once."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.random import threefry_2x32
from numpy.typing import NDArray
from scipy import stats

from camjax.processes.normals import (
    drawn_again,
    drawn_if_due,
    normal_of_row,
    normal_pair,
    standard_normals,
    words_of,
)

KEYS = jax.random.split(jax.random.key(5), 3)
ROWS = 17
FLOAT32 = np.dtype(np.float32)


def exact(key: jax.Array, num_rows: int) -> NDArray:
    """In float64, from JAX's own words; the uniform of the radius has float32's digits."""
    numbers = np.arange(num_rows, dtype=np.uint32)
    words = threefry_2x32(jax.random.key_data(key), np.stack([0 * numbers, numbers]).ravel())
    a, b = np.asarray(words).reshape(2, num_rows)
    uniform = (a.astype(np.float32) + np.float32(0.5)).astype(np.float64) / 2**32
    turn = b.astype(np.int32).astype(np.float32).astype(np.float64) / 2**32
    pairs = np.sqrt(-2 * np.log(uniform)) * np.exp(2j * np.pi * turn)
    return np.stack([pairs.real, pairs.imag], axis=1).ravel()[:num_rows]


def test_normals_are_those_of_box_and_muller() -> None:
    drawn = np.asarray(standard_normals(KEYS, 20_001, FLOAT32), np.float64)
    assert drawn.shape == (20_001, len(KEYS))
    for i, key in enumerate(KEYS):
        expected = exact(key, 20_001)
        np.testing.assert_allclose(drawn[:, i], expected, rtol=5e-7, atol=5e-7)


def test_rows_drawn_in_turn_are_those_drawn_at_once() -> None:
    @jax.jit
    def in_turn(key: jax.Array) -> jax.Array:
        words = words_of(key)

        def row(pair: jax.Array, number: jax.Array) -> tuple[jax.Array, jax.Array]:
            return normal_of_row(words, number, pair)[::-1]

        start = normal_pair(words, jnp.uint32(0))
        return jax.lax.scan(row, start, jnp.arange(ROWS, dtype=jnp.int32))[1]

    together = standard_normals(KEYS, ROWS, FLOAT32)
    np.testing.assert_array_equal(jax.vmap(in_turn, out_axes=-1)(KEYS), together)
    np.testing.assert_array_equal(in_turn(KEYS[1]), together[:, 1])


def test_a_pair_that_is_kept_is_the_pair_drawn_again() -> None:
    """As cores and as other devices come to it."""
    key, kept = words_of(KEYS[0]), normal_pair(words_of(KEYS[0]), jnp.uint32(3))
    for row in (6, 7):
        for come_to_it in (drawn_if_due, drawn_again):
            pair = come_to_it(key, jnp.int32(row), kept)
            np.testing.assert_allclose(pair, kept, rtol=1e-6)
    assert drawn_if_due(key, jnp.int32(8), kept) != kept


def test_normals_of_each_key_are_the_same_in_any_batch() -> None:
    together = standard_normals(KEYS, ROWS, FLOAT32)
    for i, key in enumerate(KEYS):
        np.testing.assert_array_equal(together[:, i], standard_normals(key, ROWS, FLOAT32))
    apart = jax.vmap(lambda key: standard_normals(key, ROWS, FLOAT32))(KEYS)
    np.testing.assert_array_equal(apart.T, together)


def test_a_million_normals_are_standard_and_independent() -> None:
    """Kolmogorov and Smirnov, the tails beyond four, and what a pair's parts might share."""
    keys = jax.random.split(jax.random.key(11), 2000)
    drawn = np.asarray(standard_normals(keys, 500, FLOAT32), np.float64)
    assert stats.kstest(drawn.ravel(), "norm").pvalue > 0.001
    beyond = int((np.abs(drawn) > 4).sum())
    assert stats.binomtest(beyond, drawn.size, 2 * stats.norm.sf(4)).pvalue > 0.001
    first, second = drawn[0::2].ravel(), drawn[1::2].ravel()
    for shared in (first * second, (first**2 - 1) * (second**2 - 1), first[1:] * second[:-1]):
        assert abs(shared.mean()) < 4 * shared.std() / np.sqrt(shared.size)


@pytest.mark.parametrize(("impl", "dtype"), [("rbg", np.float32), ("threefry2x32", np.float64)])
def test_normals_of_other_keys_and_precisions_are_those_of_jax(impl: str, dtype: type) -> None:
    key = jax.random.key(5, impl=impl)
    drawn = standard_normals(key, ROWS, np.dtype(dtype))
    assert drawn.dtype == dtype
    np.testing.assert_array_equal(drawn, jax.random.normal(key, (ROWS,), dtype))
