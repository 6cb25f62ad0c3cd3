"""Derivatives by every number of a scenario, against complex steps through the oracle."""

import copy
from typing import Any

import jax
import numpy as np
import pytest
from derivatives import backwards_by_all
from gradient_structures import AT_THE_FLOOR, FOUR, STEPS, STRUCTURES, drivers_of, prices
from jax.flatten_util import ravel_pytree
from oracle import run

import camjax
from camjax.scenario.parameters import list_parameters

STEP = 1e-200
"""Of which no rounding is left: there is no difference to take."""


def with_number(document: dict[str, Any], path: str, number: complex) -> dict[str, Any]:
    """The document with another number at a dotted path; deposits go by their names."""
    changed = copy.deepcopy(document)
    *tables, last = path.split(".")
    place: Any = changed
    for table in tables:
        if isinstance(place, list):
            by_name = {entry["name"]: entry for entry in place if isinstance(entry, dict)}
            place = by_name[table] if table in by_name else place[int(table)]
        else:
            place = place.setdefault(table, {})
    place[int(last) if isinstance(place, list) else last] = number
    return changed


PAIRWISE, _ = AT_THE_FLOOR["pairwise, elasticity of 50, factor of 1e12"]
TABLES = {
    "neutral": AT_THE_FLOOR["neutral"],
    "borrow demand": STRUCTURES["borrow demand"],
    # With an elasticity at which the powers that the oracle takes are numbers.
    "pairwise": ({**PAIRWISE, "weights": {**PAIRWISE["weights"], "elasticity": 5.0}}, prices()),
}


@pytest.mark.parametrize("name", TABLES)
def test_derivatives_by_every_number_are_complex_steps_of_the_oracle(name):
    tables, columns = TABLES[name]
    document = {"steps": STEPS, "deposits": FOUR, **tables}
    constants = {
        column: {"process": "constant", "value": float(values[0])}
        for column, values in columns.items()
    }
    scenario = camjax.load_scenario({**document, "drivers": constants})
    names = [path for path in list_parameters(scenario) if not path.startswith("drivers.")]
    parameters = camjax.parameters(scenario, names)

    _, by_values = jax.linearize(
        lambda values: ravel_pytree(parameters.insert(values)[0])[0], parameters.values
    )
    leaves = jax.vmap(by_values)(np.eye(len(names)))
    by_leaves, _ = backwards_by_all(scenario.model, drivers_of(tables, columns))
    found = np.asarray(leaves @ by_leaves)

    for path, value, derivative in zip(names, parameters.values.tolist(), found, strict=True):
        scale = max(abs(value), 1e-3)
        moved = with_number(document, path, np.complex128(complex(value, STEP * scale)))
        balances = run(moved, columns, STEPS)["balance"][-1]
        slopes = np.imag(balances / balances.sum()) / STEP
        own = derivative * scale
        np.testing.assert_allclose(own, slopes, rtol=1e-7, atol=1e-11, err_msg=path)
