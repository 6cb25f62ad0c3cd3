"""From the checked `[weights]` to the rule and its options."""

from collections.abc import Iterable

from camjax.network import Network
from camjax.scenario.precision import Real, optional
from camjax.scenario.schema import DEFAULT_YIELD_WINDOW, Document
from camjax.vector import Vector
from camjax.weights import (
    EndogenousRule,
    ExogenousRule,
    HalfLifeMemory,
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
    table = document.weights
    excluded = tuple(d.type == "idle" for d in document.deposits if d.allocated)
    return Weights(
        rule=_rule(document, network, real),
        cap=optional(table.cap, real),
        dirichlet_precision=optional(table.dirichlet_precision, real),
        excluded=excluded if table.idle_weight == "zero" and any(excluded) else None,
    )


def _rule(document: Document, network: Network, real: Real) -> WeightRule:
    table = document.weights
    match table.rule:
        case "endogenous":
            return EndogenousRule(
                preferences=_preferences(document, real), memory=_memory(document, real)
            )
        case "pairwise":
            return PairwiseRule(
                preferences=_preferences(document, real),
                memory=_memory(document, real),
                conductance=_conductance(document, network, real),
                gain=optional(table.gain, real),
                network=network,
            )
        case "exogenous":
            concentration = table.concentration or [1.0] * network.num_deposits
            return ExogenousRule(concentration=real(concentration))
        case "prescribed":
            return PrescribedRule(allocation=table.prescribed_as == "allocation")


def _preferences(document: Document, real: Real) -> Preferences:
    table = document.weights
    deposits = [deposit for deposit in document.deposits if deposit.allocated]

    def vector(numbers: Iterable[float]) -> Vector:
        return Vector.of([real(number) for number in numbers])

    return Preferences(
        factor=vector(table.factor.get(d.name, 1.0) for d in deposits),
        exposure=vector(table.exposure.get(d.name, d.exposure) for d in deposits),
        convenience_yield=vector(table.convenience_yield.get(d.name, 0.0) for d in deposits),
        asset_risk_aversion=real(table.asset_risk_aversion),
        yield_risk_aversion=real(table.yield_risk_aversion),
        elasticity=optional(table.elasticity, real),
    )


def _memory(document: Document, real: Real) -> YieldMemory:
    table = document.weights
    if table.yield_half_life_days is not None:
        return HalfLifeMemory(half_life_days=real(table.yield_half_life_days))
    return WindowMemory(window=table.yield_window or DEFAULT_YIELD_WINDOW)


def _conductance(document: Document, network: Network, real: Real) -> Vector:
    """One number a pair of the network, 1 where the document names none."""
    names = document.allocated
    entries = document.weights.conductance or []
    given = {frozenset((a, b)): value for a, b, value in entries}
    pairs = (frozenset((names[i], names[j])) for i, j in network.edges)
    return network.split(real([given.get(pair, 1.0) for pair in pairs]))
