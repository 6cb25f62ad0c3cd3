"""Deposits taken out of a scenario's allocation, as `--without` asks."""

from collections.abc import Sequence
from typing import Any

from camjax.scenario.messages import refuse, unknown
from camjax.scenario.schema import BY_DEPOSIT, Document


def without(document: Document, names: Sequence[str]) -> dict[str, Any]:
    """Overrides that take deposits out of allocation, and out of what is said of allocated ones.

    Raises:
      ScenarioError: no such deposit.
    """
    every = [deposit.name for deposit in document.deposits]
    for name in names:
        if name not in every:
            refuse("--without", *unknown("deposit", name, every))
    if not names:
        return {}
    weights, overrides = document.weights, {f"deposits.{n}.allocated": False for n in names}
    changes: dict[str, Any] = {}
    for key in BY_DEPOSIT:
        kept = {name: v for name, v in getattr(weights, key).items() if name not in names}
        changes[f"weights.{key}"] = kept
    if weights.concentration is not None:
        pairs = zip(document.allocated, weights.concentration, strict=True)
        changes["weights.concentration"] = [number for name, number in pairs if name not in names]
    for key, entries in (
        ("weights.conductance", weights.conductance),
        ("rebalancing.pairs", document.rebalancing.pairs),
    ):
        if entries is not None:
            changes[key] = [entry for entry in entries if not set(entry[:2]) & set(names)]
    return overrides | changes
