"""Numbers as JAX arrays of a scenario's precision."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from camjax.scenario.messages import refuse

Real = Callable[[Any], Array]
"""Turns a number or numbers into an array of the scenario's precision."""


def real_numbers(precision: str) -> Real:
    """How numbers of a precision become arrays.

    Raises:
      ScenarioError: float64 asked for while JAX would make float32 of it; the function, where a
        number is larger than the precision holds.
    """
    if precision == "float64" and not jax.config.read("jax_enable_x64"):
        refuse(
            "precision",
            "JAX's 64-bit types turned on for float64",
            "JAX in 32 bits",
            'Call camjax.configure(precision="float64") first, or set precision = "float32".',
        )
    dtype = np.dtype(precision)
    largest = np.finfo(dtype).max

    def real(value: Any) -> Array:
        # Only numbers can be looked at: arrays of JAX may be traced, and have a precision already.
        if not any(isinstance(leaf, Array) for leaf in jax.tree.leaves(value)):
            sizes = np.abs(np.asarray(value, np.float64))
            if (np.isfinite(sizes) & (sizes > largest)).any():
                expected = f"numbers that {precision} holds, up to {largest:.2g}"
                refuse("precision", expected, f"{sizes.max():.6g}", 'Set precision = "float64".')
        return jnp.asarray(value, dtype)

    return real


def optional(value: float | None, real: Real) -> Array | None:
    """A number that may be left out."""
    return None if value is None else real(value)
