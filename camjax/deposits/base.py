"""The protocol every deposit follows."""

from typing import Any, ClassVar, Protocol

from jax import Array

from camjax.market import Market, Series

Info = dict[str, Array]
"""What people look at, by the name it bears in results."""


class Deposit(Protocol):
    """A place that holds FEI, written for one path and knowing nothing of other deposits.

    A deposit is a pytree: its parameters and its initial user balance are leaves. Its state is
    any pytree of arrays, S below. Balances are in FEI, yield rates in 1/year.
    """

    type: ClassVar[str]
    """Name in scenario files."""
    series: ClassVar[tuple[str, ...]]
    """Driver columns it may read, without a deposit's name behind them."""
    dimension: ClassVar[str]
    """Name of the results' dimension when a model has several deposits of this type."""

    @property
    def user_balance(self) -> Array:
        """[] FEI that users hold here before the first step."""
        ...

    def init(self, market: Market) -> Any:
        """State before the first step, at the market's initial prices."""
        ...

    def evolve(self, state: Any, market: Market, series: Series) -> tuple[Any, Array, Info]:
        """Run the deposit's own mechanism for one step: new state, yield rate it quotes, info."""
        ...

    def receive(self, state: Any, amount: Array, market: Market) -> Any:
        """Take in user FEI (amount > 0) or pay it out (amount < 0)."""
        ...

    def observe(self, state: Any, balance: Array) -> Any:
        """Replace what users hold by an observed balance; protocol holdings stay."""
        ...

    def balance(self, state: Any) -> Array:
        """[] FEI that users hold."""
        ...

    def inspect(self, state: Any) -> Info:
        """What people look at in a state at the end of a step."""
        ...
