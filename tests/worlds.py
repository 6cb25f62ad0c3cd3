"""Worlds: structures of scenarios whose numbers and drivers hypothesis draws.

What decides the compiled program is fixed in a world (deposits, rules, windows, steps), what does
not is drawn: any value of a template may be a strategy. So a world compiles once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from camjax import Model, load_scenario, simulate

STEPS = 20
NUM_ROWS = STEPS + 1

Columns = dict[str, np.ndarray]
Path = SearchStrategy[np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """One scenario with its drivers, as the oracle takes them."""

    scenario: dict[str, Any]
    columns: Columns

    @property
    def steps(self) -> int:
        """T."""
        return int(self.scenario["steps"])

    @property
    def allocated(self) -> list[int]:
        """Positions of the deposits under allocation."""
        deposits = enumerate(self.scenario["deposits"])
        return [i for i, deposit in deposits if deposit.get("allocated", True)]

    @property
    def model(self) -> Model:
        """The fast model, from the scenario with row 0 of the drivers in place of series."""
        drivers = {
            name: {"process": "constant", "value": float(column[0])}
            for name, column in self.columns.items()
            if not name.startswith("dirichlet_")
        }
        return load_scenario(self.scenario | {"drivers": drivers}).model

    def simulate(self) -> dict[str, np.ndarray]:
        """What the fast model makes of it, by the names of the results table."""
        model = self.model
        columns = {name: jnp.asarray(column) for name, column in self.columns.items()}
        variables = simulate(model, model.drivers(columns)).variables
        return {name: np.asarray(values) for name, values in variables.items()}


def sketches(
    deposits: list[dict[str, Any]],
    *columns: SearchStrategy[Columns],
    steps: int = STEPS,
    **tables: Any,
) -> SearchStrategy[Sketch]:
    """Scenarios of one structure: deposits, columns of drivers, and the other tables."""
    scenario = {"steps": steps, "deposits": deposits, **tables}
    return st.builds(
        lambda scenario, columns: Sketch(
            scenario=scenario,
            columns={name: values for part in columns for name, values in part.items()},
        ),
        filled(scenario),
        st.tuples(*columns),
    )


def filled(template: Any) -> SearchStrategy[Any]:
    """A template with a draw in place of each strategy in it."""
    if isinstance(template, SearchStrategy):
        return template
    if isinstance(template, dict):
        return st.fixed_dictionaries({key: filled(value) for key, value in template.items()})
    if isinstance(template, list):
        return st.tuples(*map(filled, template)).map(list)
    return st.just(template)


# Numbers.

SEED = st.integers(0, 2**32 - 1)
POSITIVE_AMOUNT = st.floats(3.0, 9.0).map(lambda exponent: 10.0**exponent)
LIQUIDITY = st.floats(6.0, 9.0).map(lambda exponent: 10.0**exponent)
AMOUNT = st.just(0.0) | POSITIVE_AMOUNT
SHARE = st.sampled_from([0.0, 1.0]) | st.floats(0.0, 1.0)
RATE = st.just(0.0) | st.floats(0.0, 0.3)
SOLID_RATE = st.floats(0.001, 0.3)
"""A rate by which rounding in the yields of others is nothing; see `structures`."""


# Drivers.

Style = Callable[[np.random.Generator, int], np.ndarray]


def path(*styles: Style, rows: int = NUM_ROWS) -> Path:
    """A path of some rows in one of several styles, from a generator with a drawn seed."""
    return st.builds(
        lambda style, seed: style(np.random.default_rng(seed), rows), st.sampled_from(styles), SEED
    )


def column(name: str, values: Path) -> SearchStrategy[Columns]:
    """A path as a driver column."""
    return values.map(lambda values: {name: values})


def columns(prefix: str, names: list[str], values: Path) -> SearchStrategy[Columns]:
    """A path [rows, N] as one driver column for each deposit."""
    return values.map(
        lambda values: {f"{prefix}_{name}": values[:, i] for i, name in enumerate(names)}
    )


def shares(count: int) -> Path:
    """Paths on the simplex [rows, N]: spread out, nearly concentrated, in corners, constant."""
    return path(
        lambda g, rows: g.dirichlet(np.ones(count), rows),
        lambda g, rows: g.dirichlet(np.full(count, 0.05), rows),
        lambda g, rows: np.eye(count)[g.integers(0, count, rows)],
        lambda g, rows: np.repeat(g.dirichlet(np.ones(count), 1), rows, axis=0),
    )


def _before(generator: np.random.Generator, rows: int) -> np.ndarray:
    """Whether a row lies before a random one; some rows do."""
    return np.arange(rows) < generator.integers(1, rows)


def price(rows: int = NUM_ROWS) -> Path:
    """Prices that wander, jump, stand still, rise or fall steadily, or crash to a millionth."""
    return path(
        lambda g, rows: 2000 * np.exp(g.normal(0, 0.05, rows).cumsum()),
        lambda g, rows: 10 ** g.uniform(2, 5, rows),
        lambda g, rows: np.full(rows, 10 ** g.uniform(-3, 5)),
        lambda g, rows: np.linspace(2000, 2000 * g.uniform(0.1, 1.9), rows),
        lambda g, rows: np.where(_before(g, rows), 2000.0, 2e-3),
        rows=rows,
    )


def utilization(rows: int = NUM_ROWS) -> Path:
    """Utilizations that vary, stand still, or jump between the ends."""
    return path(
        lambda g, rows: g.normal(0.7, 0.2, rows).clip(0, 1),
        lambda g, rows: np.full(rows, g.choice([0.0, 0.8, 1.0, g.uniform()])),
        lambda g, rows: 1.0 * g.integers(0, 2, rows),
        rows=rows,
    )


def mint_redeem(rows: int = NUM_ROWS) -> Path:
    """Flows of any size, none, or one redemption of everything."""
    return path(
        lambda g, rows: g.normal(0, 10 ** g.uniform(3, 8), rows),
        lambda g, rows: np.zeros(rows),
        lambda g, rows: np.where(np.arange(rows) == g.integers(1, rows), -1e10, 0.0),
        rows=rows,
    )


FEI_PRICE = path(
    lambda g, rows: g.uniform(0.97, 1.03, rows),
    lambda g, rows: np.full(rows, g.uniform(0.5, 2.0)),
    lambda g, rows: np.where(_before(g, rows), 1.0, 0.2),
)
BORROW_DEMAND = path(
    lambda g, rows: 10 ** g.uniform(3, 9, rows),
    lambda g, rows: np.full(rows, g.choice([0.0, 10 ** g.uniform(3, 9)])),
)
YIELD_RATE = path(
    lambda g, rows: g.normal(0.03, 0.05, rows),
    lambda g, rows: np.full(rows, g.choice([0.0, -0.1, 0.05])),
    lambda g, rows: 0.2 * g.integers(0, 2, rows),
    lambda g, rows: np.exp(g.normal(0, 5, rows)),
)
SAVINGS_RATE = YIELD_RATE.map(np.abs)
OUTSIDE_RISK = path(
    lambda g, rows: g.uniform(0, 3, rows),
    lambda g, rows: 100.0 * g.integers(0, 2, rows),
    lambda g, rows: np.zeros(rows),
)
AVAILABLE = path(
    lambda g, rows: 1.0 * g.integers(0, 2, rows),
    lambda g, rows: 1.0 * _before(g, rows),
    lambda g, rows: 1.0 - _before(g, rows),
)
