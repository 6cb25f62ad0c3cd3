"""Paths reassembled from blocks of history."""

from typing import ClassVar, Literal, get_args

import jax
import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree, static
from camjax.errors import ScenarioError, refusal

Kind = Literal["level", "difference", "log_return"]


@pytree
class BlockBootstrap:
    """Circular block bootstrap: history cut into blocks, drawn with replacement and joined.

    Row t takes entry B_⌈t/L⌉ + (t − 1 mod L), mod M, of the M historical entries E, where L is the
    block length and the starts B are independent and uniform on 0…M−1:

    | kind       | entries of history H                 | path from X_0 = initial |
    |------------|--------------------------------------|-------------------------|
    | level      | E_k = H_k, M = H                     | X_t = E                 |
    | difference | E_k = H_{k+1} − H_k, M = H − 1       | X_t = X_{t−1} + E       |
    | log_return | E_k = log(H_{k+1} / H_k), M = H − 1  | X_t = X_{t−1} exp(E)    |

    History closes into a circle, so every entry is equally likely on every row: a row's entry has
    the historical mean ē and variance s² (population). Entries within a block keep the historical
    autocovariance, those of different blocks are independent, so rows at lag h < L are still
    together with probability (L − h) / L on average. After t steps a difference path has mean
    initial + t ē, and a path of log returns has mean log initial + t ē in its logarithm. History
    has one value a step: its spacing is the step length, whatever that is.

    Raises:
      ScenarioError: while the path is traced, for an unknown kind, a block that is empty or longer
        than the circle, or a history without two values to take a difference of.

    References:
      Politis and Romano (1992), A circular block-resampling procedure for stationary data.

    >>> from camjax.processes import sample_path
    >>> history = jnp.asarray([3.0, 5.0, 7.0])
    >>> steady = BlockBootstrap(initial=0.0, history=history, block_steps=2, kind="difference")
    >>> sample_path(steady, jax.random.key(0), steps=3, dt_days=1.0).tolist()
    [0.0, 2.0, 4.0, 6.0]
    """

    gaussian: ClassVar[bool] = False
    random: ClassVar[bool] = True

    initial: Array  # [] row 0
    history: Array  # [H] one value a step; positive for log returns
    block_steps: int = static()  # L
    kind: Kind = static()

    def innovations(self, key: Array, num_rows: int, dt_days: float) -> Array:
        """[T+1] the entry each row takes: a level, a difference or a ratio; row 0 takes none."""
        entries = self._entries()
        num_blocks = -(-(num_rows - 1) // self.block_steps)
        starts = jax.random.randint(key, (num_blocks, 1), 0, entries.size)
        offsets = jnp.arange(self.block_steps, dtype=starts.dtype)[None]
        chosen = ((starts + offsets) % entries.size).reshape(-1)[: num_rows - 1]
        return jnp.concatenate([jnp.zeros_like(entries[:1]), entries[chosen]])

    def start(self, normal: None, innovation: Array) -> tuple[Array, Array]:
        """Row 0 is `initial`."""
        value = jnp.asarray(self.initial)
        return value, value

    def advance(
        self, state: Array, normal: None, innovation: Array, dt_days: float
    ) -> tuple[Array, Array]:
        """Take the row's level, or apply its difference or ratio."""
        match self.kind:
            case "level":
                value = innovation
            case "difference":
                value = state + innovation
            case "log_return":
                value = state * innovation
        return value, value

    def _entries(self) -> Array:
        """[M] what blocks are cut from; log returns as ratios, to spare a row its exponential."""
        if self.kind not in get_args(Kind):
            raise ScenarioError(refusal("kind", f"one of {', '.join(get_args(Kind))}", self.kind))
        history = jnp.asarray(self.history)
        num_entries = history.size - (self.kind != "level")
        if num_entries < 1:
            raise ScenarioError(
                refusal("history", f"enough values for a {self.kind}", f"{history.size}")
            )
        if not 1 <= self.block_steps <= num_entries:
            raise ScenarioError(
                refusal(
                    "block_steps",
                    f"between 1 and {num_entries}, the length of the history to cut",
                    self.block_steps,
                )
            )
        match self.kind:
            case "level":
                return history
            case "difference":
                return history[1:] - history[:-1]
            case "log_return":
                return history[1:] / history[:-1]
