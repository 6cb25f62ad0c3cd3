"""Results made of plain random numbers, to hold analyses against NumPy."""

import numpy as np
import xarray

DEPOSITS = ("pool", "market", "savings", "idle")
PATHS, STEPS, DT_DAYS = 40, 60, 0.5

SCENARIO = """
[[deposits]]
name = "pool"
type = "liquidity_pool"

[[deposits]]
name = "market"
type = "money_market"
protocol_balance = 3e6

[[deposits]]
name = "savings"
type = "savings"

[[deposits]]
name = "idle"
type = "idle"
"""


def world(seed: int = 0, num_paths: int = PATHS) -> xarray.Dataset:
    """One setting: the pool is not under allocation."""
    draw = np.random.default_rng(seed)
    shape = (num_paths, STEPS)
    walk = draw.normal(size=(*shape, 4)).cumsum(axis=1)
    balance = 1e6 * np.exp(0.1 * walk + np.arange(4) / 4)
    target = draw.dirichlet(np.ones(3), shape)
    transfer = np.abs(draw.normal(size=(*shape, 4, 4))) * (1 - np.eye(4))
    series = ("path", "step")
    deposits, token = (*series, "deposit"), {"units": "FEI"}
    yearly = {"units": "1/year"}
    variables = {
        "balance": (deposits, balance, token),
        "yield_rate": (deposits, draw.uniform(0.0, 0.1, (*shape, 4)), yearly),
        "target_weight": (deposits, np.insert(target, 0, np.nan, axis=-1), {"units": "1"}),
        "transfer": ((*series, "source", "destination"), transfer, token),
        "volatile_asset_price": (series, 2000 + walk[..., 0], {"units": "USD"}),
        "utilization": (series, draw.uniform(0.5, 0.9, shape), {"units": "1"}),
        "pool_fei_protocol": (series, 2e6 + 1e4 * walk[..., 1], token),
        "pool_minted_redeemed": (series, 1e4 * draw.normal(size=shape), token),
        "pool_trading_fees": (series, draw.uniform(0, 50, shape), {"units": "USD"}),
    }
    steps = np.arange(1, STEPS + 1)
    names = np.array(DEPOSITS)
    coordinates = {
        "path": np.arange(num_paths),
        "step": steps,
        "time": ("step", DT_DAYS * steps),
        "deposit": names,
        "source": names,
        "destination": names,
    }
    return xarray.Dataset(variables, coordinates, {"scenario": SCENARIO})


def worlds() -> xarray.Dataset:
    """Three settings of a sweep on the same paths."""
    base = world()
    others = [base, base.assign(balance=base.balance * 1.1), world(seed=1)]
    labels = xarray.DataArray(np.array(["low", "middle", "high"]), dims="setting", name="setting")
    together = xarray.concat(others, labels, combine_attrs="override")
    return together.assign_coords(scenario=("setting", [SCENARIO] * 3))
