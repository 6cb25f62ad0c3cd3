"""What deposits that simply hold a user balance have in common."""

from jax import Array

from camjax._pytree import pytree
from camjax.deposits.base import Info
from camjax.market import Market


@pytree
class PlainDeposit:
    """A deposit whose whole state is the user balance []."""

    user_balance: Array

    def init(self, market: Market) -> Array:
        """The initial balance."""
        del market
        return self.user_balance

    def receive(self, state: Array, amount: Array, market: Market) -> Array:
        """Balance plus amount."""
        del market
        return state + amount

    def observe(self, state: Array, balance: Array) -> Array:
        """The observed balance."""
        del state
        return balance

    def balance(self, state: Array) -> Array:
        """The state itself."""
        return state

    def inspect(self, state: Array) -> Info:
        """Nothing beyond the balance."""
        del state
        return {}
