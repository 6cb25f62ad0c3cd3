"""The fast model agrees with the oracle in any scenario that hypothesis draws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import run
from structures import STRUCTURES
from worlds import STEPS, Sketch

TOLERANCE = 1e-9

SCALES = {
    "balance": ("balance",),
    "transfer": ("balance",),
    "remainder": ("balance",),
    "inert": ("balance",),
    "mint_redeem": ("balance", "mint_redeem"),
    "mint_redeem_shortfall": ("balance", "mint_redeem_shortfall"),
    "borrowed": ("balance", "borrowed"),
    "pool_fei_protocol": ("balance", "pool_fei_protocol"),
    "pool_minted_redeemed": ("balance", "pool_fei_protocol"),
    "pool_volatile_user": ("pool_volatile_user", "pool_volatile_protocol"),
    "pool_volatile_protocol": ("pool_volatile_user", "pool_volatile_protocol"),
    "pool_trading_fees": ("pool_tvl",),
    "pool_tvl": ("pool_tvl",),
    "pool_tokens": ("pool_tokens",),
    "pool_invariant": ("pool_invariant",),
}
"""Quantities whose largest total on the path says what is small; 1 for all that is a ratio."""


def scale(name: str, expected: dict[str, np.ndarray]) -> float:
    """What a variable's absolute tolerance is relative to."""
    if name not in SCALES:
        return 1.0
    parts = [np.abs(expected[part]).reshape(len(expected[part]), -1) for part in SCALES[name]]
    return float(np.hstack(parts).sum(axis=1).max())


def assert_agrees(sketch: Sketch) -> None:
    """The fast model and the oracle give the same trajectories."""
    expected = run(sketch.scenario, sketch.columns, sketch.steps)
    result = sketch.simulate()
    assert set(result) - {"status"} == set(expected)
    for name, values in expected.items():
        small = TOLERANCE * scale(name, expected)
        np.testing.assert_allclose(result[name], values, rtol=TOLERANCE, atol=small, err_msg=name)


@pytest.mark.parametrize("structure", STRUCTURES)
@settings(max_examples=20)
@given(data=st.data())
def test_fast_model_agrees_with_the_oracle(structure: str, data: st.DataObject) -> None:
    assert_agrees(data.draw(STRUCTURES[structure]))


def test_markets_of_one_network_differ_in_what_drives_them() -> None:
    names = [f"market_{i}" for i in range(9)]
    deposits = [
        {"name": name, "type": "money_market", "user_balance": 1e6, "protocol_balance": 0.0}
        for name in names
    ]
    columns = {f"utilization_{name}": np.full(STEPS + 1, 0.7) for name in names[1:]}
    columns[f"borrow_demand_{names[0]}"] = np.full(STEPS + 1, 3e5)
    exposure = dict.fromkeys(names, 0.0)
    scenario = {"steps": STEPS, "deposits": deposits, "weights": {"exposure": exposure}}
    assert_agrees(Sketch(scenario=scenario, columns=columns))
