"""Driver columns by name -> the series each part of a model reads, and the rows of a scan."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array

from camjax.deposits import Deposit
from camjax.errors import CamjaxError, refusal
from camjax.given_columns import as_series, check_columns
from camjax.groups import Groups
from camjax.market import Drivers, Row, Series, volatile_asset_risk
from camjax.processes import PRICE_FLOOR
from camjax.vector import Vector

Columns = dict[str, Array]


def drivers_of(
    deposits: Sequence[Deposit],
    names: Sequence[str],
    positions: Sequence[int],
    columns: Columns,
    steps: int | None = None,
) -> Drivers:
    """Sort columns named as in drivers.csv, [T + 1] or longer, into `Drivers` of T steps.

    Raises:
      CamjaxError: columns that are not series or too short, or no way to know T; values that are
        known and that drivers.csv would be refused for, see `check_columns`.
    """
    dtype = jax.tree.leaves(deposits)[0].dtype
    columns = as_series(columns, dtype)
    shapes = {column: values.shape for column, values in columns.items()}
    if steps is None:
        if len(set(shapes.values())) != 1 or not all(len(shape) == 1 for shape in shapes.values()):
            raise CamjaxError(
                refusal("drivers", "series of one length", shapes, "Or give the number of steps.")
            )
        steps = len(next(iter(columns.values()))) - 1
    for column, shape in shapes.items():
        if len(shape) != 1 or shape[0] <= steps:
            raise CamjaxError(refusal(f"drivers.{column}", f"a series of {steps + 1} rows", shape))
    columns = {column: values[: steps + 1] for column, values in columns.items()}
    columns = check_columns(columns, names, [names[i] for i in positions])
    return sorted_columns(deposits, names, positions, columns, steps)


def sorted_columns(
    deposits: Sequence[Deposit],
    names: Sequence[str],
    positions: Sequence[int],
    columns: Columns,
    steps: int,
) -> Drivers:
    """Columns of one shape, series or one row of them, where each part of a model reads them.

    Raises:
      CamjaxError: columns of some deposits but not of all, where all need one.
    """
    allocated = [names[i] for i in positions]
    return Drivers(
        volatile_asset_price=columns.get("volatile_asset_price"),
        fei_price=columns.get("fei_price"),
        mint_redeem=columns.get("mint_redeem"),
        deposits=tuple(
            _own_series(deposit, name, columns)
            for deposit, name in zip(deposits, names, strict=True)
        ),
        risk=_per_deposit("risk_", allocated, columns, absent=0.0),
        available=_per_deposit("available_", allocated, columns, absent=1.0),
        dirichlet=_per_deposit("dirichlet_", allocated, columns),
        target=_per_deposit("target_", allocated, columns),
        observed_yield=_per_deposit("observed_yield_", allocated, columns, absent=jnp.nan),
        steps=steps,
    )


def rows_of(deposits: Sequence[Deposit], drivers: Drivers, risk_window: int) -> Row:
    """Rows 1…T of the drivers, stacked, with what follows from prices alone at each."""
    rows = jax.tree.map(lambda series: series[1:], drivers)
    risk = held = None
    if (price := drivers.volatile_asset_price) is not None:
        risk = volatile_asset_risk(price, risk_window)
        held = is_held(price[1:], price[0])
    step = jnp.arange(1, drivers.steps + 1, dtype=jnp.int32)
    return row_of(Groups.of(deposits, drivers.deposits), rows, step, risk, held)


def first_row(deposits: Sequence[Deposit], drivers: Drivers) -> Row:
    """Row 0 of the drivers: what a model is started in, before there is a risk."""
    row = jax.tree.map(lambda series: series[0], drivers)
    return row_of(Groups.of(deposits, drivers.deposits), row, jnp.int32(0), None, None)


def row_of(
    groups: Groups, drivers: Drivers, step: Array, risk: Array | None, held: Array | None
) -> Row:
    """What a step reads, from one row of the drivers; or many steps, stacked, from many rows."""
    return Row(
        groups=groups,
        step=step,
        volatile_asset_price=drivers.volatile_asset_price,
        volatile_asset_risk=risk,
        price_held=held,
        fei_price=drivers.fei_price,
        mint_redeem=drivers.mint_redeem,
        deposits=groups.stack(drivers.deposits, axis=step.ndim),
        risk=drivers.risk,
        available=drivers.available,
        dirichlet=drivers.dirichlet,
        target=drivers.target,
        observed_yield=drivers.observed_yield,
    )


def is_held(price: Array, initial_price: Array) -> Array:
    """Whether a price is at its floor; a little above, so that rounding cannot hide it."""
    return price <= 1.001 * PRICE_FLOOR * initial_price


def _own_series(deposit: Deposit, name: str, columns: Columns) -> Series:
    """A deposit's series by plain column name; where any bear its name, only those.

    So a market that has a demand of its own does not read a utilization for all.
    """
    own = {column: columns.get(f"{column}_{name}") for column in deposit.series}
    shared = {column: columns.get(column) for column in deposit.series}
    found = own if any(values is not None for values in own.values()) else shared
    return {column: values for column, values in found.items() if values is not None}


def _per_deposit(
    prefix: str, names: Sequence[str], columns: Columns, absent: float | None = None
) -> Vector | None:
    """Series of the allocated deposits as a vector over them; None where there are none.

    A deposit without a series gets the constant `absent`, or is refused where that is None.
    """
    given = {name: columns[prefix + name] for name in names if prefix + name in columns}
    if not given:
        return None
    missing = [name for name in names if name not in given]
    if missing and absent is None:
        expected = f"a {prefix}<deposit> series for each allocated deposit"
        raise CamjaxError(refusal("drivers", expected, f"none for {', '.join(missing)}"))
    constant = jnp.full_like(next(iter(given.values())), absent or 0.0)
    return Vector.of([given.get(name, constant) for name in names])
