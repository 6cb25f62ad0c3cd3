"""What every deposit promises, checked over the registry, and the mechanisms of plain deposits."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from markets import PRICE, market, stacked

from camjax.deposits import DEPOSITS, Deposit, External, Idle, MoneyMarket, Savings
from camjax.errors import CamjaxError

LEAVES: dict[str, dict[str, Any]] = {
    "liquidity_pool": {"protocol_tvl_usd": 4000.0, "trading_fee": 0.003},
    "money_market": {
        "protocol_balance": 100.0,
        "base_rate": 0.01,
        "multiplier": 0.05,
        "jump_multiplier": 1.09,
        "kink": 0.8,
        "reserve_factor": 0.25,
        "risk_discount": 0.5,
    },
    "savings": {"rate": 0.015},
    "external": {"rate": [0.03, 0.01]},
    "idle": {},
}
CHOICES: dict[str, list[tuple[dict[str, Any], dict[str, float]]]] = {
    "liquidity_pool": [({}, {}), ({"accounting": "reference"}, {})],
    "money_market": [({}, {"utilization": 0.7}), ({}, {"borrow_demand": 50.0})],
    "savings": [({}, {}), ({}, {"savings_rate": 0.02})],
    "external": [({"schedule_days": (0.0, 2.0)}, {})],
    "idle": [({}, {})],
}
"""Structure and driver series with which each type is tried."""

CASES = [
    pytest.param(name, choice, series, id=" ".join([name, *choice.values(), *series]))
    if not choice.get("schedule_days")
    else pytest.param(name, choice, series, id=f"{name} schedule")
    for name in DEPOSITS
    for choice, series in CHOICES[name]
]
every_deposit = pytest.mark.parametrize(("name", "choice", "series"), CASES)


def example(name: str, choice: dict[str, Any], dtype=jnp.float64, balance=60.0) -> Deposit:
    """A deposit of each registered type with parameters in general position."""
    leaves = {field: jnp.asarray(value, dtype) for field, value in LEAVES[name].items()}
    return DEPOSITS[name](user_balance=jnp.asarray(balance, dtype), **leaves, **choice)


def numbers(series: dict[str, float], dtype=jnp.float64) -> dict[str, jax.Array]:
    return {column: jnp.asarray(value, dtype) for column, value in series.items()}


def lived_through(deposit: Deposit, amount, at, series):
    """All a deposit says and holds after a first step in which it receives an amount."""
    start = dataclasses.replace(at, volatile_asset_price=PRICE * at.fei_price)
    state, yield_rate, info = deposit.evolve(deposit.init(start), at, series)
    state = deposit.receive(state, amount, at)
    return deposit.balance(state), yield_rate, {**info, **deposit.inspect(state)}


def total(deposit: Deposit, amount, seen, series):
    """A sum to which everything contributes that a deposit says and holds."""
    price, fei_price, risk = seen
    at = market(price, fei_price, volatile_asset_risk=risk)
    leaves = jax.tree.leaves(lived_through(deposit, amount, at, series))
    return sum(leaf * weight for weight, leaf in enumerate(leaves, start=1))


@pytest.mark.parametrize("name", DEPOSITS)
def test_a_type_is_registered_under_the_name_it_bears(name):
    assert DEPOSITS[name].type == name
    assert set(LEAVES[name]) | {"user_balance"} >= {
        field.name
        for field in dataclasses.fields(DEPOSITS[name])
        if not field.metadata.get("static")
    }


@every_deposit
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_scalars_of_the_parameters_dtype_come_out(name, choice, series, dtype):
    deposit, at, own = example(name, choice, dtype), market(dtype=dtype), numbers(series, dtype)
    state = deposit.init(at)
    evolved, yield_rate, info = deposit.evolve(state, at, own)
    received = deposit.receive(evolved, jnp.asarray(5.0, dtype), at)
    observed = deposit.observe(received, jnp.asarray(7.0, dtype))
    for later in (evolved, received, observed):
        assert jax.tree.structure(later) == jax.tree.structure(state)
    for value in jax.tree.leaves((state, evolved, received, observed)):
        assert (value.shape, value.dtype) == ((), dtype)
    for value in (yield_rate, deposit.balance(observed), *jax.tree.leaves(info)):
        assert (value.shape, value.dtype) == ((), dtype)
    assert not set(info) & set(deposit.inspect(observed))


@every_deposit
def test_a_deposit_starts_with_the_balance_it_was_given(name, choice, series):
    deposit = example(name, choice)
    assert deposit.balance(deposit.init(market())) == 60.0


@every_deposit
@pytest.mark.parametrize("amount", [25.0, -25.0, 0.0, -60.0])
def test_a_deposit_gains_exactly_what_it_receives(name, choice, series, amount):
    deposit, at = example(name, choice), market()
    state = deposit.receive(deposit.init(at), jnp.asarray(amount), at)
    # While the pool's price is the market's both accountings agree.
    assert deposit.balance(state) == pytest.approx(60.0 + amount, abs=1e-13)


@every_deposit
def test_an_observed_balance_replaces_what_users_hold_and_nothing_else(name, choice, series):
    deposit, at = example(name, choice), market()
    state, _, _ = deposit.evolve(deposit.init(at), market(121.0), numbers(series))
    observed = deposit.observe(state, jnp.asarray(7.0))
    assert deposit.balance(observed) == 7.0
    before, after = deposit.inspect(state), deposit.inspect(observed)
    for kept in ("pool_fei_protocol", "pool_volatile_protocol"):
        assert (kept in after) == (name == "liquidity_pool")
        if kept in after:
            assert after[kept] == pytest.approx(float(before[kept]), rel=1e-14)


@every_deposit
def test_compiled_and_batched_deposits_do_what_single_ones_do(name, choice, series):
    amounts, series = jnp.array([5.0, -5.0]), numbers(series)
    one, other = example(name, choice), example(name, choice, balance=80.0)
    markets = market(121.0), market(90.0)
    batched = jax.jit(jax.vmap(lived_through, (0, 0, 0, None)))
    batch = batched(stacked(one, other), amounts, stacked(*markets), series)
    for i, deposit in enumerate((one, other)):
        alone = lived_through(deposit, amounts[i], markets[i], series)
        jax.tree.map(
            lambda many, single, i=i: np.testing.assert_allclose(many[i], single, rtol=1e-14),
            batch,
            alone,
        )


gradient = jax.jit(jax.grad(total, (0, 1, 2, 3)))
SEEN = (jnp.asarray(121.0), jnp.asarray(1.0), jnp.asarray(0.0))
"""Both prices and the risk of a market."""


@every_deposit
@pytest.mark.parametrize("received", [0.0, 5.0])
def test_an_empty_deposit_has_finite_values_and_gradients(name, choice, series, received):
    empty = {"user_balance", "protocol_tvl_usd", "protocol_balance"}
    deposit = example(name, choice, balance=0.0)
    fields = {field.name for field in dataclasses.fields(deposit)} & empty
    deposit = dataclasses.replace(deposit, **dict.fromkeys(fields, jnp.zeros(())))
    series = dict.fromkeys(series, jnp.zeros(()))
    amount = jnp.asarray(received)
    leaves = jax.tree.leaves(gradient(deposit, amount, SEEN, series))
    leaves += jax.tree.leaves(lived_through(deposit, amount, market(121.0), series))
    assert jnp.isfinite(jnp.stack([leaf.sum() for leaf in leaves])).all()
    assert lived_through(deposit, amount, market(121.0), series)[0] == received


@every_deposit
def test_gradients_agree_with_differences(name, choice, series):
    arguments = example(name, choice), jnp.asarray(5.0), SEEN, numbers(series)
    leaves, structure = jax.tree.flatten(arguments)
    direction = jax.tree.unflatten(structure, [0.1 + 0.01 * leaf for leaf in leaves])

    def value(reach):
        moved = jax.tree.map(lambda leaf, d: leaf + reach * d, arguments, direction)
        return total(*moved)

    quotient = (value(1e-5) - value(-1e-5)) / 2e-5
    products = jax.tree.map(lambda g, d: (g * d).sum(), gradient(*arguments), direction)
    assert sum(jax.tree.leaves(products)) == pytest.approx(float(quotient), rel=1e-7)


def lender(**changes: Any) -> MoneyMarket:
    return dataclasses.replace(example("money_market", {}), **changes)


def quote(deposit: Deposit, at=None, **series: float):
    at = market() if at is None else at
    _, yield_rate, info = deposit.evolve(deposit.init(at), at, numbers(series))
    return yield_rate, info


def test_a_money_market_below_and_above_its_kink():
    yield_rate, info = quote(lender(), utilization=0.7)
    assert info["borrow_rate"] == pytest.approx(0.01 + 0.05 * 0.7, rel=1e-14)
    assert info["supply_rate"] == pytest.approx(0.045 * 0.7 * 0.75, rel=1e-14)
    assert info["borrowed"] == pytest.approx(0.7 * 160, rel=1e-14)
    assert yield_rate == pytest.approx(0.7 * 0.045 * 0.7 * 0.75, rel=1e-14)

    yield_rate, info = quote(lender(), utilization=0.9)
    assert info["borrow_rate"] == pytest.approx(0.01 + 0.05 * 0.8 + 1.09 * 0.1, rel=1e-14)
    assert info["supply_rate"] == pytest.approx(0.159 * 0.9 * 0.75, rel=1e-14)
    assert yield_rate == pytest.approx(0.9 * 0.159 * 0.9 * 0.75, rel=1e-14)


def test_the_slope_at_the_kink_is_one_of_both_sides():
    def borrow_rate(utilization):
        market_ = lender(kink=jnp.asarray(0.75))
        return quote(market_, utilization=utilization)[1]["borrow_rate"]

    assert 0.05 <= jax.grad(borrow_rate)(jnp.asarray(0.75)) <= 1.09


def test_rates_do_not_jump_at_the_kink():
    (below, _), (above, _) = (quote(lender(), utilization=u) for u in (0.8 - 1e-12, 0.8 + 1e-12))
    assert below == pytest.approx(float(above), rel=1e-10)


@pytest.mark.parametrize("risk", [0.0, 0.4, 1.0])
def test_volatile_asset_risk_lowers_utilization_and_demand_alike(risk):
    at = market(volatile_asset_risk=risk)
    _, info = quote(lender(), at, utilization=0.7)
    assert info["utilization"] == pytest.approx(0.7 * (1 - 0.5 * risk), rel=1e-14)
    _, info = quote(lender(), at, borrow_demand=80.0)
    assert info["utilization"] == pytest.approx(80 * (1 - 0.5 * risk) / 160, rel=1e-14)


def test_demand_beyond_supply_lends_out_everything():
    assert quote(lender(), borrow_demand=1e6)[1]["utilization"] == 1
    empty = lender(user_balance=jnp.zeros(()), protocol_balance=jnp.zeros(()))
    assert quote(empty, borrow_demand=1e-9)[1]["utilization"] == 1
    assert quote(empty, borrow_demand=0.0)[1]["utilization"] == 0


def test_leaving_a_market_raises_its_yield_while_it_is_not_lent_out():
    def yield_rate(balance, demand):
        return quote(lender(user_balance=balance), borrow_demand=demand)[0]

    rises = jax.grad(yield_rate)
    assert rises(jnp.asarray(60.0), 50.0) < 0
    assert rises(jnp.asarray(60.0), 150.0) < 0
    assert rises(jnp.asarray(60.0), 500.0) == 0


def test_a_rate_is_a_constant_or_a_series_which_wins():
    venue = Savings(user_balance=jnp.zeros(()), rate=jnp.asarray(0.015))
    assert quote(venue)[0] == 0.015
    assert quote(venue, savings_rate=0.02)[0] == 0.02
    given = External(user_balance=jnp.zeros(()), rate=None)
    assert quote(given, yield_rate=0.04)[0] == 0.04


def test_idle_earns_nothing():
    assert quote(Idle(user_balance=jnp.asarray(5.0)))[0] == 0


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
@pytest.mark.parametrize("dt_days", [1.0, 0.7, 1 / 49, 0.1])
def test_a_scheduled_rate_holds_from_the_very_step_that_reaches_its_day(dt_days, dtype):
    steps = np.arange(600)
    venue = Savings(
        user_balance=jnp.zeros((), dtype),
        rate=jnp.asarray(steps[::3], dtype),
        schedule_days=tuple((steps[::3] * dt_days).tolist()),
    )

    def rate(step):
        at = market(dtype=dtype, step=step, dt_days=dt_days)
        return venue.evolve(venue.init(at), at, {})[1]

    rates = jax.jit(jax.vmap(rate))(jnp.asarray(steps, jnp.int32))
    np.testing.assert_array_equal(rates, steps // 3 * 3)


@pytest.mark.parametrize(
    ("deposit", "missing"),
    [
        (Savings(user_balance=jnp.zeros(()), rate=None), "a rate or a savings_rate series"),
        (External(user_balance=jnp.zeros(()), rate=None), "a rate or a yield_rate series"),
        (lender(), "a utilization or borrow_demand series"),
    ],
)
def test_a_deposit_without_a_yield_is_refused(deposit, missing):
    with pytest.raises(CamjaxError, match=f"expected {missing}, got neither"):
        quote(deposit)
