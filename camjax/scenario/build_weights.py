"""From the checked `[weights]` to the rule and its options."""

from typing import Any

from camjax.network import Network
from camjax.scenario.precision import Real, optional
from camjax.scenario.schema import BY_DEPOSIT, DEFAULT_YIELD_WINDOW, Document, WeightsTable
from camjax.vector import Vector
from camjax.weights import (
    EndogenousRule,
    ExogenousRule,
    HalfLifeMemory,
    LogitRule,
    PairwiseRule,
    Preferences,
    PrescribedRule,
    WeightRule,
    Weights,
    WindowMemory,
    YieldMemory,
)


def build_weights(document: Document, network: Network, real: Real) -> Weights:
    """The weight rule that a checked document describes, with its options."""
    table = weights_in_full(document)
    excluded = tuple(d.type == "idle" for d in document.deposits if d.allocated)
    return Weights(
        rule=_rule(table, document.allocated, network, real),
        cap=optional(table.cap, real),
        dirichlet_precision=optional(table.dirichlet_precision, real),
        excluded=excluded if table.idle_weight == "zero" and any(excluded) else None,
    )


def weights_in_full(document: Document) -> WeightsTable:
    """`[weights]` with what it leaves out for a deposit written out, such as factors."""
    table = document.weights
    deposits = [deposit for deposit in document.deposits if deposit.allocated]
    neutral = {"factor": 1.0, "convenience_yield": 0.0}
    in_full: dict[str, Any] = {
        key: {d.name: neutral.get(key, d.exposure) for d in deposits} | getattr(table, key)
        for key in BY_DEPOSIT
    }
    if table.rule == "exogenous":
        in_full["concentration"] = table.concentration or [1.0] * len(deposits)
    return table.model_copy(update=in_full)


def _rule(table: WeightsTable, names: list[str], network: Network, real: Real) -> WeightRule:
    match table.rule:
        case "endogenous":
            return EndogenousRule(
                preferences=_preferences(table, names, real), memory=_memory(table, real)
            )
        case "pairwise":
            return PairwiseRule(
                preferences=_preferences(table, names, real),
                memory=_memory(table, real),
                conductance=_conductance(table, names, network, real),
                gain=optional(table.gain, real),
                network=network,
            )
        case "logit":
            return LogitRule(
                sensitivity=real(table.sensitivity),
                memory=_memory(table, real),
                **_tastes(table, names, real),
            )
        case "exogenous":
            return ExogenousRule(concentration=real(table.concentration))
        case "prescribed":
            return PrescribedRule(allocation=table.prescribed_as == "allocation")


def _preferences(table: WeightsTable, names: list[str], real: Real) -> Preferences:
    return Preferences(elasticity=optional(table.elasticity, real), **_tastes(table, names, real))


def _tastes(table: WeightsTable, names: list[str], real: Real) -> dict[str, Any]:
    """What all rules that look at yields ask of them: numbers by deposit, in network order."""
    by_deposit = {key: getattr(table, key) for key in BY_DEPOSIT}
    return {
        "asset_risk_aversion": real(table.asset_risk_aversion),
        "yield_risk_aversion": real(table.yield_risk_aversion),
        **{
            key: Vector.of([real(numbers[name]) for name in names])
            for key, numbers in by_deposit.items()
        },
    }


def _memory(table: WeightsTable, real: Real) -> YieldMemory:
    if table.yield_half_life_days is not None:
        return HalfLifeMemory(half_life_days=real(table.yield_half_life_days))
    return WindowMemory(window=table.yield_window or DEFAULT_YIELD_WINDOW)


def _conductance(table: WeightsTable, names: list[str], network: Network, real: Real) -> Vector:
    """One number a pair of the network, 1 where the document names none."""
    entries = table.conductance or []
    given = {frozenset((a, b)): value for a, b, value in entries}
    pairs = (frozenset((names[i], names[j])) for i, j in network.edges)
    return network.split(real([given.get(pair, 1.0) for pair in pairs]))
