"""A run's summary as text for a terminal."""

import math

from camjax.flags import warnings
from camjax.intervals import FEW_CARRY
from camjax.runs.columns import aligned
from camjax.runs.summary import (
    Band,
    DepositSummary,
    EstimateSummary,
    EventSummary,
    Summary,
)


def format_summary(summary: Summary) -> str:
    """The whole answer of `camjax run`."""
    undone = [each for each in summary.flags if each.flag != "remainder"]  # told in steps
    stuck = summary.remainder_steps.mean > 0
    first = [*warnings(undone, summary.token), *([_remainder(summary)] if stuck else [])]
    ending = [f"Compiled in {summary.compile_seconds:.2f} s, ran in {summary.run_seconds:.2f} s."]
    ending[:0] = [_event(event) for event in summary.events]
    if summary.estimate is not None:
        ending.insert(0, estimate_text(summary.estimate, summary.num_paths))
    if summary.results is not None:
        files = [summary.results, *([] if summary.report is None else [summary.report])]
        ending.append(f"Wrote {', '.join(files)}.")
    sections = [
        _heading(summary),
        "\n".join(first),
        _deposits(summary),
        _transfers(summary),
        "" if stuck else _remainder(summary),
        "\n".join(ending),
    ]
    return "\n\n".join(filter(None, sections))


def _heading(summary: Summary) -> str:
    """What was run."""
    days = summary.steps * summary.dt_days
    return (
        f"{summary.scenario}: {_count(summary.steps, 'step')} over {days:g} days, "
        f"{_count(summary.num_paths, 'path')}, seed {summary.seed}, {summary.precision}"
    )


def _deposits(summary: Summary) -> str:
    """Final balances and shares, with bands where there are paths to have them."""
    band = ("5 %", "95 %") if summary.num_paths > 1 else ()
    title = "mean" if band else "final"
    header = (f"final balance ({summary.token})", title, *band, "share", *band)
    return aligned([header, *(_deposit(deposit, len(band)) for deposit in summary.deposits)])


def _deposit(deposit: DepositSummary, width: int) -> tuple[str, ...]:
    balance = (_amount(value) for value in _values(deposit.balance, width))
    if deposit.share is None:
        return (deposit.name, *balance, *("-" for _ in range(1 + width)))
    return (deposit.name, *balance, *(f"{value:.1%}" for value in _values(deposit.share, width)))


def _transfers(summary: Summary) -> str:
    """Where most capital was to move."""
    if not summary.transfers:
        return "No capital was to move."
    header = ("largest transfers", f"mean {summary.token} a step")
    rows = [
        (f"{transfer.source} -> {transfer.destination}", _amount(transfer.mean_per_step))
        for transfer in summary.transfers
    ]
    return aligned([header, *rows])


def _remainder(summary: Summary) -> str:
    """How often settlement fell short."""
    steps = summary.remainder_steps
    if steps.mean == 0:
        return "Steps with a remainder: none."
    mean = f"Steps with a remainder: {steps.mean:.1f} of {summary.steps}"
    if summary.num_paths == 1:
        return f"{mean}."
    return f"{mean} on average, {steps.q05:.0f} to {steps.q95:.0f} in 5-95 % of paths."


def estimate_text(estimate: EstimateSummary, num_paths: int) -> str:
    """How precise the statistic is that was to be, and how many paths that took."""
    interval = f"95 % interval {estimate.low:.6g} to {estimate.high:.6g}"
    paths = _count(num_paths, "path")
    ended = f"took {paths}" if estimate.reached else f"not as precise as wanted after {paths}"
    told = f"{estimate.of}: {estimate.value:.6g}, {interval}; {ended}."
    return f"{told}\n{FEW_CARRY}" if estimate.skewed else told


def _event(event: EventSummary) -> str:
    """How probable an event is, and when it first is so."""
    ends = f"95 % interval {event.low:.1%} to {event.high:.1%}"
    never = f"never {event.never:.1%} ({event.never_low:.1%} to {event.never_high:.1%})"
    half = "not on half of the paths"
    if event.median_days is not None:
        half = f"on half of the paths within {event.median_days:g} days"
    return f"{event.event}: {event.probability:.1%} at the end, {ends}; {half}, {never}."


def _values(band: Band, width: int) -> tuple[float, ...]:
    """Mean, and the band's ends where the table has columns for them."""
    return (band.mean, band.q05, band.q95)[: 1 + width]


def _amount(value: float) -> str:
    """Whole tokens, thousands apart; hundredths where there are but a few."""
    if not math.isfinite(value):
        return "not finite"
    return f"{value:,.2f}" if 0.005 <= abs(value) < 100 else f"{value:,.0f}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
