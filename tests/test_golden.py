"""The golden trajectories, reproduced from their files."""

import numpy as np
import pytest
from shared import GOLDEN, golden_cases, load_golden

from camjax import load_scenario, simulate

FLOAT64_TOLERANCE = 1e-9
FLOAT32_TOLERANCE = 1e-5
AMOUNTS = ("balance", "inert", "transfer", "remainder")
RELATIVE = ("borrowed", "pool_")
LOSS_ROUNDING = 1e-15
"""Of an impermanent loss: the reference takes 1 from a ratio near 1, so its digits end there."""


def run(name: str, precision: str) -> dict[str, np.ndarray]:
    """A golden case as its files have it, in the form of its expected arrays."""
    path = GOLDEN / name / "scenario.toml"
    scenario = load_scenario(str(path), {"precision": precision})
    trajectory = simulate(scenario.model, scenario.sample_drivers())
    result = {key: np.asarray(values) for key, values in trajectory.variables.items()}
    allocated = list(scenario.model.positions)
    moved = result["transfer"][:, allocated][:, :, allocated]
    return result | {
        "transfer": np.triu(moved.swapaxes(1, 2) - moved),
        "target_weights": result["target_weight"][:, allocated],
        "remainder": result["remainder"][:, allocated],
    }


def total_fei(expected: dict[str, np.ndarray]) -> float:
    """The least user FEI of any step."""
    return float(expected["balance"].sum(axis=1).min())


@pytest.mark.parametrize("name", golden_cases())
def test_golden_case_is_reproduced_in_float64(name: str) -> None:
    result, expected = run(name, "float64"), load_golden(name).expected
    assert result["balance"].dtype == np.float64
    for variable, values in expected.items():
        relative, absolute = 0.0, FLOAT64_TOLERANCE
        if variable in AMOUNTS:
            absolute *= total_fei(expected)
        elif variable.startswith(RELATIVE):
            is_loss = variable == "pool_impermanent_loss"
            relative, absolute = FLOAT64_TOLERANCE, LOSS_ROUNDING if is_loss else 0.0
        np.testing.assert_allclose(
            result[variable], values, rtol=relative, atol=absolute, err_msg=variable
        )


@pytest.mark.parametrize("name", golden_cases())
def test_golden_balances_are_near_in_float32(name: str) -> None:
    result, expected = run(name, "float32"), load_golden(name).expected
    assert result["balance"].dtype == np.float32
    np.testing.assert_allclose(
        result["balance"],
        expected["balance"],
        rtol=0.0,
        atol=FLOAT32_TOLERANCE * total_fei(expected),
    )
