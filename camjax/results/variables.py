"""What a run records, as data: dimensions, unit and meaning of every variable of the results."""

import dataclasses
from collections.abc import Mapping

DIMENSIONS: Mapping[str, str] = {
    "path": "random path",
    "step": "step, 1 to the last",
    "deposit": "deposits in network order",
    "source": "deposit that capital leaves",
    "destination": "deposit that capital goes to",
    "pool": "liquidity pools in network order",
    "money_market": "money markets in network order",
    "statistic": "statistic over paths: mean, standard deviation, quantiles",
    "flag": "what a path could not do",
    "futures": "futures that forecasts simulated, by method and origin",
}
"""Long names of the dimensions."""


@dataclasses.dataclass(frozen=True)
class Variable:
    """One variable of the results.

    Args:
      long_name: what it is.
      unit: "{token}" stands for the scenario's token; "1" is dimensionless.
      dims: dimensions behind path and step. A dimension of deposits of one type, such as "pool",
        is there only when a model has several of them.
    """

    long_name: str
    unit: str
    dims: tuple[str, ...] = ()


def _pool(long_name: str, unit: str) -> Variable:
    return Variable(long_name, unit, ("pool",))


def _market(long_name: str, unit: str) -> Variable:
    return Variable(long_name, unit, ("money_market",))


VARIABLES: Mapping[str, Variable] = {
    "balance": Variable("user balance at the end of the step", "{token}", ("deposit",)),
    "inert": Variable("user balance that lies where it was", "{token}", ("deposit",)),
    "target_weight": Variable("target weight of the rule", "1", ("deposit",)),
    "yield_rate": Variable("yield rate quoted in the step", "1/year", ("deposit",)),
    "transfer": Variable("transfer planned", "{token}", ("source", "destination")),
    "remainder": Variable("what settlement could not move", "{token}", ("deposit",)),
    "mint_redeem": Variable("minted into idle, negative where redeemed from it", "{token}"),
    "mint_redeem_shortfall": Variable("shortfall: redemption that idle could not cover", "{token}"),
    "volatile_asset_risk": Variable("risk metric of the volatile asset", "1"),
    "volatile_asset_price": Variable("price of the volatile asset", "USD"),
    "status": Variable("what could not be done in the step, as bit flags", "1"),
    "pool_invariant": _pool("invariant, product of the pool's reserves", "{token} volatile_asset"),
    "pool_fei_protocol": _pool("stablecoin of the protocol in the pool", "{token}"),
    "pool_volatile_protocol": _pool("volatile asset of the protocol in the pool", "volatile_asset"),
    "pool_volatile_user": _pool("volatile asset of users in the pool", "volatile_asset"),
    "pool_tokens": _pool("pool tokens outstanding", "pool_token"),
    "pool_tvl": _pool("value locked in the pool", "USD"),
    "pool_trading_fees": _pool("trading fees of the step", "USD"),
    "pool_impermanent_loss": _pool("impermanent loss against holding, at most 0", "1"),
    "pool_minted_redeemed": _pool("stablecoin that arbitrage brought into the pool", "{token}"),
    "utilization": _market("share of the supply that is lent out", "1"),
    "borrow_rate": _market("borrow rate", "1/year"),
    "supply_rate": _market("supply rate", "1/year"),
    "borrowed": _market("balance lent out", "{token}"),
}
"""Every variable that camjax itself records, by name."""

DERIVED: Mapping[str, Variable] = {
    "share": Variable("share of the balances under allocation", "1", ("deposit",)),
}
"""Variables that statistics over paths hold besides, by name."""


OF_PATHS: Mapping[str, Variable] = {
    "path_status": Variable("what the path could not do in some step, as bit flags", "1"),
    "path_shortfall": Variable("shortfall of the whole path: redemption not paid", "{token}"),
    "path_redemption": Variable("redemption asked for over the whole path", "{token}"),
}
"""Variables with one value for each path."""

OF_STATISTICS: Mapping[str, Variable] = {
    "flagged_paths": Variable("paths that could not do it in some step", "1", ("flag",)),
    "mean_shortfall": Variable("shortfall of a whole path, mean over those with one", "{token}"),
    "mean_redemption": Variable("redemption asked for over these paths, their mean", "{token}"),
}
"""Their place where statistics take that of paths."""

OF_FORECASTS: Mapping[str, Variable] = {
    "futures_paths": Variable("futures simulated, 0 where all was done", "1", ("futures",)),
    "first_step": Variable("first row ahead in which it was so, 0 for none", "1", ("flag",)),
}
"""Where a forecast simulates."""


def describe(name: str) -> Variable:
    """The variable of that name; one that a user's own deposit records is described by its name.

    >>> describe("flash_loan_fees").long_name
    'flash loan fees'
    """
    known = {**VARIABLES, **DERIVED, **OF_PATHS, **OF_STATISTICS, **OF_FORECASTS}
    return known.get(name, Variable(long_name=name.replace("_", " "), unit="unspecified"))
