"""Where the values of each driver live, and what happens to a process that leaves."""

from typing import Any

import jax.numpy as jnp
from jax import Array

from camjax.vector import at_least, at_most

# A price at or below this share of its row 0 is held there for good. Specification, 1.
PRICE_FLOOR = 1e-6

PRICE_COLUMNS = ("volatile_asset_price", "fei_price")
SHARE_COLUMNS = ("utilization",)
NON_NEGATIVE_COLUMNS = ("borrow_demand", "risk_")


def enter_domain(column: str, value: Array) -> tuple[Any, Array]:
    """Row 0 of a driver: the state its domain needs from row to row, and the value within it.

    Args:
      column: name as in drivers.csv.
      value: [] as its process drew it.

    Returns:
      (floor [] and whether the price is held at it []) for a price, None otherwise; value [].
    """
    if column in PRICE_COLUMNS:
        floor = PRICE_FLOOR * value
        return (floor, value <= floor), value
    return None, _clip(column, value)


def stay_in_domain(column: str, state: Any, value: Array) -> tuple[Any, Array]:
    """Row t of a driver: prices are absorbed by their floor, the others are clipped.

    A price that reaches `PRICE_FLOOR` times its row 0 stays there, whatever its process does next.
    Utilization is clipped to [0, 1], borrow demand and risk at 0; other drivers have no bounds.

    Args:
      column: name as in drivers.csv.
      state: from row t-1.
      value: [] as its process drew it.

    Returns:
      State for row t+1; value [] within the domain.
    """
    if column in PRICE_COLUMNS:
        floor, held = state
        held = held | (value <= floor)
        return (floor, held), jnp.where(held, floor, value)
    return None, _clip(column, value)


def _clip(column: str, value: Array) -> Array:
    """The nearest value that the driver may take."""
    if column.startswith(SHARE_COLUMNS):
        return at_most(1, at_least(0, value))
    if column.startswith(NON_NEGATIVE_COLUMNS):
        return at_least(0, value)
    return value
