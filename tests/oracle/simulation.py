"""Section 3: one step after another."""

import numpy as np

from .inertia import (
    after_minting,
    after_step,
    closed_deposits,
    in_proportion,
    inert_part,
    moves_everything,
    recorded_inert,
)
from .market import Deposit, Market
from .mechanisms import build_deposit
from .risk import volatile_asset_risk
from .rules import View, pairwise_flows, target_weights
from .settings import Columns, Settings, Table, numbers, read_settings
from .transfers import (
    by_source_and_destination,
    net_changes,
    planned_transfers,
    rebalancing_rate,
    settle,
)


def run(scenario: Table, columns: Columns, steps: int) -> dict[str, np.ndarray]:
    """Trajectories under the names of the results table, without its path axis.

    Args:
      scenario: TOML-shaped mapping of the scenario format.
      columns: drivers by column name, each [T+1] (more rows are fine).
      steps: T.

    Returns:
      Arrays whose axis 0 is step 1…T. Deposits not under allocation are NaN where a variable
      concerns allocated ones only; `transfer` is 0 there. Without a price column there is no
      `volatile_asset_price`, and the risk is 0; without a flow there is no `mint_redeem`.

    Raises:
      ValueError: what the specification refuses.
    """
    settings = read_settings(scenario)
    columns = {name: np.asarray(column, float) for name, column in columns.items()}
    markets = read_markets(settings, columns, steps)
    accounting = settings.rebalancing["accounting"]
    deposits = [
        build_deposit(table, columns, accounting, markets[0]) for table in settings.deposits
    ]
    weights = user_balances(settings, deposits)
    if not weights.sum() > 0:
        raise ValueError("no user FEI under allocation at the start")
    weights = weights / weights.sum()

    inert = inert_part(settings) * user_balances(settings, deposits)
    quotes = [np.zeros(len(deposits))]
    records = []
    for market in markets[1:]:
        earlier = user_balances(settings, deposits)
        quoted = np.array([deposit.evolve(market) for deposit in deposits])
        evolved = user_balances(settings, deposits)
        minted, shortfall = mint_or_redeem(settings, deposits, columns, market.step)
        held = user_balances(settings, deposits)
        inert = after_minting(settings, in_proportion(inert, earlier, evolved), evolved, held)
        is_closed = closed_deposits(settings, columns, market.step)
        inert = np.where(is_closed | moves_everything(settings), 0.0, inert)
        view = View(
            step=market.step,
            weights=current_weights(held - inert, weights),
            quotes=np.array(quotes)[:, settings.allocated],
            risk=market.risk,
            rate=rebalancing_rate(settings),
            columns=columns,
        )
        capital = move_capital(settings, deposits, view, market, inert)
        weights = view.weights
        inert = after_step(settings, inert, user_balances(settings, deposits), is_closed)
        quotes.append(quoted)
        records.append(
            {
                "balance": np.array([deposit.balance for deposit in deposits]),
                "yield_rate": quoted,
                **({"mint_redeem": minted} if "mint_redeem" in columns else {}),
                "mint_redeem_shortfall": shortfall,
                "volatile_asset_risk": market.risk,
                **({"volatile_asset_price": market.price} if market.price > 0 else {}),
                **capital,
                **recorded_inert(settings, inert),
                **observables_by_type(deposits),
            }
        )
    return {name: np.array([record[name] for record in records]) for name in records[0]}


def read_markets(settings: Settings, columns: Columns, steps: int) -> list[Market]:
    """What every step sees, and the prices at t = 0 in front."""
    short = [name for name, column in columns.items() if len(column) < steps + 1]
    if short:
        raise ValueError(f"fewer than {steps + 1} rows: {short}")
    prices = columns.get("volatile_asset_price", np.full(steps + 1, np.nan))[: steps + 1]
    fei_prices = columns.get("fei_price", np.ones(steps + 1))[: steps + 1]
    risks = np.zeros(steps)
    if "volatile_asset_price" in columns:
        risks = volatile_asset_risk(prices, settings.risk_window)
    rows = zip(prices, fei_prices, [0.0, *risks], strict=True)
    return [
        Market(step=step, dt_days=settings.dt_days, price=price, fei_price=fei_price, risk=risk)
        for step, (price, fei_price, risk) in enumerate(rows)
    ]


def user_balances(settings: Settings, deposits: list[Deposit]) -> np.ndarray:
    """[N] b, over the allocated deposits."""
    return numbers([deposits[i].balance for i in settings.allocated])


def current_weights(balances: np.ndarray, previous_weights: np.ndarray) -> np.ndarray:
    """[N] w = b / S, or 4.13's: those of the step before, if nothing is left."""
    return balances / balances.sum() if balances.sum() > 0 else previous_weights


def mint_or_redeem(
    settings: Settings, deposits: list[Deposit], columns: Columns, step: int
) -> tuple[float, float]:
    """4.6: m_t goes to the first idle deposit; what came of it, and what idle could not cover."""
    if "mint_redeem" not in columns or columns["mint_redeem"][step] == 0:
        return 0.0, 0.0
    idle = [i for i, table in enumerate(settings.deposits) if table["type"] == "idle"]
    if not idle:
        raise ValueError("mint_redeem without an idle deposit")
    held = deposits[idle[0]].balance
    wanted = held + columns["mint_redeem"][step]
    deposits[idle[0]].balance = max(0.0, wanted)
    return deposits[idle[0]].balance - held, max(0.0, -wanted)


def move_capital(
    settings: Settings, deposits: list[Deposit], view: View, market: Market, inert: np.ndarray
) -> dict[str, np.ndarray]:
    """3.5 to 3.9 for what is not inert: target, planned transfers, settlement, as recorded."""
    balances = np.maximum(user_balances(settings, deposits) - inert, 0.0)
    total = max(0.0, balances.sum())
    if settings.weights["rule"] == "pairwise":
        flows = pairwise_flows(settings, view)
        target = view.weights + flows.sum(axis=1)
        planned = total * np.triu(flows)
        changes = net_changes(planned)
    else:
        target = target_weights(settings, view)
        rate = 1.0 if moves_everything(settings) else view.rate
        changes = rate * (target - view.weights) * total
        planned = planned_transfers(changes, settings.pairs, settings.rebalancing["transfers"])
    settled, remainders = settle(balances, changes, planned, settings.rebalancing["settlement"])
    for i, amount in zip(settings.allocated, settled - balances, strict=True):
        deposits[i].receive(amount, market)

    count, kind = len(deposits), np.result_type(target, settled, planned)
    record = {
        "target_weight": np.full(count, np.nan, kind),
        "remainder": np.full(count, np.nan, kind),
        "transfer": np.zeros((count, count), kind),
    }
    # A8: with nothing left, the last weights.
    left = user_balances(settings, deposits).sum() > 0
    record["target_weight"][settings.allocated] = target if left else view.weights
    record["remainder"][settings.allocated] = remainders
    allocated_block = np.ix_(settings.allocated, settings.allocated)
    record["transfer"][allocated_block] = by_source_and_destination(planned)
    return record


def observables_by_type(deposits: list[Deposit]) -> dict[str, float | list[float]]:
    """The pool_* and money-market columns: a number, or a list where there are several."""
    collected: dict[str, list[float]] = {}
    for deposit in deposits:
        for name, value in deposit.observables().items():
            collected.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in collected.items()}
