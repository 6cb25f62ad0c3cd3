"""From what venues held to the weights that implies, at the steps of the model."""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from calibration.alignment import Column, TimeAxis, add_venues, time_axis
from calibration.clock import Clock
from calibration.missing_days import MissingDays, Refuse
from calibration.observed_file import TOTAL_SUPPLY, ObservedTable
from camjax.errors import CamjaxError, refusal, shortened

_SUPPLY_ROUNDING = 1e-9
"""A residual below 0 by no more than this share of the supply is rounding, not a contradiction."""


@dataclass(frozen=True, eq=False)
class Observations:
    """Observed balances of N deposits at T moments and the weights they imply (NumPy, float64).

    A deposit that was empty is a column of zeros; one that cannot have held anything is named in
    `absent` and has no column.

    Attributes:
      times_days: [T] ascending, days since day 0 of `clock`.
      balances: [T, N] tokens, ≥ 0.
      yield_rates: [T, N] 1/year; NaN stands for the mechanism's own quote.
      weights: [T, N] dimensionless; sum to 1 over allocated deposits, NaN for the others.
      mask: [T, N] True where a balance was observed, False where it was filled in.
      names: the N deposits, in network order.
      allocated: N flags, whether a deposit is under allocation.
      absent: deposits of the scenario that the table never mentions (structural zeros).
      clock: where day 0 lies.
    """

    times_days: np.ndarray
    balances: np.ndarray
    yield_rates: np.ndarray
    weights: np.ndarray
    mask: np.ndarray
    names: tuple[str, ...]
    allocated: tuple[bool, ...]
    absent: tuple[str, ...]
    clock: Clock


def implied_weights(
    balances: ArrayLike,
    allocated: Sequence[bool] | None = None,
    row_name: Callable[[int], str] = "row {}".format,
) -> np.ndarray:
    """Weights that observed balances imply, over the deposits under allocation.

    w_i = b_i / Σ_j b_j, the sum over allocated deposits

    Args:
      balances: [T, N] tokens, ≥ 0.
      allocated: N flags; None: all.
      row_name: how messages call a row.

    Returns:
      [T, N] dimensionless; NaN for deposits not under allocation.

    Raises:
      CamjaxError: a balance is negative or not finite, no deposit is allocated, or everything
        under allocation is empty in a row.

    References:
      Specification, 5.

    >>> implied_weights([[30.0, 5.0, 10.0]], (True, False, True)).tolist()
    [[0.75, nan, 0.25]]
    """
    held = np.asarray(balances, dtype=np.float64)
    flags = np.ones(held.shape[1:], bool) if allocated is None else np.asarray(allocated, bool)
    if held.ndim != 2 or flags.shape != held.shape[1:] or not flags.any():
        expected = "balances [T, N] and N flags, at least one of them True"
        got = f"balances of shape {held.shape} and {flags.tolist()}"
        raise CamjaxError(refusal("allocated", expected, got))
    bad = np.argwhere(~(np.isfinite(held) & (held >= 0)))
    if len(bad):
        row, column = bad[0].tolist()
        where = f"{row_name(row)}, deposit {column}"
        raise CamjaxError(refusal(where, "a balance ≥ 0", held[row, column]))
    # Scaled first: the sum of balances near the largest number there is would be infinite.
    largest = held[:, flags].max(axis=1, keepdims=True)
    empty = np.flatnonzero(largest == 0)
    if len(empty):
        remedy = "Where everything is empty there are no weights: leave that row out."
        expected = "a deposit under allocation that is not empty"
        raise CamjaxError(refusal(row_name(int(empty[0])), expected, "only zeros", remedy))
    scale = np.exp2(np.floor(np.log2(largest)))  # a power of two, by which nothing is rounded
    parts = held / scale
    return np.where(flags, parts / parts[:, flags].sum(axis=1, keepdims=True), np.nan)


def observe(
    table: ObservedTable,
    *,
    deposits: Sequence[str] | None = None,
    allocated: Sequence[bool] | None = None,
    start: datetime.date | None = None,
    dt_days: float | None = None,
    missing: MissingDays | None = None,
    residual: str | None = None,
    supply: ObservedTable | None = None,
) -> Observations:
    """Add up the venues of each deposit at the model's steps.

    Args:
      table: venue balances, as read by `read_observed`.
      deposits: the scenario's deposits in network order; None: those of the table, as they appear.
      allocated: which of `deposits` are under allocation; None: all.
      start: the scenario's start date; None: day 0 is the first observation, or day 0 of a table
        that counts days.
      dt_days: the scenario's step: rows are the steps k·Δt from the first observation to the
        last. None: rows are the moments of the table, however irregular.
      missing: what to do where a venue was not observed; None: `Refuse()`.
      residual: the deposit that holds what the others leave of the total supply.
      supply: the series `total_supply`; None: it is in `table`.

    Returns:
      Observations over the deposits observed. Every venue counts at every row: one that was not
      yet open needs a 0 in the table.

    Raises:
      CamjaxError: a deposit the scenario does not have, observations before the start or between
        steps, a gap that `missing` does not reach, a supply smaller than the balances, or a row
        in which everything is empty.

    References:
      Specification, 5.
    """
    policy = Refuse() if missing is None else missing
    holdings, supply = _split_supply(table, supply, residual)
    seen = tuple(dict.fromkeys(series.deposit for series in holdings.series))
    if residual in seen:
        remedy = "The residual is computed: take its rows out, or name another deposit."
        expected = f"no balances of the residual deposit {shortened(repr(residual))}"
        raise CamjaxError(refusal(table.source, expected, "some", remedy))
    observed = seen if residual is None else (*seen, residual)
    scenario = observed if deposits is None else tuple(deposits)
    _check_names(holdings, scenario, residual)

    axis = time_axis(holdings, start, dt_days, policy)
    columns = {
        name: add_venues([axis.place(s, policy) for s in holdings.series if s.deposit == name])
        for name in seen
    }
    if residual is not None and supply is not None:
        supply_axis = replace(axis, source=supply.source)
        total = add_venues([supply_axis.place(series, policy) for series in supply.series])
        columns[residual] = _residual(total, list(columns.values()), supply.source, axis)
    names = tuple(name for name in scenario if name in columns)
    balances = np.stack([columns[name].balances for name in names], axis=1)
    flags = _allocation(names, scenario, allocated, table.source)
    return Observations(
        times_days=axis.days,
        balances=balances,
        yield_rates=np.stack([columns[name].yield_rates for name in names], axis=1),
        weights=implied_weights(
            balances,
            flags,
            lambda row: f"{table.source}, {axis.clock.name(axis.days[row])}",
        ),
        mask=np.stack([columns[name].mask for name in names], axis=1),
        names=names,
        allocated=flags,
        absent=tuple(name for name in scenario if name not in columns),
        clock=axis.clock,
    )


def _split_supply(
    table: ObservedTable, supply: ObservedTable | None, residual: str | None
) -> tuple[ObservedTable, ObservedTable | None]:
    """The deposits' series, and the supply's: there together with a residual, or not at all."""
    own = tuple(series for series in table.series if series.deposit == TOTAL_SUPPLY)
    holdings = tuple(series for series in table.series if series.deposit != TOTAL_SUPPLY)
    if not holdings:
        raise CamjaxError(refusal(table.source, "balances of at least one deposit", "none"))
    if own and supply is not None:
        got = f"one in {table.source} and one in {supply.source}"
        raise CamjaxError(refusal(TOTAL_SUPPLY, "one series", got))
    if own:
        supply = replace(table, series=own)
    if (supply is None) != (residual is None):
        got = "only the series" if residual is None else f"only the deposit, {residual!r}"
        remedy = "The residual deposit, such as idle, holds what the others leave of the supply."
        expected = f"a series {TOTAL_SUPPLY} and a residual deposit together"
        raise CamjaxError(refusal(table.source, expected, got, remedy))
    if supply is not None:
        strays = [s.label for s in supply.series if s.deposit != TOTAL_SUPPLY]
        if strays or supply.is_calendar != table.is_calendar:
            got = f"also {strays[0]}" if strays else "dates in one and counts of days in the other"
            expected = f"the series {TOTAL_SUPPLY} alone, with times as in {table.source}"
            raise CamjaxError(refusal(supply.source, expected, got))
    return replace(table, series=holdings), supply


def _check_names(holdings: ObservedTable, scenario: tuple[str, ...], residual: str | None) -> None:
    """Every deposit observed is one of the scenario's."""
    known = f"one of the scenario's deposits ({shortened(', '.join(scenario))})"
    remedy = "Rename it in the table, or add the deposit to the scenario."
    for series in holdings.series:
        if series.deposit not in scenario:
            where = f"{holdings.source}, line {min(series.lines)}, deposit"
            raise CamjaxError(refusal(where, known, repr(series.deposit), remedy))
    if residual is not None and residual not in scenario:
        raise CamjaxError(refusal("residual deposit", known, repr(residual)))


def _allocation(
    names: tuple[str, ...],
    scenario: tuple[str, ...],
    allocated: Sequence[bool] | None,
    source: str,
) -> tuple[bool, ...]:
    """Which of the observed deposits are under allocation."""
    flags = (True,) * len(scenario) if allocated is None else tuple(map(bool, allocated))
    if len(flags) != len(scenario):
        raise CamjaxError(refusal("allocated", f"{len(scenario)} flags, one a deposit", len(flags)))
    of_names = tuple(flag for name, flag in zip(scenario, flags, strict=True) if name in names)
    if not any(of_names):
        expected = "balances of a deposit that is under allocation"
        raise CamjaxError(refusal(source, expected, f"only {', '.join(names)}"))
    return of_names


def _residual(total: Column, others: Sequence[Column], source: str, axis: TimeAxis) -> Column:
    """What the other deposits leave of the total supply; its yield is its mechanism's to quote."""
    held = np.sum([column.balances for column in others], axis=0)
    left = total.balances - held
    short = np.flatnonzero(left < -_SUPPLY_ROUNDING * total.balances)
    if len(short):
        row = short[0]
        where = f"{source}, {axis.clock.name(axis.days[row])}, {TOTAL_SUPPLY}"
        expected = f"at least the {held[row]:.10g} tokens that the deposits hold"
        remedy = "Both must count the same tokens, protocol-owned ones in neither."
        raise CamjaxError(refusal(where, expected, f"{total.balances[row]:.10g}", remedy))
    return Column(
        balances=np.maximum(left, 0.0),
        yield_rates=np.full_like(left, np.nan),
        mask=np.logical_and.reduce([total.mask, *(column.mask for column in others)]),
    )
