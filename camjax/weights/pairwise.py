"""The pairwise rule: flows between pairs first, weights from them."""

import dataclasses
from typing import Any

import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree, static
from camjax.network import Network
from camjax.vector import Vector
from camjax.weights.base import Target, View
from camjax.weights.memory import Statistics, YieldMemory
from camjax.weights.preferences import Preferences, logarithms, relative_advantage


@pytree
class PairwiseRule:
    """Every pair of deposits exchanges capital by its own relative score.

    a_ij = (s_i^γ - s_j^γ) / (s_i^γ + s_j^γ);  flow into i from j:
    δ_ij = r G_ij a_ij (w_j if a_ij > 0 else w_i) / (N - 1);  W_i = w_i + Σ_j δ_ij.

    δ is antisymmetric and no deposit sends more than r of what it holds, so W is on the simplex
    by construction. S δ are the transfers: the rate is already in them.

    Args:
      preferences: what makes a score of yields and risks.
      memory: which quotes count.
      conductance: [E] G in [0, 1], one per pair, from `Network.split`.
      network: the pairs.
      gain: [] γ, positive; None for 1.

    References:
      Specification, 4.5.
    """

    preferences: Preferences
    memory: YieldMemory
    conductance: Vector
    gain: Array | None = None
    network: Network = static()

    def init(self, like: Vector) -> Any:
        """Empty yield memory."""
        return self.memory.init(like)

    def target(self, memory: Any, view: View) -> Target:
        """Flows of this step and the weights they lead to."""
        convenience_yield = self.preferences.convenience_yield
        statistics = self.memory.statistics(memory, convenience_yield, view)
        advantage = self._advantage(statistics, view)
        held_first, held_second = self.network.at_ends(view.weights)
        held_by_sender = advantage.map(
            lambda a, i, j: jnp.where(a > 0, j, i), held_first, held_second
        )
        share = view.rate / (self.network.num_deposits - 1)
        flows = self.conductance * advantage * held_by_sender * share
        return Target(weights=view.weights + self.network.net(flows), flows=flows)

    def _advantage(self, statistics: Statistics, view: View) -> Vector:
        """a_ij [E], with yields' power beyond 1 in logarithms, where none is out of range."""
        elasticity = self.preferences.elasticity
        linear = dataclasses.replace(self.preferences, elasticity=None)
        first, second = self.network.at_ends(linear.scores(statistics, view))
        if elasticity is None:
            return first.map(lambda i, j: relative_advantage(i, j, self.gain), second)
        # The difference first, so that equal yields differ by exactly 0.
        return first.map(
            lambda i, j, y, z: relative_advantage(i, j, self.gain, (elasticity - 1) * (y - z)),
            second,
            *self.network.at_ends(logarithms(statistics)),
        )

    def remember(self, memory: Any, yield_rates: Vector, dt_days: float) -> Any:
        """Record this step's quotes."""
        return self.memory.remember(memory, yield_rates, dt_days)
