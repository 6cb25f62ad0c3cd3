"""Reducers that fold as one give what each gives alone."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from camjax.ensemble import Bands, Bins, Flags, Moments, Quantiles, Reducer
from camjax.ensemble.stacking import fold_as_one, separate

STEPS, LANES = 3, 16
GENERATOR = np.random.default_rng(1)
VARIABLES = {
    "status": jnp.zeros((STEPS, LANES), jnp.int32).at[1, 2].set(4),
    "price": jnp.asarray(GENERATOR.normal(size=(STEPS, LANES))),
    "share": jnp.asarray(GENERATOR.uniform(size=(STEPS, 3, LANES))).at[2, 0, 3].set(jnp.nan),
    "matrix": jnp.asarray(GENERATOR.normal(size=(STEPS, 2, 2, LANES))),
    "single": jnp.asarray(GENERATOR.normal(size=(STEPS, 2, LANES)), jnp.float32),
    "step": jnp.arange(1, STEPS + 1),
}
COUNTED = jnp.arange(LANES) < LANES - 2
FEW, MANY = Bins(0.0, 1.0, 4), Bins(-1.0, 1.0, 8)


def bands(name: str, number: int = 8) -> Bands:
    values = np.nan_to_num(np.asarray(VARIABLES[name]))
    return Bands(name, values.min(-1) / 2, values.max(-1) / 2, number)


REDUCERS: list[Reducer] = [
    *(Moments(name) for name in ("price", "share", "matrix", "single")),
    Flags(),
    *(bands(name) for name in ("matrix", "price", "single")),
    bands("share", 5),
    Quantiles("price", MANY),
    Quantiles("share", FEW),
    Quantiles("matrix", MANY),
]


def steps_of(fold: Any) -> Any:
    return jax.lax.map(lambda step: fold(step, COUNTED), VARIABLES)


def test_reducers_of_one_kind_fold_as_each_alone() -> None:
    together = steps_of(lambda step, counted: fold_as_one(REDUCERS, step, counted))
    assert len(together) == 1 + 2 + 3 + 2  # by kind, settings and precision
    found = separate(together)
    assert found.keys() == {reducer.name for reducer in REDUCERS}
    for reducer in REDUCERS:
        alone = steps_of(reducer.fold)
        assert jax.tree.structure(found[reducer.name]) == jax.tree.structure(alone)
        for one, other in zip(
            jax.tree.leaves(found[reducer.name]), jax.tree.leaves(alone), strict=True
        ):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other, err_msg=reducer.name)
