"""Driver columns given in Python: refused where a file would be, and a deposit's own ones win."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import camjax
from camjax.errors import CamjaxError
from camjax.scenario import load_scenario

STEPS = 3
MARKET = {"type": "money_market", "user_balance": 60.0, "protocol_balance": 40.0}
DEPOSITS: list[dict[str, Any]] = [
    {"name": "aave", **MARKET},
    {"name": "other", **MARKET},
    {"name": "idle", "type": "idle", "user_balance": 100.0},
]
WORLD: dict[str, Any] = {
    "steps": STEPS,
    "deposits": DEPOSITS,
    "weights": {"exposure": {"aave": 0.0, "other": 0.0}},
    "drivers": {"utilization": {"process": "constant", "value": 0.5}},
}
HALF = jnp.full(STEPS + 1, 0.5)


def model(**changes: Any) -> camjax.Model:
    return load_scenario(WORLD, changes).model


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "not a number": ({"utilization": [0.5, np.nan, 0.5, 0.5]}, "utilization, step 1: .* got nan"),
    "above one": ({"utilization": [0.5, 0.5, 1.5, 0.5]}, r"utilization, step 2: .* in \[0, 1\]"),
    "one market's": ({"utilization_aave": [0.5, -0.1, 0.5, 0.5]}, "utilization_aave, step 1"),
    "no price": ({"volatile_asset_price": [1.0, 1.0, 0.0, 1.0]}, "price, step 2: .* > 0"),
    "fei at -1": ({"fei_price": [-1.0, 1.0, 1.0, 1.0]}, "fei_price, step 0"),
    "infinite flow": ({"mint_redeem": [0.0, np.inf, 0.0, 0.0]}, "mint_redeem, step 1"),
    "negative demand": ({"borrow_demand": [1.0, 1.0, 1.0, -1.0]}, "borrow_demand, step 3"),
    "negative risk": ({"risk_idle": [0.0, -1.0, 0.0, 0.0]}, "risk_idle, step 1"),
    "half open": ({"available_aave": [1.0, 0.5, 1.0, 1.0]}, "available_aave, step 1: .* 0 or 1"),
    "text": ({"utilization": ["a", "b", "c", "d"]}, "utilization: expected a series of numbers"),
    "a table": ({"utilization": np.full((STEPS + 1, 2), 0.5)}, "utilization: .* 4 rows"),
    "too short": ({"utilization": HALF[:-1]}, "utilization: .* 4 rows"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_columns_are_refused_as_in_a_file(case: str) -> None:
    columns, message = REFUSED[case]
    with pytest.raises(CamjaxError, match=message):
        model().drivers(columns, STEPS)


@pytest.mark.parametrize("stem", ["target", "dirichlet"])
def test_shares_that_do_not_sum_to_one_are_refused(stem: str) -> None:
    ones = {f"{stem}_{name}": np.ones(STEPS + 1) for name in ("aave", "other", "idle")}
    with pytest.raises(CamjaxError, match=rf"drivers.{stem}_\*, step 0: .* got a sum of 3"):
        model().drivers({"utilization": HALF, **ones}, STEPS)


def test_shares_that_nearly_sum_to_one_are_normalised() -> None:
    shares = {"target_aave": 0.3, "target_other": 0.2, "target_idle": 0.5 + 5e-7}
    columns = {name: np.full(STEPS + 1, share) for name, share in shares.items()}
    prescribed = model(
        **{"weights.rule": "prescribed", "weights.prescribed_as": "allocation"}
        | {
            f"drivers.{name}": {"process": "constant", "value": round(share, 1)}
            for name, share in shares.items()
        }
    )
    drivers = prescribed.drivers({"utilization": HALF, **columns}, STEPS)
    balance = camjax.simulate(prescribed, drivers).balance
    np.testing.assert_allclose(balance.sum(axis=1), 220.0, rtol=1e-14)


def test_whole_numbers_and_lists_are_series_too() -> None:
    whole = model().drivers({"utilization": [1, 0, 1, 0]}, STEPS)
    exact = model().drivers({"utilization": jnp.asarray([1.0, 0.0, 1.0, 0.0])}, STEPS)
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), whole, exact))


def test_columns_that_are_known_only_later_are_taken_as_they_are() -> None:
    made = jax.jit(lambda values: model().drivers({"utilization": values}, STEPS))
    assert jax.tree.leaves(made(HALF))


def test_a_markets_own_demand_wins_over_a_utilization_for_all() -> None:
    demand = {"process": "constant", "value": 20.0}
    scenario = load_scenario(WORLD, {"drivers.borrow_demand_aave": demand})
    found = camjax.simulate(scenario.model, scenario.sample_drivers()).utilization
    np.testing.assert_allclose(found[0], [0.2, 0.5], rtol=1e-12)
    feed = scenario.feed()
    assert list(feed.start()[1].deposits[0]) == ["borrow_demand"]


def test_two_of_a_markets_own_are_refused_by_file_and_in_python() -> None:
    both = {"utilization_aave": HALF, "borrow_demand_aave": HALF, "utilization": HALF}
    tables = {f"drivers.{name}": {"process": "constant", "value": 0.5} for name in both}
    with pytest.raises(CamjaxError, match="got utilization_aave and borrow_demand_aave"):
        load_scenario(WORLD, tables)
    world = model()
    with pytest.raises(CamjaxError, match="a utilization or borrow_demand series, got both"):
        camjax.simulate(world, world.drivers(both, STEPS))
