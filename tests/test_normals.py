"""Normals drawn for many keys at once are those that JAX draws from each."""

import jax
import numpy as np
import pytest

from camjax.processes.normals import standard_normals

KEYS = jax.random.split(jax.random.key(5), 3)
ROWS = 17


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_normals_are_those_of_jax_bit_for_bit(dtype: type) -> None:
    together = standard_normals(KEYS, ROWS, np.dtype(dtype))
    assert together.shape == (ROWS, len(KEYS))
    for i, key in enumerate(KEYS):
        expected = jax.random.normal(key, (ROWS,), dtype)
        np.testing.assert_array_equal(together[:, i], expected)
        np.testing.assert_array_equal(standard_normals(key, ROWS, np.dtype(dtype)), expected)


def test_vmapped_keys_draw_the_same() -> None:
    alone = jax.vmap(lambda key: standard_normals(key, ROWS, np.dtype(np.float32)))(KEYS)
    np.testing.assert_array_equal(alone.T, standard_normals(KEYS, ROWS, np.dtype(np.float32)))


def test_keys_of_another_kind_draw_as_jax_does() -> None:
    key = jax.random.key(5, impl="rbg")
    drawn = standard_normals(key, ROWS, np.dtype(np.float32))
    np.testing.assert_array_equal(drawn, jax.random.normal(key, (ROWS,), np.float32))
