"""The protocol every weight rule follows, and what it sees."""

from typing import Any, Protocol

from jax import Array

from camjax._pytree import pytree, static
from camjax.vector import Vector
from camjax.weights.simplex import restricted


@pytree
class View:
    """What a rule may see of one step. Vectors run over the N allocated deposits."""

    step: Array
    """t, 1 to T."""
    weights: Vector
    """w, current weights, on the simplex."""
    volatile_asset_risk: Array
    """ρ_t in [0, 1]."""
    risk: Vector | None
    """Outside risk of each deposit."""
    open: Vector | None
    """1 where a deposit may hold a share of the target, 0 where it may not; None: all may."""
    rate: Array
    """r, share of the way to the target that capital moves in one step."""
    dirichlet: Vector | None
    """This step's draw from the simplex."""
    target: Vector | None
    """This step's prescribed weights."""
    dt_days: float = static()
    """Δt."""

    @property
    def unclaimed(self) -> Vector:
        """Target weights where no open deposit has a claim: what is in the open ones stays in them.

        w over the open deposits, normalised; w itself where they hold nothing either.

        References:
          Specification, A3.
        """
        return restricted(self.weights, self.open, otherwise=self.weights)


@pytree
class Target:
    """Where a rule wants capital to be.

    Capital approaches `weights` at rate r, unless the rule says otherwise: `at_once` moves it
    there in this step, and `flows` are themselves this step's moves, share of S into i from j.
    """

    weights: Vector
    flows: Vector | None = None
    at_once: bool = static(default=False)


class WeightRule(Protocol):
    """How holders decide. A rule is a pytree of parameters; its memory is any pytree."""

    def init(self, like: Vector) -> Any:
        """Memory before the first step, in the form and dtype of a per-deposit vector."""
        ...

    def target(self, memory: Any, view: View) -> Target:
        """Target weights of this step, from what is remembered and what is seen."""
        ...

    def remember(self, memory: Any, yield_rates: Vector, dt_days: float) -> Any:
        """Memory after this step's quotes, 1/year."""
        ...


class MemorylessRule:
    """Base of rules that do not look at yields."""

    def init(self, like: Vector) -> tuple[()]:
        """Nothing is remembered."""
        del like
        return ()

    def remember(self, memory: tuple[()], yield_rates: Vector, dt_days: float) -> tuple[()]:
        """Nothing is remembered."""
        del yield_rates, dt_days
        return memory
