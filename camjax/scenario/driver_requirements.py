"""What the rule and the deposits of a scenario ask of its drivers."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from camjax.domains import SUM_TOLERANCE
from camjax.scenario.columns import (
    WEIGHTS_FROM_OUTSIDE,
    column_for,
    known_columns,
    unread_columns,
)
from camjax.scenario.deposit_tables import (
    ExternalTable,
    LiquidityPoolTable,
    MoneyMarketTable,
    SavingsTable,
)
from camjax.scenario.driver_data import DriverData
from camjax.scenario.messages import choices, refuse, shown, unknown
from camjax.scenario.process_tables import BlockBootstrapTable, ConstantTable, ScheduleTable
from camjax.scenario.schema import Document

UTILIZATION_SOURCES = ("utilization", "borrow_demand")

Columns = Mapping[str, np.ndarray]


def check_processes(document: Document) -> None:
    """Every process drives a known column, is of a kind that may, and starts in its domain.

    Raises:
      ScenarioError: naming the first process that does not.
    """
    known = known_columns(document.deposits)
    for column, process in document.drivers.processes.items():
        where = f"drivers.{column}"
        if column not in known:
            refuse(where, *unknown("driver", column, ["file", "as_is", "correlation", *known]))
        kind = known[column]
        if kind.processes == "none":
            refuse(where, "no process", process.process, "Give these columns in drivers.csv.")
        if kind.processes == "fixed" and not isinstance(process, ConstantTable | ScheduleTable):
            refuse(f"{where}.process", '"constant" or "schedule"', shown(process.process))
        for key, value in process.anchors.items():
            if not kind.domain.contains(value).all():
                refuse(f"{where}.{key}", f"{kind.domain}, as {column} is", shown(value))


def fit_drivers(document: Document, data: DriverData) -> DriverData:
    """Check that drivers and deposits fit together; keep of the series what the rule reads.

    Prescribed weights are normalised. What nothing reads is named, so that it can be told.

    Raises:
      ScenarioError: a deposit or the rule lacks a series, or has two that contradict each other;
        weights from outside do not sum to 1; a history is too short for its blocks.
    """
    columns = {**data.series, **document.drivers.processes}.keys()
    for check in DEMANDS:
        check(document, columns)
    _check_blocks(document, data)
    fixed = _fixed_rows(document) | data.series
    _check_openings(document, fixed)
    weights = _weights_from_outside(document, data.series, fixed)
    others = {
        column: values
        for column, values in data.series.items()
        if not column.startswith(WEIGHTS_FROM_OUTSIDE)
    }
    unread = unread_columns(document.deposits, document.weights.rule, columns)
    return DriverData(others | weights, data.histories, unread)


def notes_on(document: Document, columns: Collection[str], unread: Sequence[str]) -> Iterator[str]:
    """What the drivers there are leave out without being refused, in sentences."""
    discounted = [
        deposit.name
        for deposit in document.deposits
        if isinstance(deposit, MoneyMarketTable) and deposit.risk_discount > 0.0
    ]
    if discounted and "volatile_asset_price" not in columns:
        yield (
            f"Without a volatile_asset_price its risk is 0, so that the risk_discount of"
            f" {', '.join(discounted)} has no effect."
        )
    if unread:
        yield (
            f"No deposit reads {', '.join(unread)}, nor does the {document.weights.rule} rule:"
            f" {'this column has' if len(unread) == 1 else 'these columns have'} no effect."
        )


def _markets_have_one_utilization(document: Document, columns: Collection[str]) -> None:
    """Utilization is given, or follows from the demand for credit: not both; own columns win."""
    for deposit in document.deposits:
        if not isinstance(deposit, MoneyMarketTable):
            continue
        own = [f"{stem}_{deposit.name}" for stem in UTILIZATION_SOURCES]
        match [column for column in own if column in columns] or [
            stem for stem in UTILIZATION_SOURCES if stem in columns
        ]:
            case [_]:
                continue
            case []:
                got, remedy = "neither", "Add [drivers.utilization] or a column in drivers.csv."
            case found:
                got, remedy = " and ".join(found), "Leave one out."
        refuse(
            f"deposits.{deposit.name}", f"{choices(UTILIZATION_SOURCES)} as a driver", got, remedy
        )


def _quoted_deposits_have_a_rate(document: Document, columns: Collection[str]) -> None:
    for deposit in document.deposits:
        if not isinstance(deposit, SavingsTable | ExternalTable) or deposit.rate is not None:
            continue
        stem = "savings_rate" if deposit.type == "savings" else "yield_rate"
        if column_for(stem, deposit.name, columns) is None:
            refuse(
                f"deposits.{deposit.name}.rate",
                f"a rate, or a column {stem}_{deposit.name} in drivers.csv or [drivers]",
                "nothing",
            )


def _price_is_there(document: Document, columns: Collection[str]) -> None:
    """A pool trades at the volatile asset's price, and exposed deposits follow its risk."""
    if "volatile_asset_price" in columns:
        return
    weights = document.weights
    averse = weights.rule != "logit" or weights.asset_risk_aversion > 0.0
    scores = weights.rule in ("endogenous", "logit", "pairwise") and averse
    for deposit in document.deposits:
        is_pool = isinstance(deposit, LiquidityPoolTable)
        exposure = weights.exposure.get(deposit.name, deposit.exposure)
        if is_pool or (scores and deposit.allocated and exposure > 0.0):
            refuse(
                "drivers.volatile_asset_price",
                f"a process, or a column in drivers.csv, since {deposit.name} depends on it",
                "nothing",
                "" if is_pool else f"Without it, set weights.exposure.{deposit.name} = 0.",
            )
    if document.revenue is not None and document.revenue.volatile_units:
        refuse(
            "drivers.volatile_asset_price",
            "a process, or a column in drivers.csv, since revenue.volatile_units are worth it",
            "nothing",
        )


def _idle_takes_mints(document: Document, columns: Collection[str]) -> None:
    if "mint_redeem" in columns and all(deposit.type != "idle" for deposit in document.deposits):
        refuse("drivers.mint_redeem", "an idle deposit to receive it", "none", "Add one.")


DEMANDS = (
    _markets_have_one_utilization,
    _quoted_deposits_have_a_rate,
    _price_is_there,
    _idle_takes_mints,
)


def _check_blocks(document: Document, data: DriverData) -> None:
    """A history is at least as long as the blocks cut from it."""
    for column, history in data.histories.items():
        process = document.drivers.processes[column]
        if isinstance(process, BlockBootstrapTable):
            entries = len(history) - (process.kind != "level")
            if process.block_steps > entries:
                refuse(
                    f"drivers.{column}.block_steps",
                    f"at most {entries}, what a history of {len(history)} rows has to cut",
                    process.block_steps,
                )


def _fixed_rows(document: Document) -> dict[str, np.ndarray]:
    """The series of openings and of prescribed weights that processes give."""
    return {
        column: process.rows(document.steps + 1, document.dt_days)
        for column, process in document.drivers.processes.items()
        if isinstance(process, ConstantTable | ScheduleTable)
        and column.startswith(("available_", *WEIGHTS_FROM_OUTSIDE))
    }


def _check_openings(document: Document, fixed: Columns) -> None:
    """On every row some allocated deposit is open."""
    rows = [fixed.get(f"available_{name}") for name in document.allocated]
    given = [row for row in rows if row is not None]
    if len(given) < len(rows):
        return
    closed = np.flatnonzero(np.sum(given, axis=0) == 0.0)
    if closed.size:
        refuse(
            f"drivers.available_*, step {closed[0]}",
            "at least one allocated deposit open",
            "all closed",
            "Capital has to be somewhere.",
        )


def _weights_from_outside(
    document: Document, series: Columns, fixed: Columns
) -> dict[str, np.ndarray]:
    """Columns that only one rule reads: draws of the exogenous one, or prescribed weights.

    Draws are given for all allocated deposits or none; weights are normalised.
    """
    match document.weights.rule:
        case "exogenous":
            names = [f"dirichlet_{name}" for name in document.allocated]
            if any(name in series for name in names):
                return dict(zip(names, _on_simplex("dirichlet", names, series), strict=True))
        case "prescribed":
            names = [f"target_{name}" for name in document.allocated]
            weights = _on_simplex("target", names, fixed)
            return dict(zip(names, weights / weights.sum(axis=0), strict=True))
    return {}


def _on_simplex(stem: str, names: list[str], columns: Columns) -> np.ndarray:
    """The columns as rows of one array [N, T+1], refused unless each step sums to 1."""
    missing = [name for name in names if name not in columns]
    if missing:
        refuse(f"drivers.{stem}_*", f"columns {', '.join(names)}", f"no {', '.join(missing)}")
    weights = np.stack([columns[name] for name in names])
    sums = weights.sum(axis=0)
    wrong = np.flatnonzero(np.abs(sums - 1.0) > SUM_TOLERANCE)
    if wrong.size:
        step = int(wrong[0])
        refuse(
            f"drivers.{stem}_*, step {step}",
            f"numbers that sum to 1 within {SUM_TOLERANCE:g}",
            f"a sum of {sums[step]:.9g}",
            "They are shares of the FEI under allocation.",
        )
    return weights
