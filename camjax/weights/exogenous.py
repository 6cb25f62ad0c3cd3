"""The exogenous rule: random preferences, whatever deposits earn."""

from jax import Array

from camjax._pytree import pytree
from camjax.errors import CamjaxError, refusal
from camjax.weights.base import MemorylessRule, Target, View
from camjax.weights.simplex import normalised, restricted


@pytree
class ExogenousRule(MemorylessRule):
    """A random draw pulls current weights: W ∝ r ξ + w, ξ ~ Dirichlet(concentration).

    The draws are drivers, one per step and path; `Scenario.sample_drivers` makes them.

    Args:
      concentration: [N] Dirichlet parameters, positive.

    References:
      Specification, 3.6.
    """

    concentration: Array

    def target(self, memory: tuple[()], view: View) -> Target:
        """Current weights pulled towards this step's draw."""
        del memory
        if view.dirichlet is None:
            raise CamjaxError(
                refusal(
                    "drivers", "a dirichlet_<deposit> series for each allocated deposit", "none"
                )
            )
        pulled = normalised(view.dirichlet * view.rate + view.weights, otherwise=view.weights)
        return Target(weights=restricted(pulled, view.open, otherwise=view.unclaimed))
