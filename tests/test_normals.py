"""Normals drawn for many keys at once are those of each key, as JAX draws them."""

import jax
import numpy as np
import pytest
from scipy.special import erfinv

from camjax.processes.normals import _inverse_error, standard_normals

KEYS = jax.random.split(jax.random.key(5), 3)
ROWS = 17


@pytest.mark.parametrize(("dtype", "apart"), [(np.float32, 8e-6), (np.float64, 0)])
def test_normals_are_those_of_jax_for_each_key(dtype: type, apart: float) -> None:
    """Of the same uniforms; in float32 JAX's inverse error function is off by up to 6e-6."""
    together = standard_normals(KEYS, ROWS, np.dtype(dtype))
    assert together.shape == (ROWS, len(KEYS)) and together.dtype == dtype
    for i, key in enumerate(KEYS):
        expected = jax.random.normal(key, (ROWS,), dtype)
        np.testing.assert_allclose(together[:, i], expected, rtol=apart, atol=0)
        alone = standard_normals(key, ROWS, np.dtype(dtype))
        np.testing.assert_array_equal(together[:, i], alone)


def test_the_inverse_error_function_is_exact_to_a_few_units_at_every_uniform() -> None:
    """Against SciPy in float64, at all 2²³ uniforms: nothing is off by more than six units."""
    uniforms = np.arange(1 - 2**22, 2**22, dtype=np.float64) / 2**22
    uniforms = np.append(uniforms, 2**-24 - 1).astype(np.float32)
    exact = erfinv(uniforms.astype(np.float64))
    found = np.asarray(jax.jit(_inverse_error)(uniforms), np.float64)
    np.testing.assert_allclose(found, exact, rtol=6 * 2**-24, atol=0)


def test_vmapped_keys_draw_the_same() -> None:
    alone = jax.vmap(lambda key: standard_normals(key, ROWS, np.dtype(np.float32)))(KEYS)
    np.testing.assert_array_equal(alone.T, standard_normals(KEYS, ROWS, np.dtype(np.float32)))


def test_keys_of_another_kind_draw_as_jax_does() -> None:
    key = jax.random.key(5, impl="rbg")
    drawn = standard_normals(key, ROWS, np.dtype(np.float32))
    np.testing.assert_array_equal(drawn, jax.random.normal(key, (ROWS,), np.float32))
