"""The value that each quantity of a question has in a step of a path."""

from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
from jax import Array

from camjax.ensemble.quantities import SHARE, Quantity, quantities_of
from camjax.errors import CamjaxError, refusal, shortened
from camjax.model import Model, Record
from camjax.trajectory import OVER_ALLOCATED
from camjax.vector import Vector
from camjax.weights import herfindahl_hirschman

DAYS_A_YEAR = 365.0

ALIASES = {"yield": "yield_rate"}
"""Shorter names of variables."""

COST = "cost"
"""Remembered along the path: what a rate has cost since the start."""

HIDDEN = ("status", "transfer")
"""Variables that are no quantity of a deposit or of the whole."""


def cost_of_step(model: Model, quantity: Quantity, record: Record) -> Array:
    """What the rate of a deposit costs in a step, in the token.

    balance_t · yield_t · Δt / 365

    Args:
      model: parameters and structure.
      quantity: cost[deposit], or cost: that of all savings deposits together.
      record: of the step.

    Raises:
      CamjaxError: there is no such deposit.
    """
    if quantity.deposit is None:
        kinds = enumerate(deposit.type for deposit in model.deposits)
        places = tuple(place for place, kind in kinds if kind == "savings")
        if not places:
            _refuse(quantity, "a deposit, as in cost[savings]", "no savings deposit")
    else:
        places = (_place(quantity, model.names),)
    paid = record.balance.take(places) * record.yield_rate.take(places)
    return paid.sum() * (model.dt_days / DAYS_A_YEAR)


def value_of(model: Model, quantity: Quantity, record: Record) -> Array:
    """A quantity in a step.

    Args:
      model: parameters and structure.
      quantity: a variable of the results table, "share", "yield", "concentration" (of shares, by
        the index of Herfindahl and Hirschman) or "user_balance" (of all deposits).
      record: of the step.

    Raises:
      CamjaxError: an unknown variable or deposit, or none named where there is a choice.
    """
    found = quantities_of(model, record)
    variable = ALIASES.get(quantity.variable, quantity.variable)
    if derive := DERIVED.get(variable):
        if quantity.deposit is not None:
            _refuse(quantity, "no deposit", quantity.deposit)
        return derive(found)
    if variable not in found or variable in HIDDEN:
        known = [SHARE, "balance", *ALIASES, COST, *DERIVED]
        known += [name for name in found if name not in (*known, *HIDDEN)]
        _refuse(quantity, f"one of {', '.join(known)}", quantity.variable)
    values = found[variable]
    if isinstance(values, list):
        values = _reported(quantity, values)
    if isinstance(values, Vector):
        names = model.names
        if variable in OVER_ALLOCATED:
            names = tuple(names[place] for place in model.positions)
        return values.take((_place(quantity, names),)).parts[0]
    if quantity.deposit is not None:
        _refuse(quantity, "no deposit, since there is one value alone", quantity.deposit)
    return values


def _concentration(found: Mapping[str, Any]) -> Array:
    shares: Vector = found[SHARE]
    if not shares.unrolled:
        return herfindahl_hirschman(shares.stack())
    return shares.map(jnp.square).sum()


def _user_balance(found: Mapping[str, Any]) -> Array:
    total: Array = found["balance"].sum()
    return total


DERIVED: dict[str, Callable[[Mapping[str, Any]], Array]] = {
    "concentration": _concentration,
    "user_balance": _user_balance,
}
"""Quantities that follow from others."""


def _reported(quantity: Quantity, values: list[Array | None]) -> Array:
    """What the one deposit reports that reports a variable at all."""
    reports = [value for value in values if value is not None]
    if len(reports) != 1 or reports[0].ndim:
        _refuse(quantity, "a quantity of one deposit alone", "one that several report")
    return reports[0]


def _place(quantity: Quantity, names: tuple[str, ...]) -> int:
    if quantity.deposit not in names:
        _refuse(quantity, f"one of {shortened(', '.join(names))}", quantity.deposit or "no deposit")
    return names.index(quantity.deposit)


def _refuse(quantity: Quantity, expected: str, got: str) -> None:
    raise CamjaxError(refusal(str(quantity), expected, got))
