"""Laws of target weights that hold in any world: shares, no favourites, closed means zero."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from structures import (
    AVERSION,
    FOUR,
    SAVINGS,
    STRUCTURES,
    TWELVE,
    TWELVE_COLUMNS,
    idle,
    money_market,
    quoted,
)
from structures import COMMON as FOUR_COLUMNS
from worlds import (
    AVAILABLE,
    OUTSIDE_RISK,
    SOLID_RATE,
    STEPS,
    YIELD_RATE,
    Sketch,
    column,
    columns,
    path,
    sketches,
    utilization,
)

TOLERANCE = 1e-12


@pytest.mark.parametrize("structure", STRUCTURES)
@settings(max_examples=4)
@given(data=st.data())
def test_target_weights_are_shares_of_a_whole(structure: str, data: st.DataObject) -> None:
    sketch = data.draw(STRUCTURES[structure])
    weights = sketch.simulate()["target_weight"][:, sketch.allocated]
    assert weights.min() >= -TOLERANCE
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=0.0, atol=TOLERANCE)


ANY_ORDER: dict[str, tuple[list[int], SearchStrategy[Sketch]]] = {
    "four": (
        [2, 0, 3, 1],
        sketches(FOUR, *FOUR_COLUMNS, rebalancing={"transfers": "minimum_norm"}),
    ),
    "twelve": (
        [7, 4, 11, 0, 9, 2, 5, 10, 1, 3, 8, 6],
        sketches(TWELVE, *TWELVE_COLUMNS, rebalancing={"transfers": "minimum_norm"}),
    ),
}


@pytest.mark.parametrize("world", ANY_ORDER)
@settings(max_examples=15)
@given(data=st.data())
def test_order_of_deposits_does_not_matter_when_netted_at_minimum_norm(
    world: str, data: st.DataObject
) -> None:
    order, structure = ANY_ORDER[world]
    sketch = data.draw(structure)
    deposits = [sketch.scenario["deposits"][i] for i in order]
    shuffled = dataclasses.replace(sketch, scenario=sketch.scenario | {"deposits": deposits})
    expected, result = sketch.simulate(), shuffled.simulate()
    small = TOLERANCE * expected["balance"].sum(axis=1).max()
    for name, tolerance in {"balance": small, "target_weight": TOLERANCE}.items():
        reordered = expected[name][:, order]
        np.testing.assert_allclose(result[name], reordered, rtol=0.0, atol=tolerance, err_msg=name)
    moved = expected["transfer"][:, order][:, :, order]
    np.testing.assert_allclose(result["transfer"], moved, rtol=0.0, atol=small)


VENUES = [money_market("market"), SAVINGS, quoted("venue", "external"), idle()]
VENUE_NAMES = ["market", "savings", "venue", "idle"]
VENUE_COLUMNS = (
    column("utilization", utilization()),
    column("yield_rate_venue", YIELD_RATE),
    column("risk_savings", OUTSIDE_RISK),
)
INSIDE = path(lambda g, rows: g.dirichlet(np.ones(4), rows))
"""Shares of which none is zero, so that whatever is open is wanted."""

OPENING = [column(f"available_{name}", AVAILABLE) for name in VENUE_NAMES[:3]]
CLOSING = {
    "endogenous": sketches(VENUES, *VENUE_COLUMNS, *OPENING, weights={"exposure": {"market": 0.0}}),
    "exogenous": sketches(
        VENUES,
        *VENUE_COLUMNS,
        *OPENING,
        columns("dirichlet", VENUE_NAMES, INSIDE),
        weights={"rule": "exogenous"},
    ),
    "prescribed": sketches(
        VENUES,
        *VENUE_COLUMNS,
        *OPENING,
        columns("target", VENUE_NAMES, INSIDE),
        weights={"rule": "prescribed", "cap": st.floats(0.5, 1.0)},
    ),
}


@pytest.mark.parametrize("rule", CLOSING)
@settings(max_examples=15)
@given(data=st.data())
def test_target_of_a_closed_deposit_is_exactly_zero(rule: str, data: st.DataObject) -> None:
    sketch = data.draw(CLOSING[rule])
    is_open = np.stack([sketch.columns[f"available_{name}"] for name in VENUE_NAMES[:3]], axis=1)
    weights = sketch.simulate()["target_weight"][:, :3]
    assert (weights[is_open[1:] == 0] == 0).all()


@pytest.mark.parametrize("cap", [{}, {"cap": 0.6}])
def test_nothing_moves_while_all_that_may_have_a_weight_is_closed(cap: dict[str, float]) -> None:
    deposits = [
        {"name": "venue", "type": "external", "user_balance": 30.0, "rate": 0.05},
        {"name": "savings", "type": "savings", "user_balance": 20.0, "rate": 0.02},
        {"name": "idle", "type": "idle", "user_balance": 50.0},
    ]
    is_open = np.where(np.arange(STEPS + 1) < 3, 1.0, 0.0)
    sketch = Sketch(
        scenario={
            "steps": STEPS,
            "deposits": deposits,
            "weights": {"idle_weight": "zero", **cap},
        },
        columns={"available_venue": is_open, "available_savings": is_open},
    )
    balances = sketch.simulate()["balance"]
    np.testing.assert_allclose(balances[2:], balances[1:-1], rtol=TOLERANCE)


TASTES = {
    "yield_risk_aversion": AVERSION,
    "exposure": {"market": 0.0},
    "elasticity": st.floats(0.5, 2.0),
    "convenience_yield": dict.fromkeys(VENUE_NAMES, SOLID_RATE),
}


def without_venue(sketch: Sketch, way: str) -> Sketch:
    """The venue taken out of the choice."""
    scenario, weights = sketch.scenario, sketch.scenario["weights"]
    if way == "factor of zero":
        weights = weights | {"factor": {"venue": 0.0}}
        return dataclasses.replace(sketch, scenario=scenario | {"weights": weights})
    if way == "closed":
        return dataclasses.replace(
            sketch, columns=sketch.columns | {"available_venue": np.zeros(STEPS + 1)}
        )
    kept = weights["convenience_yield"].copy()
    del kept["venue"]
    deposits = [
        deposit | {"allocated": False} if deposit["name"] == "venue" else deposit
        for deposit in scenario["deposits"]
    ]
    changes = {"deposits": deposits, "weights": weights | {"convenience_yield": kept}}
    return dataclasses.replace(sketch, scenario=scenario | changes)


@pytest.mark.parametrize("way", ["factor of zero", "closed", "left alone"])
@settings(max_examples=15)
@given(sketch=sketches(VENUES, *VENUE_COLUMNS, weights=TASTES))
def test_taking_a_deposit_away_leaves_the_ratios_of_the_others(way: str, sketch: Sketch) -> None:
    others = [0, 1, 3]
    before = sketch.simulate()["target_weight"][:, others]
    after = without_venue(sketch, way).simulate()["target_weight"][:, others]
    ratios, expected = (weights / weights[:, -1:] for weights in (after, before))
    np.testing.assert_allclose(ratios, expected, rtol=TOLERANCE)
