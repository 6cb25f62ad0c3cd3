"""What every weight rule promises, checked over the registry and in both forms of a vector."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from views import preferences, vector, view

from camjax.errors import CamjaxError
from camjax.network import Network
from camjax.vector import Vector
from camjax.weights import (
    RULES,
    EndogenousRule,
    ExogenousRule,
    HalfLifeMemory,
    LogitRule,
    PairwiseRule,
    PrescribedRule,
    WindowMemory,
)

DEPOSITS = 4
TOLERANCE = {jnp.float32: 1e-6, jnp.float64: 1e-12}


def rules(size: int, dtype=jnp.float64, order=slice(None)) -> dict[str, Any]:
    """Rules of every registered name in general position; deposits may be reordered."""
    generator = np.random.default_rng(size)
    network = Network(size)
    conductance = generator.uniform(0.2, 0.5, (size, size))
    conductance = (conductance + conductance.T)[order][:, order][network.ends]
    tastes = preferences(
        size,
        dtype,
        factor=generator.uniform(0.5, 2, size)[order],
        exposure=generator.uniform(0, 2, size)[order],
        convenience_yield=generator.uniform(0, 0.01, size)[order],
        asset_risk_aversion=0.7,
        yield_risk_aversion=1.3,
        elasticity=1.6,
    )
    fading = HalfLifeMemory(half_life_days=jnp.asarray(2.0, dtype))
    pairwise = {"conductance": network.split(jnp.asarray(conductance, dtype)), "network": network}
    return {
        "endogenous": EndogenousRule(preferences=tastes, memory=WindowMemory(window=3)),
        "endogenous, half-life": EndogenousRule(preferences=tastes, memory=fading),
        "logit": LogitRule(
            factor=tastes.factor,
            exposure=tastes.exposure,
            convenience_yield=tastes.convenience_yield,
            sensitivity=jnp.asarray(30.0, dtype),
            asset_risk_aversion=jnp.asarray(0.02, dtype),
            yield_risk_aversion=jnp.asarray(0.5, dtype),
            memory=WindowMemory(window=3),
        ),
        "exogenous": ExogenousRule(concentration=jnp.ones(size, dtype)),
        "pairwise": PairwiseRule(preferences=tastes, memory=WindowMemory(window=3), **pairwise),
        "pairwise, gain": PairwiseRule(
            preferences=tastes, memory=fading, gain=jnp.asarray(0.5, dtype), **pairwise
        ),
        "prescribed": PrescribedRule(),
        "prescribed, allocation": PrescribedRule(allocation=True),
    }


NAMES = list(rules(DEPOSITS))
every_rule = pytest.mark.parametrize("name", NAMES)
sizes = pytest.mark.parametrize("size", [DEPOSITS, 10])


def remembered(rule: Any, quotes: np.ndarray, dtype=jnp.float64) -> Any:
    """Memory after quotes [T, N]."""
    memory = rule.init(vector(np.zeros(quotes.shape[1]), dtype))
    for row in quotes:
        memory = rule.remember(memory, vector(row, dtype), 1.0)
    return memory


def seen(size: int, dtype=jnp.float64, order=slice(None), **changes: Any):
    """A view in general position, and quotes of the steps before it."""
    generator = np.random.default_rng(100 + size)
    weights, draw, target = (generator.dirichlet(np.ones(size))[order] for _ in range(3))
    risk = generator.uniform(0, 0.5, size)[order]
    quotes = generator.uniform(0, 0.1, (4, size))[:, order]
    given = {"dirichlet": draw, "target": target, "risk": risk, **changes}
    return view(weights, dtype, **given), quotes


def decided(name: str, size: int, dtype=jnp.float64, order=slice(None), **changes: Any):
    rule = rules(size, dtype, order)[name]
    at, quotes = seen(size, dtype, order, **changes)
    return rule.target(remembered(rule, quotes, dtype), at), at


def test_every_registered_rule_is_tried():
    assert {type(rule) for rule in rules(DEPOSITS).values()} == set(RULES.values())


@every_rule
@sizes
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_targets_are_on_the_simplex_in_the_dtype_of_the_parameters(name, size, dtype):
    target, _ = decided(name, size, dtype)
    weights = target.weights.stack()
    assert (weights.shape, weights.dtype) == ((size,), dtype)
    assert target.weights.unrolled == (size == DEPOSITS)
    assert abs(weights.sum() - 1) <= TOLERANCE[dtype]
    assert (weights >= 0).all()
    assert target.at_once == (name == "prescribed, allocation")


@every_rule
@sizes
def test_a_closed_deposit_has_no_target(name, size):
    is_open = [1.0] * size
    is_open[1] = is_open[2] = 0.0
    target, at = decided(name, size, open=is_open)
    weights, before = target.weights.stack(), at.weights.stack()
    assert abs(weights.sum() - 1) <= 1e-12
    if target.flows is None:
        np.testing.assert_array_equal(weights[1:3], 0)
    else:
        # Everyone else is infinitely better: it is left as fast as the pairs allow.
        assert (weights[1:3] < before[1:3]).all()
        sent = sum(rules(size)[name].conductance.stack()[flows_of(size, 1, but=2)])
        expected = before[1] * (1 - 0.2 * sent / (size - 1))
        np.testing.assert_allclose(weights[1], expected, rtol=1e-13)


def flows_of(size: int, deposit: int, but: int) -> np.ndarray:
    """Positions of the pairs of a deposit, except with one other."""
    first, second = Network(size).ends
    mine = (first == deposit) | (second == deposit)
    return np.flatnonzero(mine & (first != but) & (second != but))


@every_rule
@sizes
def test_nothing_changes_while_every_deposit_is_closed(name, size):
    target, at = decided(name, size, open=[0.0] * size)
    np.testing.assert_allclose(target.weights.stack(), at.weights.stack(), rtol=1e-15)


@every_rule
@sizes
def test_targets_do_not_depend_on_the_order_of_deposits(name, size):
    order = np.random.default_rng(0).permutation(size)
    expected, _ = decided(name, size)
    target, _ = decided(name, size, order=order)
    np.testing.assert_allclose(
        target.weights.stack(), expected.weights.stack()[order], rtol=0, atol=1e-14
    )


def is_vector(tree: Any) -> bool:
    return isinstance(tree, Vector)


def as_one_array(vector: Any) -> Any:
    return Vector(parts=(vector.stack(),), unrolled=False) if is_vector(vector) else vector


@every_rule
def test_both_forms_of_a_vector_lead_to_the_same_target(name):
    rule, (at, quotes) = rules(DEPOSITS)[name], seen(DEPOSITS)
    scalars = rule, remembered(rule, quotes), at
    rule, memory, at = jax.tree.map(as_one_array, scalars, is_leaf=is_vector)
    target, expected = rule.target(memory, at), scalars[0].target(*scalars[1:])
    assert expected.weights.unrolled
    assert not target.weights.unrolled
    np.testing.assert_allclose(target.weights.stack(), expected.weights.stack(), rtol=1e-14)


@pytest.mark.parametrize(
    ("name", "column"), [("exogenous", "dirichlet_"), ("prescribed", "target_")]
)
def test_a_rule_without_its_series_is_refused(name, column):
    with pytest.raises(CamjaxError, match=f"a {column}<deposit> series"):
        decided(name, DEPOSITS, **{column.rstrip("_"): None})
