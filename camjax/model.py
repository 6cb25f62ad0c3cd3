"""The model: deposits, weights and rebalancing put together, its state, and what it records."""

from typing import Any

from jax import Array

from camjax._pytree import pytree, static
from camjax.deposits import Deposit
from camjax.deposits.base import Info
from camjax.drivers import drivers_of, rows_of
from camjax.errors import CamjaxError, refusal
from camjax.groups import Groups
from camjax.market import Drivers, Row
from camjax.network import Network
from camjax.rebalancing import Plan, Rebalancing
from camjax.vector import Vector
from camjax.weights import Weights


@pytree
class Model:
    """Everything about a capital allocation that is not a driver.

    Numbers are leaves, so `jax.grad` with respect to a Model gives the derivative by every
    parameter and initial balance; names, counts and choices are static.

    Args:
      deposits: all deposits in network order.
      weights: how the allocated deposits' target weights come about.
      rebalancing: how capital approaches them.
      names: name of each deposit.
      allocated: whether each deposit is under allocation; at least two are.
      network: pairs of allocated deposits between which capital moves.
      risk_window: steps.
      dt_days: Δt, step length.
    """

    deposits: tuple[Deposit, ...]
    weights: Weights
    rebalancing: Rebalancing
    names: tuple[str, ...] = static()
    allocated: tuple[bool, ...] = static()
    network: Network = static()
    risk_window: int = static(default=30)
    dt_days: float = static(default=1.0)

    @property
    def positions(self) -> tuple[int, ...]:
        """Network positions of the N allocated deposits."""
        return tuple(i for i, allocated in enumerate(self.allocated) if allocated)

    @property
    def first_idle(self) -> int | None:
        """Position of the deposit that receives what is minted."""
        idle = (i for i, deposit in enumerate(self.deposits) if deposit.type == "idle")
        return next(idle, None)

    def drivers(self, columns: dict[str, Array], steps: int | None = None) -> Drivers:
        """Sort driver columns by name into the structure that `simulate` reads.

        Args:
          columns: [T + 1] each, or longer, named as in drivers.csv. Columns this model has no
            use for are left out.
          steps: T; left out, the columns' length tells.

        Raises:
          CamjaxError: series of another shape or too short, a mint_redeem column and no idle
            deposit, or values that drivers.csv would be refused for: no numbers, outside what a
            column may hold, or shares that do not sum to 1. Under `jax.jit` values are not known,
            and not looked at.

        References:
          scenario-format.md, drivers.csv.
        """
        if "mint_redeem" in columns and self.first_idle is None:
            raise CamjaxError(
                refusal("mint_redeem", "an idle deposit to receive it", "none", "Add one.")
            )
        return drivers_of(self.deposits, self.names, self.positions, columns, steps)

    def rows(self, drivers: Drivers) -> Row:
        """What `step` reads at steps 1 to T, stacked: the drivers and the risk they imply."""
        return rows_of(self.deposits, drivers, self.risk_window)


@pytree
class State:
    """What the next step needs, and nothing else."""

    groups: Groups = static()
    """Which deposits evolve together."""
    deposits: tuple[Any, ...]
    """State of each deposit, by group."""
    memory: Any
    """What the weight rule remembers."""
    weights: Vector | None
    """[N] last weights, kept when all user FEI is redeemed; None where nothing is redeemed."""
    inert: Vector | None
    """[N] FEI that lies where it was, whatever deposits yield; None where all capital moves."""


@pytree
class Record:
    """What people may want to look at in a step. In FEI unless said otherwise."""

    groups: Groups = static()
    """Which deposits evolve together, and report in `info`."""
    step: Array
    """[] t, 1 to T."""
    balance: Vector
    """[all deposits] at the end of the step."""
    target_weight: Vector
    """[N] dimensionless."""
    yield_rate: Vector
    """[all deposits] 1/year, quotes of the step."""
    planned: Plan
    """What was to be moved; `camjax.rebalancing.transfers` tells between whom."""
    remainder: Vector
    """[N] what settlement could not move."""
    mint_redeem: Array | None
    """[] minted into idle, negative where redeemed from it; None where nothing ever is."""
    mint_redeem_shortfall: Array
    """[] redemption that idle could not cover: the shortfall."""
    volatile_asset_risk: Array
    """[] dimensionless."""
    volatile_asset_price: Array | None
    """[] USD."""
    inert: Vector | None
    """[N] FEI at the end of the step that does not move; None where all does."""
    info: tuple[Info, ...]
    """What deposits report, by group."""
    status: Array
    """[] int32, sum of the flags that the step raises: what could not be done in it."""
