"""One process drawn alone."""

from functools import partial

import jax
from jax import Array

from camjax.processes.base import Process
from camjax.processes.stream import stream_of

ALONE = ""
"""The column of a process that is no driver, and so lives in no domain."""


@partial(jax.jit, static_argnames=("steps", "dt_days"))
def sample_path(process: Process, key: Array, steps: int, dt_days: float) -> Array:
    """One path of one process.

    Args:
      process: its parameters decide the dtype.
      key: of this path.
      steps: T.
      dt_days: step length.

    Returns:
      [T+1] rows 0…T.

    >>> from camjax.processes import Constant
    >>> sample_path(Constant(value=0.5), jax.random.key(0), steps=2, dt_days=1.0).tolist()
    [0.5, 0.5, 0.5]
    """
    stream = stream_of({ALONE: process}, {ALONE: key}, steps + 1, dt_days)
    return stream.collect(steps)[ALONE]
