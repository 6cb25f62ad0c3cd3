"""Whether paths that run side by side fit in memory, told before they are compiled."""

import jax
import numpy as np
from jax import Array

from camjax.ensemble.base import PathSource
from camjax.ensemble.blocks import check_num_paths
from camjax.memory import bytes_of, check_fits


def check_steps_fit(source: PathSource, key: Array, num_paths: int, *, kept_bytes: int = 0) -> None:
    """Refuse paths whose steps are more than the memory holds.

    What a scan over their steps takes along is held of all that run side by side, and so is what
    is kept of them; neither can be less than this.

    Args:
      source: whose paths they are.
      key: of any path.
      num_paths: that run side by side.
      kept_bytes: what is kept of one path.

    Raises:
      CamjaxError: they do not fit.
    """
    rows = bytes_of(jax.eval_shape(lambda key: source.feed(key).rows, key))
    remedy = "Run fewer steps, or longer ones."
    check_fits(num_paths * (rows + kept_bytes), f"steps of {num_paths:,} paths at once", remedy)


def check_normals_fit(source: PathSource, num_paths: int) -> None:
    """Refuse paths whose normals, all of them drawn at once, are more than the memory holds.

    Raises:
      CamjaxError: they are, or more paths than can be numbered.
    """
    check_num_paths(num_paths)
    one = jax.eval_shape(source.processes.normals, jax.random.split(jax.random.key(0), 1))
    each = bytes_of(one) + np.dtype(np.uint64).itemsize  # a key of 64 bits
    check_fits(num_paths * each, f"random numbers of {num_paths:,} paths", "Run fewer paths.")
