"""Where no open deposit has a claim: what is in the open ones stays, and the closed ones empty."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from oracle import run
from test_weights import every_rule, rules, seen
from views import vector
from worlds import Sketch

from camjax.weights import PrescribedRule, Weights

STEPS = 4
SHARES = np.array([0.4, 0.1, 0.3, 0.2])


def world(weights: dict[str, Any], **columns: Any) -> Sketch:
    """Three venues and idle; the first closes after step 2."""
    venues = [
        {"name": name, "type": "external", "user_balance": 100 * share, "rate": rate}
        for name, share, rate in zip("abc", SHARES, [0.05, 0.02, 0.03], strict=False)
    ]
    idle = {"name": "idle", "type": "idle", "user_balance": 100 * SHARES[3]}
    opening = {"available_a": np.where(np.arange(STEPS + 1) > 2, 0.0, 1.0)}
    return Sketch(
        scenario={"steps": STEPS, "deposits": [*venues, idle], "weights": weights},
        columns=opening | {name: np.asarray(values, float) for name, values in columns.items()},
    )


ALL_IN_A = {f"target_{name}": np.full(STEPS + 1, name == "a") for name in ("a", "b", "c", "idle")}
UNCLAIMED = {
    "endogenous": world({"factor": {"b": 0.0, "c": 0.0, "idle": 0.0}}),
    "endogenous, idle excluded": world({"factor": {"b": 0.0, "c": 0.0}, "idle_weight": "zero"}),
    "endogenous, elastic": world({"factor": {"b": 0.0, "c": 0.0, "idle": 0.0}, "elasticity": 2.0}),
    "fading memory": world(
        {"factor": {"b": 0.0, "c": 0.0, "idle": 0.0}, "yield_half_life_days": 2.0}
    ),
    "logit": world({"rule": "logit", "factor": {"b": 0.0, "c": 0.0, "idle": 0.0}}),
    "prescribed target": world({"rule": "prescribed"}, **ALL_IN_A),
    "prescribed allocation": world(
        {"rule": "prescribed", "prescribed_as": "allocation"},
        **ALL_IN_A | {"available_a": np.zeros(STEPS + 1)},
    ),
    "capped": world({"rule": "prescribed", "cap": 0.45}, **ALL_IN_A),
}


@pytest.mark.parametrize("name", UNCLAIMED)
def test_what_is_in_open_deposits_stays_where_none_has_a_claim(name: str) -> None:
    sketch = UNCLAIMED[name]
    found, expected = sketch.simulate(), run(sketch.scenario, sketch.columns, STEPS)
    targets = found["target_weight"]
    np.testing.assert_allclose(targets, expected["target_weight"], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(found["balance"], expected["balance"], rtol=1e-12, atol=1e-10)
    assert (targets[2:, 0] == 0).all()
    assert (np.diff(found["balance"][1:, 0]) <= 0).all()
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-12)


def test_open_deposits_without_a_claim_keep_their_proportions() -> None:
    balances = UNCLAIMED["endogenous"].simulate()["balance"]
    ratios = balances[1:, 1:] / balances[1:, 1:].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(ratios, np.broadcast_to(ratios[:1], ratios.shape), rtol=1e-12)
    assert balances[3, 0] < balances[1, 0]


def test_nothing_moves_where_open_deposits_have_neither_a_claim_nor_a_balance() -> None:
    is_open = np.zeros(STEPS + 1)
    closed = {f"available_{name}": is_open for name in ("a", "b", "c")}
    columns = closed | ALL_IN_A | {"mint_redeem": np.r_[0.0, -20.0, np.zeros(STEPS - 1)]}
    sketch = world({"rule": "prescribed", "cap": 0.5}, **columns)
    found, expected = sketch.simulate(), run(sketch.scenario, sketch.columns, STEPS)
    np.testing.assert_allclose(found["target_weight"], expected["target_weight"], rtol=1e-12)
    np.testing.assert_allclose(found["balance"], np.tile([40.0, 10.0, 30.0, 0.0], (STEPS, 1)))


def test_an_uncertain_target_is_not_drawn_where_nothing_may_move() -> None:
    at, _ = seen(4, open=[0.0] * 4)
    weights = Weights(rule=PrescribedRule(), dirichlet_precision=jnp.asarray(3.0))
    target = weights.target((), at, jax.random.key(0)).weights.stack()
    np.testing.assert_array_equal(target, at.weights.stack())


@every_rule
def test_derivatives_are_finite_where_no_open_deposit_has_a_claim(name: str) -> None:
    rule = rules(4)[name]
    at, _ = seen(4, open=[0.0, 1.0, 1.0, 0.0], target=[1.0, 0.0, 0.0, 0.0])
    memory = rule.init(vector(np.zeros(4)))

    def first(rule: Any, at: Any) -> jax.Array:
        return (rule.target(memory, at).weights.stack() * jnp.arange(4.0)).sum()

    slopes = jax.jit(jax.grad(first, (0, 1), allow_int=True))(rule, at)
    floating = [leaf for leaf in jax.tree.leaves(slopes) if leaf.dtype == np.float64]
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in floating)
