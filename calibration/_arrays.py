"""What the array code of this package shares: dtypes that follow the inputs, roots safe at zero."""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from camjax.errors import CamjaxError, refusal


def as_floating(values: ArrayLike, where: str) -> Array:
    """Turn numbers into a JAX array without losing precision behind the caller's back.

    Floating arrays keep their dtype; lists and integers take JAX's default float.

    Args:
      values: [...] any unit.
      where: how to call the values in an error message.

    Returns:
      [...] floating.

    Raises:
      CamjaxError: a float64 NumPy array was given while JAX computes in float32.
    """
    computes_in_double = jnp.result_type(float) == jnp.float64
    is_double = isinstance(values, np.ndarray) and values.dtype == np.float64
    if is_double and not computes_in_double:
        raise CamjaxError(
            refusal(
                where,
                "numbers of the precision JAX computes in, float32",
                "a float64 array",
                'Call camjax.configure(precision="float64") before JAX starts, '
                "or pass values.astype(numpy.float32).",
            )
        )
    array = jnp.asarray(values)
    return array if jnp.issubdtype(array.dtype, jnp.floating) else array.astype(float)


def as_floating_pair(first: ArrayLike, second: ArrayLike, where: str) -> tuple[Array, Array]:
    """Turn two arrays of numbers into JAX arrays of one dtype, the wider of the two.

    Raises:
      CamjaxError: as `as_floating`.
    """
    first, second = as_floating(first, where), as_floating(second, where)
    wider = np.promote_types(first.dtype, second.dtype)
    return first.astype(wider), second.astype(wider)


def require_shape(array: Array, shape: tuple[int, ...], where: str, remedy: str) -> None:
    """Refuse an array of another shape, so that nothing is broadcast by accident.

    Raises:
      CamjaxError: the shapes differ.
    """
    if array.shape != shape:
        raise CamjaxError(refusal(where, f"an array of shape {shape}", f"{array.shape}", remedy))


def sqrt_or_zero(values: Array) -> Array:
    """Square root whose gradient at exactly 0 is 0 instead of infinite; NaN stays NaN."""
    is_zero = values == 0
    return jnp.where(is_zero, 0, jnp.sqrt(jnp.where(is_zero, 1, values)))


def norm(vectors: Array) -> Array:
    """Euclidean norm over the last axis, with gradient 0 where the vector is 0."""
    return sqrt_or_zero((vectors * vectors).sum(axis=-1))
