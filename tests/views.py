"""What weight rules see, for tests of single rules."""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from camjax.vector import Vector
from camjax.weights import Preferences, View


def vector(entries: Any, dtype: Any = jnp.float64) -> Vector:
    return Vector.split(jnp.asarray(entries, dtype))


def view(weights: Sequence[float], dtype: Any = jnp.float64, **changes: Any) -> View:
    """Step 5 of days at a rate of 0.2, the volatile asset at risk 0.3; sequences become vectors."""
    scalars = {"volatile_asset_risk": 0.3, "rate": 0.2}
    vectors = dict.fromkeys(("risk", "open", "dirichlet", "target"))
    structure = {"step": jnp.asarray(changes.pop("step", 5), jnp.int32), "dt_days": 1.0}
    given: dict[str, Any] = {"weights": weights, **scalars, **vectors, **structure, **changes}
    for field in scalars:
        given[field] = jnp.asarray(given[field], dtype)
    for field in ("weights", *vectors):
        given[field] = None if given[field] is None else vector(given[field], dtype)
    return View(**given)


def preferences(num_deposits: int, dtype: Any = jnp.float64, **changes: Any) -> Preferences:
    """Neutral ones, the first half of the deposits exposed to the volatile asset."""
    half = num_deposits // 2
    numbers = {
        "factor": [1.0] * num_deposits,
        "exposure": [1.0] * half + [0.0] * (num_deposits - half),
        "convenience_yield": [0.0] * num_deposits,
        "asset_risk_aversion": 1.0,
        "yield_risk_aversion": 1.0,
        **changes,
    }
    arrays = {field: jnp.asarray(value, dtype) for field, value in numbers.items()}
    return Preferences(**{field: Vector.split(a) if a.ndim else a for field, a in arrays.items()})
