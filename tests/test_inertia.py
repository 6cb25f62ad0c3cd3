"""Capital that lies where it was: laws of what is inert, and what it leaves to move."""

import dataclasses
import tomllib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structures import STRUCTURES

from camjax import Inertia, Scenario, load_scenario, simulate
from camjax.dynamics import initial_state, observe

INERT = [name for name in STRUCTURES if name.startswith("inert")]
TWO = {
    "steps": 40,
    "deposits": [
        {"name": "savings", "type": "savings", "user_balance": 0.0, "rate": 0.04},
        {"name": "idle", "type": "idle", "user_balance": 100.0},
    ],
    "weights": {"yield_window": 1},
    "rebalancing": {"law": "exponential", "duration_days": 10.0},
}


def two(**rebalancing: float) -> Scenario:
    return load_scenario(TWO | {"rebalancing": TWO["rebalancing"] | rebalancing})


def balances(scenario: Scenario) -> np.ndarray:
    return np.asarray(simulate(scenario.model, scenario.sample_drivers()).balance)


@pytest.mark.parametrize("structure", INERT)
@settings(max_examples=5)
@given(data=st.data())
def test_no_more_is_inert_than_there_is(structure: str, data: st.DataObject) -> None:
    sketch = data.draw(STRUCTURES[structure])
    result = sketch.simulate()
    inert, held = (result[name][:, sketch.allocated] for name in ("inert", "balance"))
    assert (inert >= 0).all()
    assert (inert <= held * (1 + 1e-12)).all()


def test_with_all_capital_active_nothing_changes() -> None:
    for name in ("fei", "fei-reference"):
        active = load_scenario(name, {"rebalancing.active_share": 1.0})
        key = jax.random.key(3)
        drivers = active.sample_drivers(key)
        expected = simulate(load_scenario(name).model, drivers).balance
        found = simulate(active.model, drivers)
        np.testing.assert_allclose(found.balance, expected, rtol=1e-12, atol=1e-4)
        assert not found.inert.any()


def test_the_active_part_moves_and_the_rest_stays() -> None:
    # In step 1 nobody has seen a yield, and both deposits have half of what moves as their target.
    steps, rate = np.arange(1, 41), -np.expm1(-0.1)
    all_moves, a_quarter = balances(two()), balances(two(active_share=0.25))
    np.testing.assert_allclose(a_quarter[:, 0], all_moves[:, 0] / 4, rtol=1e-12)
    # Afterwards all that is active is on its way into savings.
    approach = 100 / 4 * (1 - (1 - rate / 2) * (1 - rate) ** (steps - 1))
    np.testing.assert_allclose(a_quarter[:, 0], approach, rtol=1e-9)


def test_habits_follow_until_the_rest_has_moved_too() -> None:
    slow, soon = two(active_share=0.25), two(active_share=0.25, habit_days=2.0)
    assert balances(slow)[-1, 0] < 25.0
    assert balances(soon)[-1, 0] > 50.0
    long = load_scenario(tomllib.loads(soon.toml) | {"steps": 900})
    path = simulate(long.model, long.sample_drivers())
    np.testing.assert_allclose(path.balance[-1], [100.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(path.inert[-1], [75.0, 0.0], atol=1e-6)


def test_what_was_just_observed_is_inert_in_the_same_part() -> None:
    scenario = two(active_share=0.25, habit_days=2.0)
    state = initial_state(scenario.model, scenario.sample_drivers())
    seen = observe(scenario.model, state, jnp.asarray([80.0, 20.0]))
    np.testing.assert_allclose(seen.inert.stack(), [60.0, 15.0])


def test_from_one_step_only_the_product_of_rate_and_active_share_is_told() -> None:
    """∂(first step)/∂k and ∂/∂r are parallel: their ratio is the same for every deposit."""
    scenario = load_scenario("fei-no-savings", {"steps": 1, "rebalancing.active_share": 0.3})
    drivers = scenario.sample_drivers(jax.random.key(0))

    def first(active_share: jax.Array, duration_days: jax.Array) -> jax.Array:
        rebalancing = dataclasses.replace(
            scenario.model.rebalancing,
            duration_days=duration_days,
            inertia=Inertia(active_share=active_share),
        )
        model = dataclasses.replace(scenario.model, rebalancing=rebalancing)
        return simulate(model, drivers, record=("balance",)).balance[0]

    at = jnp.asarray(0.3), jnp.asarray(30.0)
    by_share, by_duration = jax.jacfwd(first, argnums=(0, 1))(*at)
    moved = np.abs(by_share) > 1
    # d log r = -½ d log τ under the square-root law.
    expected = -by_share[moved] * at[0] / 2
    np.testing.assert_allclose(by_duration[moved] * at[1], expected, rtol=1e-9)
