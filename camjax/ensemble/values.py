"""The value that each quantity has in a step of a path, by the name people ask for it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jax.numpy as jnp
from jax import Array

from camjax.ensemble.quantities import SHARE, Quantity, quantities_of
from camjax.errors import CamjaxError, refusal, shortened
from camjax.groups import Groups
from camjax.model import Model, Record
from camjax.trajectory import OVER_ALLOCATED
from camjax.vector import Vector
from camjax.weights import herfindahl_hirschman

DAYS_A_YEAR = 365.0

ALIASES = {"yield": "yield_rate", "shortfall": "mint_redeem_shortfall"}
"""Shorter names of variables."""

COST = "cost"
"""What a rate has cost since the start; it adds up along the path."""

HIDDEN = ("status", "transfer")
"""Variables that are no quantity of a deposit or of the whole."""


def asked(model: Model, record: Record, names: Iterable[str]) -> dict[str, Any]:
    """What is asked of a step: whole variables by name, quantities by their `key`.

    A variable comes in the form in which a scan carries it out cheaply, a quantity as a number [].
    `cost` is that of the step.

    Raises:
      CamjaxError: what the model does not have.
    """
    found = quantities_of(model, record)
    return {name: _asked(model, record, found, name) for name in names}


def _asked(model: Model, record: Record, found: Mapping[str, Any], name: str) -> Any:
    if name in found:
        return found[name]
    quantity = Quantity.parse(name.removesuffix("[]"))
    return (cost_of_step if quantity.variable == COST else value_of)(model, quantity, record)


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
        return _reported(model, quantity, record.groups, values)
    if isinstance(values, Vector):
        names = model.names
        if variable in OVER_ALLOCATED:
            names = tuple(names[place] for place in model.positions)
            if quantity.deposit in model.names and quantity.deposit not in names:
                remedy = "A deposit that is not under allocation has none."
                _refuse(quantity, f"one of {', '.join(names)}", quantity.deposit, remedy)
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


def _reported(
    model: Model, quantity: Quantity, groups: Groups, values: list[Array | None]
) -> Array:
    """What a deposit reports; one alone that reports a variable at all need not be named."""
    reports: dict[str, Array] = {}
    for members, value in zip(groups.members, values, strict=True):
        if value is None:
            continue
        each = [value] if len(members) == 1 else [value[place] for place in range(len(members))]
        reports |= {model.names[place]: own for place, own in zip(members, each, strict=True)}
    if quantity.deposit is None and len(reports) == 1:
        return next(iter(reports.values()))
    names = tuple(name for name in model.names if name in reports)
    return reports[names[_place(quantity, names)]]


def _place(quantity: Quantity, names: tuple[str, ...]) -> int:
    if quantity.deposit not in names:
        _refuse(quantity, f"one of {shortened(', '.join(names))}", quantity.deposit or "no deposit")
    return names.index(quantity.deposit)


def _refuse(quantity: Quantity, expected: str, got: str, remedy: str = "") -> None:
    raise CamjaxError(refusal(str(quantity), expected, got, remedy))
