"""`simulate` under jit, vmap, grad, jacfwd and jvp, in both precisions, and step by step."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from derivatives import single
from gradient_structures import STEPS, built
from markets import stacked

import camjax
from camjax import Drivers, Model, load_scenario, simulate
from camjax.errors import CamjaxError

KEY = jax.random.key(9)
CLAMPED = "sequential, reference accounting"
BOTH = pytest.mark.parametrize("name", [CLAMPED, "ten deposits"])
SMALL = {
    "steps": STEPS,
    "deposits": [
        {"name": "market", "type": "money_market", "user_balance": 3e7, "protocol_balance": 0},
        {"name": "idle", "type": "idle", "user_balance": 9e7},
    ],
    "weights.convenience_yield": {"idle": 0.01},
}


def small() -> tuple[Model, Drivers]:
    """A market and wallets: what is differentiated and batched in many ways compiles quickly."""
    scenario = load_scenario("fei", SMALL)
    return scenario.model, scenario.sample_drivers(KEY)


def paths(drivers: Drivers) -> tuple[Drivers, ...]:
    """Three paths of which prices differ."""
    prices = drivers.volatile_asset_price
    growths = (
        jnp.ones(STEPS + 1),
        jnp.linspace(1, 1.4, STEPS + 1),
        jnp.linspace(1, 0.7, STEPS + 1),
    )
    return tuple(
        dataclasses.replace(drivers, volatile_asset_price=prices * growth) for growth in growths
    )


def assert_same(one, other, rtol=1e-12, atol=1e-6) -> None:
    assert jax.tree.structure(one) == jax.tree.structure(other)
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


def final_share(model: Model, drivers: Drivers) -> jax.Array:
    """Share of the first deposit at the end."""
    balances = simulate(model, drivers, record=("balance",)).balance[-1]
    return balances[0] / balances.sum()


def batch_of(drivers: Drivers) -> Drivers:
    return stacked(*paths(drivers))


step = jax.jit(camjax.step)


def test_a_path_is_the_same_in_any_batch():
    model, drivers = built("ten deposits")
    batch = jax.vmap(simulate, in_axes=(None, 0))(model, batch_of(drivers))
    for i, path in enumerate(paths(drivers)):
        alone = simulate(model, path)
        assert_same(jax.tree.map(lambda leaf, i=i: leaf[i], batch.variables), alone.variables)


@BOTH
def test_a_run_is_its_steps_one_after_the_other(name):
    model, drivers = built(name)
    trajectory = simulate(model, drivers)
    state, rows = camjax.initial_state(model, drivers), model.rows(drivers)
    for t in range(STEPS):
        row = jax.tree.map(lambda leaf, t=t: leaf[t], rows)
        state, record = step(model, state, row)
        np.testing.assert_allclose(record.balance.stack(), trajectory.balance[t], rtol=1e-13)
        expected = trajectory.target_weight[t]
        np.testing.assert_allclose(record.target_weight.stack(), expected, rtol=1e-13)
        # A pool's loss is a ratio near 1 less 1, so yields round by parts of 1, not of themselves.
        quoted = record.yield_rate.stack()
        np.testing.assert_allclose(quoted, trajectory.yield_rate[t], rtol=1e-13, atol=1e-15)
    assert_same(state, trajectory.final_state)


def test_compiled_and_eager_runs_agree():
    model, drivers = small()
    compiled = simulate(model, drivers)
    with jax.disable_jit():
        assert_same(simulate(model, drivers).variables, compiled.variables)


gradient = jax.jit(jax.grad(final_share))


def test_the_gradient_of_a_path_is_the_same_in_any_batch():
    model, drivers = small()
    batch = jax.jit(jax.vmap(jax.grad(final_share), (None, 0)))(model, batch_of(drivers))
    singles = [gradient(model, path) for path in paths(drivers)]
    assert_same(batch, stacked(*singles), rtol=1e-10, atol=1e-14)
    assert any(leaf.std() > 1e-3 for leaf in jax.tree.leaves(batch))

    def mean_share(model):
        return jax.vmap(final_share, (None, 0))(model, batch_of(drivers)).mean()

    mean = jax.tree.map(lambda leaf: leaf.mean(0), batch)
    assert_same(jax.jit(jax.grad(mean_share))(model), mean, rtol=1e-10, atol=1e-14)


def with_duration(duration_days: jax.Array) -> jax.Array:
    """Balances of the small model for another rebalance duration."""
    model, drivers = small()
    rebalancing = dataclasses.replace(model.rebalancing, duration_days=duration_days)
    return simulate(dataclasses.replace(model, rebalancing=rebalancing), drivers).balance


def test_models_can_be_batched_like_paths():
    durations = jnp.asarray([3.0, 30.0, 90.0])
    batch = jax.vmap(with_duration)(durations)
    for duration, balances in zip(durations, batch, strict=True):
        np.testing.assert_allclose(balances, with_duration(duration), rtol=1e-12)


def test_whole_trajectories_are_differentiated_forwards():
    duration = jnp.asarray(30.0)
    jacobian = jax.jacfwd(with_duration)(duration)
    values, slopes = jax.jvp(with_duration, (duration,), (jnp.ones_like(duration),))
    np.testing.assert_allclose(values, with_duration(duration), rtol=1e-12)
    np.testing.assert_allclose(slopes, jacobian, rtol=1e-12, atol=1e-6)
    quotient = (with_duration(duration + 1e-3) - with_duration(duration - 1e-3)) / 2e-3
    np.testing.assert_allclose(slopes, quotient, rtol=1e-6, atol=1e-3)


def test_clamped_transfers_leave_a_remainder_that_is_recorded():
    trajectory = simulate(*built(CLAMPED))
    assert jnp.abs(trajectory.remainder[0]).max() > 1e6
    np.testing.assert_allclose(trajectory.remainder.sum(1), 0, atol=1e-6)


@BOTH
def test_numbers_of_the_model_decide_the_precision(name):
    model, drivers = built(name)
    double, half = simulate(model, drivers), simulate(single(model), single(drivers))
    for variable, values in half.variables.items():
        assert values.dtype == (jnp.int32 if variable == "status" else jnp.float32)
        assert double.variables[variable].dtype in (jnp.int32, jnp.float64)
    for leaf in jax.tree.leaves(half.final_state):
        assert leaf.dtype == jnp.float32
    total = double.balance.sum(1).min()
    np.testing.assert_allclose(half.balance, double.balance, rtol=0, atol=1e-5 * total)
    np.testing.assert_allclose(half.target_weight, double.target_weight, rtol=0, atol=1e-4)


def test_gradients_in_single_precision_follow_double():
    model, drivers = small()
    double, half = gradient(model, drivers), gradient(single(model), single(drivers))
    for number, one, other in zip(*map(jax.tree.leaves, (model, double, half)), strict=True):
        assert other.dtype == jnp.float32
        scaled = np.asarray(number) * np.asarray(one), np.asarray(number) * np.asarray(other)
        np.testing.assert_allclose(*scaled, rtol=1e-3, atol=1e-5)


def test_what_is_recorded_does_not_change_the_run():
    model, drivers = built(CLAMPED)
    everything = simulate(model, drivers)
    for names in (("balance", "pool_tvl"), ("transfer",), ()):
        some = simulate(model, drivers, record=names)
        assert set(some.variables) == set(names)
        for variable in names:
            np.testing.assert_allclose(
                some.variables[variable], everything.variables[variable], rtol=1e-12, atol=1e-9
            )
        assert_same(some.final_state, everything.final_state)


def test_a_record_of_something_unknown_is_refused():
    model, drivers = built(CLAMPED)
    with pytest.raises(CamjaxError, match="record: expected any of balance, .*, got 'balances'"):
        simulate(model, drivers, record=("balances",))


def test_a_trajectory_says_what_was_recorded():
    trajectory = simulate(*built(CLAMPED), record=("balance", "status"))
    assert trajectory.balance is trajectory.variables["balance"]
    with pytest.raises(
        AttributeError, match="pool_tvl was not recorded; recorded: balance, status"
    ):
        _ = trajectory.pool_tvl


def test_a_trajectory_has_the_shapes_of_the_results_table():
    trajectory = simulate(*built("ten deposits"))
    shapes = {name: values.shape[1:] for name, values in trajectory.variables.items()}
    assert {values.shape[0] for values in trajectory.variables.values()} == {STEPS}
    assert shapes["balance"] == shapes["target_weight"] == shapes["remainder"] == (10,)
    assert shapes["transfer"] == (10, 10)
    assert shapes["pool_tvl"] == (2,)
    assert shapes["borrow_rate"] == (3,)
    assert shapes["status"] == shapes["volatile_asset_risk"] == ()


UNCERTAIN = {**SMALL, "weights.dirichlet_precision": 20.0}


def test_uncertainty_needs_a_key():
    scenario = load_scenario("fei", UNCERTAIN)
    with pytest.raises(CamjaxError, match="a random key, for weights.dirichlet_precision"):
        simulate(scenario.model, scenario.sample_drivers(KEY))


def test_uncertainty_is_reproducible_and_every_step_has_a_key_of_its_own():
    scenario = load_scenario("fei", UNCERTAIN)
    model, drivers = scenario.model, scenario.sample_drivers(KEY)
    one, again = (simulate(model, drivers, KEY).target_weight for _ in range(2))
    np.testing.assert_array_equal(one, again)
    other = simulate(model, drivers, jax.random.key(1)).target_weight
    # At step 1 nothing has been quoted yet, and holders are of one mind.
    assert np.abs(one - other).max(1)[1:].min() > 1e-3
    np.testing.assert_allclose(one.sum(1), 1, rtol=1e-12)

    state, rows = camjax.initial_state(model, drivers), model.rows(drivers)
    for t in range(3):
        row = jax.tree.map(lambda leaf, t=t: leaf[t], rows)
        state, record = step(model, state, row, jax.random.fold_in(KEY, t + 1))
        np.testing.assert_allclose(record.target_weight.stack(), one[t], rtol=1e-9, atol=1e-15)


def test_uncertain_runs_have_finite_gradients():
    scenario = load_scenario("fei", UNCERTAIN)

    def share(model):
        balances = simulate(model, drivers, KEY, record=("balance",)).balance[-1]
        return balances[0] / balances.sum()

    drivers = scenario.sample_drivers(KEY)
    slopes = jax.grad(share)(scenario.model)
    assert all(jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(slopes))
    assert slopes.weights.dirichlet_precision != 0


def test_observed_balances_replace_those_of_users_alone():
    model, drivers = built("ten deposits")
    before = simulate(model, drivers).final_state
    observed = jnp.linspace(1e6, 5e6, len(model.deposits))
    after = camjax.observe(model, before, observed)
    # The last row again: prices have not moved, so all that follows are transfers.
    row = jax.tree.map(lambda leaf: leaf[-1], model.rows(drivers))
    _, record = step(model, after, row)
    target = record.target_weight.stack() * observed.sum()
    expected = observed + model.rebalancing.rate(model.dt_days) * (target - observed)
    np.testing.assert_allclose(record.balance.stack(), expected, rtol=1e-3)
    pools = model.rows(drivers).groups.members.index((0, 4))
    protocol = (state.deposits[pools].fei_protocol for state in (before, after))
    np.testing.assert_array_equal(*protocol)
