"""How the model moves: its state before the first step, one step, and an observation of it."""

import dataclasses
from typing import Any

import jax.numpy as jnp
from jax import Array

from camjax._fusion import derivative_once
from camjax.deposits import Deposit
from camjax.deposits.base import Info
from camjax.drivers import first_row
from camjax.groups import Groups
from camjax.inertia import in_proportion, movable, where_open
from camjax.market import Drivers, Market, Row, Series
from camjax.model import Model, Record, State
from camjax.rebalancing import plan, remainder, settle
from camjax.status import status_of
from camjax.vector import Vector, positive_or, quotient, shares, where
from camjax.weights import Target, View


def initial_state(model: Model, drivers: Drivers) -> State:
    """State before the first step, from the model's initial balances and row 0 of the drivers."""
    return state_at(model, first_row(model.deposits, drivers))


def state_at(model: Model, row: Row) -> State:
    """State before the first step, from the model's initial balances and row 0."""
    groups, market = row.groups, _market(model, row)
    deposits = groups.stack(model.deposits)
    states = groups.map(lambda deposit: deposit.init(market), deposits)
    balances = _user_balances(groups, deposits, states).take(model.positions)
    total, inertia = positive_or(balances.sum()), model.rebalancing.inertia
    # Nothing under allocation at the start is refused where scenarios are checked.
    return State(
        groups=groups,
        deposits=states,
        memory=model.weights.rule.init(balances.map(jnp.zeros_like)),
        weights=None if row.mint_redeem is None else balances.map(lambda b: quotient(b, total)),
        inert=None if inertia is None else inertia.of(balances),
    )


def step(model: Model, state: State, row: Row, key: Array | None = None) -> tuple[State, Record]:
    """One step of the model.

    The market moves, deposits evolve and quote yields, FEI is minted or redeemed, the rule sets
    target weights from earlier quotes, capital is moved towards them, and deposits take it in.

    Args:
      model: parameters and structure.
      state: of the step before, or `initial_state`.
      row: this step's drivers, one row of `Model.rows`.
      key: of this step; needed only where holders are uncertain (weights.dirichlet_precision).

    Returns:
      The new state, and a record of the step.

    References:
      Specification, 3 and 4.
    """
    return step_grouped(model, row.groups.stack(model.deposits), state, row, key)


def step_grouped(
    model: Model, deposits: tuple[Deposit, ...], state: State, row: Row, key: Array | None
) -> tuple[State, Record]:
    """`step` with the deposits already stacked by group, as a scan does once before it starts."""
    market = derivative_once(_market(model, row), row.step)
    states, yield_rates, info = _evolve(model, deposits, state, row, market)
    states, yield_rates = derivative_once((states, yield_rates), row.step)
    evolved = _user_balances(row.groups, deposits, states).take(model.positions)
    states, minted, shortfall = _mint_or_redeem(model, deposits, states, row, market)

    before = _user_balances(row.groups, deposits, states).take(model.positions)
    before = derivative_once(before, row.step)
    inert = _inert(model, deposits, state, row, evolved, before)
    before, inert, view, target = _decide(model, state, row, before, inert, key)
    planned = plan(model.rebalancing, model.network, before, before.sum(), target, view.rate)
    planned = derivative_once(planned, row.step)
    settled = settle(model.rebalancing, model.network, before, planned)
    states = _receive(row.groups, deposits, states, settled - before, model.positions, market)
    balance = _user_balances(row.groups, deposits, states)
    held = balance.take(model.positions)
    inert = _grown_used_to(model, inert, held, row)

    quotes = _observed_or(row, yield_rates.take(model.positions))
    new_state = State(
        groups=row.groups,
        deposits=states,
        memory=model.weights.rule.remember(state.memory, quotes, model.dt_days),
        weights=None if state.weights is None else view.weights,
        inert=inert,
    )
    left = remainder(before, planned, settled)
    inspected = row.groups.map(lambda deposit, state: deposit.inspect(state), deposits, states)
    record = Record(
        groups=row.groups,
        step=row.step,
        balance=balance,
        target_weight=_recorded(target, view, held, minted),
        yield_rate=yield_rates,
        planned=planned,
        remainder=left,
        mint_redeem=minted,
        mint_redeem_shortfall=shortfall,
        volatile_asset_risk=market.volatile_asset_risk,
        volatile_asset_price=row.volatile_asset_price,
        inert=inert,
        info=tuple(a | b for a, b in zip(info, inspected, strict=True)),
        status=status_of(
            price_held=row.price_held,
            balances=balance,
            allocated=held.sum(),
            remainder=left,
            minted=minted,
            shortfall=shortfall,
        ),
    )
    return new_state, record


def observe(model: Model, state: State, balances: Array) -> State:
    """Replace what users hold by observed balances, as a one-step backtest does.

    Protocol holdings stay; a pool's volatile side keeps the pool's proportion.

    Args:
      model: parameters and structure.
      state: at the end of a step.
      balances: [all deposits] FEI.

    References:
      Specification, 5.
    """
    groups = state.groups
    vector = Vector.split(balances)
    states = groups.map(
        lambda deposit, state, balance: deposit.observe(state, balance),
        groups.stack(model.deposits),
        state.deposits,
        groups.scatter(vector, range(len(model.deposits))),
    )
    inertia = model.rebalancing.inertia
    inert = None if inertia is None else inertia.of(vector.take(model.positions))
    return dataclasses.replace(state, deposits=states, inert=inert)


def _market(model: Model, row: Row) -> Market:
    like = model.rebalancing.duration_days
    risk = row.volatile_asset_risk
    return Market(
        volatile_asset_price=row.volatile_asset_price,
        fei_price=jnp.ones_like(like) if row.fei_price is None else row.fei_price,
        volatile_asset_risk=jnp.zeros_like(like) if risk is None else risk,
        step=row.step,
        dt_days=model.dt_days,
    )


def _evolve(
    model: Model, deposits: tuple[Deposit, ...], state: State, row: Row, market: Market
) -> tuple[tuple[Any, ...], Vector, tuple[Info, ...]]:
    """Every deposit's own mechanism: states, yield rates [all deposits], and what it reports."""

    def evolve(deposit: Deposit, state: Any, series: Series) -> tuple[Any, Array, Info]:
        return deposit.evolve(state, market, series)

    evolved = row.groups.map(evolve, deposits, state.deposits, row.deposits)
    states, yield_rates, info = (tuple(part) for part in zip(*evolved, strict=True))
    return states, row.groups.gather(yield_rates), info


def _inert(
    model: Model,
    deposits: tuple[Deposit, ...],
    state: State,
    row: Row,
    evolved: Vector,
    balances: Vector,
) -> Vector | None:
    """What of this step's balances [N] lies where it is, now that deposits and supply changed."""
    inertia = model.rebalancing.inertia
    if inertia is None or state.inert is None:
        return None
    earlier = _user_balances(row.groups, deposits, state.deposits).take(model.positions)
    inert = in_proportion(state.inert, earlier, evolved)
    if row.mint_redeem is not None:
        inert = inertia.after_minting(inert, evolved, balances)
    return where_open(inert, row.available)


def _decide(
    model: Model, state: State, row: Row, balances: Vector, inert: Vector | None, key: Array | None
) -> tuple[Vector, Vector | None, View, Target]:
    """What may move [N], what does not, what the rule sees of it, and where it wants it to be.

    A prescribed allocation moves everything.
    """
    moving = movable(balances, inert)
    view = _view(model, state, row, moving, moving.sum())
    target = derivative_once(model.weights.target(state.memory, view, key), row.step)
    if target.at_once and inert is not None:
        return _decide(model, state, row, balances, None, key)
    return moving, inert, view, target


def _grown_used_to(model: Model, inert: Vector | None, balances: Vector, row: Row) -> Vector | None:
    """Inert FEI [N] at the end of a step."""
    inertia = model.rebalancing.inertia
    if inertia is None:
        return None
    if inert is None:
        inert = inertia.of(balances)
    return where_open(inertia.after_step(inert, balances, model.dt_days), row.available)


def _view(model: Model, state: State, row: Row, balances: Vector, total: Array) -> View:
    """What the weight rule may see of this step."""
    weights = shares(balances, positive_or(total))
    if state.weights is not None:
        weights = where(total > 0, weights, state.weights)
    risk = row.volatile_asset_risk
    return View(
        step=row.step,
        weights=weights,
        volatile_asset_risk=jnp.zeros_like(total) if risk is None else risk,
        risk=row.risk,
        open=model.weights.open(row.available, like=balances),
        rate=model.rebalancing.rate(model.dt_days),
        dirichlet=row.dirichlet,
        target=row.target,
        dt_days=model.dt_days,
    )


def _observed_or(row: Row, quotes: Vector) -> Vector:
    """What holders are told deposits yield: what was observed, else the deposits' own quotes."""
    if row.observed_yield is None:
        return quotes
    return row.observed_yield.map(
        lambda observed, quote: jnp.where(jnp.isnan(observed), quote, observed), quotes
    )


def _user_balances(groups: Groups, deposits: tuple[Any, ...], states: tuple[Any, ...]) -> Vector:
    return groups.gather(
        groups.map(lambda deposit, state: deposit.balance(state), deposits, states)
    )


def _receive(
    groups: Groups,
    deposits: tuple[Any, ...],
    states: tuple[Any, ...],
    gained: Vector,
    positions: tuple[int, ...],
    market: Market,
) -> tuple[Any, ...]:
    """States after the deposits at some positions have taken in what they gained."""

    def receive(deposit: Deposit, state: Any, amount: Array | None) -> Any:
        return state if amount is None else deposit.receive(state, amount, market)

    return groups.map(receive, deposits, states, groups.scatter(gained, positions))


def _mint_or_redeem(
    model: Model, deposits: tuple[Any, ...], states: tuple[Any, ...], row: Row, market: Market
) -> tuple[tuple[Any, ...], Array | None, Array]:
    """Mint into the first idle deposit, or redeem from it as much as it holds.

    Returns:
      States, what was minted (negative where redeemed), and what idle could not cover.
    """
    flow, idle = row.mint_redeem, model.first_idle
    if flow is None or idle is None:
        return states, None, jnp.zeros_like(model.rebalancing.duration_days)
    held = _user_balances(row.groups, deposits, states).take((idle,))
    amount = held.map(lambda balance: jnp.maximum(flow, -balance))
    states = _receive(row.groups, deposits, states, amount, (idle,), market)
    return states, amount.sum(), amount.sum() - flow


def _recorded(target: Target, view: View, balances: Vector, minted: Array | None) -> Vector:
    """The rule's target; where redemption has left nothing, the last weights there were."""
    if minted is None:
        return target.weights
    return where(balances.sum() > 0, target.weights, view.weights)
