"""Markets for tests of single deposits."""

from typing import Any

import jax
import jax.numpy as jnp

from camjax.market import Market

PRICE = 100.0
"""USD, of the volatile asset at the start; FEI starts at 1 USD."""


def market(
    price: Any = PRICE, fei_price: Any = 1.0, dtype: Any = jnp.float64, **changes: Any
) -> Market:
    """Day 3, without risk, of a path whose prices started at `PRICE` and 1 USD."""
    price, fei_price = jnp.asarray(price, dtype), jnp.asarray(fei_price, dtype)
    at = {"volatile_asset_risk": 0.0, **changes}
    return Market(
        volatile_asset_price=price,
        fei_price=fei_price,
        step=jnp.asarray(at.pop("step", 3)),
        dt_days=at.pop("dt_days", 1.0),
        **{field: jnp.asarray(value, dtype) for field, value in at.items()},
    )


def stacked(*trees: Any) -> Any:
    """Trees of one structure as a batch."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)
