"""The prescribed rule: weights from outside, such as a forecast or a historical series."""

from camjax._pytree import pytree, static
from camjax.errors import CamjaxError, refusal
from camjax.weights.base import MemorylessRule, Target, View
from camjax.weights.simplex import restricted


@pytree
class PrescribedRule(MemorylessRule):
    """Weights are read from the drivers `target_<deposit>`.

    Args:
      allocation: True where they are the weights themselves and capital moves there at once;
        False where they are a target that capital approaches at rate r.

    References:
      Specification, 4.7.
    """

    allocation: bool = static(default=False)

    def target(self, memory: tuple[()], view: View) -> Target:
        """This step's prescribed weights."""
        del memory
        if view.target is None:
            raise CamjaxError(
                refusal("drivers", "a target_<deposit> series for each allocated deposit", "none")
            )
        weights = restricted(view.target, view.open, otherwise=view.unclaimed)
        return Target(weights=weights, at_once=self.allocation)
