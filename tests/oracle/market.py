"""What deposits see of a step, and what a step sees of deposits."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Market:
    """What step t sees. Prices are NaN in a world without a volatile asset."""

    step: int
    dt_days: float
    price: float
    fei_price: float
    risk: float


class Deposit(Protocol):
    """A place that holds user FEI."""

    balance: float

    def evolve(self, market: Market) -> float:
        """Advance by one step and quote a yield, 1/year."""

    def receive(self, amount: float, market: Market) -> None:
        """Take (or give, if negative) user FEI at the end of the step."""

    def observables(self) -> dict[str, float]:
        """What the results table shows of it, by name, besides balance and yield."""
