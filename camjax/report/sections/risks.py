"""Every deposit in figures: swings, extremes, losses."""

from camjax.analysis import key_figures, tail_risk
from camjax.report.by_setting import by_setting
from camjax.report.content import Cell, Section, Table
from camjax.report.estimates import ENDS, Estimates
from camjax.report.source import Source
from camjax.report.units import SHARE, Unit, amount, words
from camjax.results import is_run

WINDOW_STEPS = 30
PROBABILITY = 0.95
AMOUNTS = {"mean": "mean", "min": "lowest", "max": "highest", "final": "final"}
RATIOS = {"volatility": "volatility", "max_drawdown": f"largest fall in {WINDOW_STEPS} steps"}
VOLATILITY = Unit("% a √year", 100.0, 1)
LOSSES = ("value_at_risk", "expected_shortfall")
NOTE = (
    "Figures of each path along time; means over paths with their 95 % intervals. Volatility: "
    "deviation of the changes from step to step, relative to the mean balance."
)


def risks(source: Source) -> Section | None:
    """Key figures and tail risks of all balances; None where paths or steps were not kept."""
    if not source.has_paths or not source.has_steps:
        return None
    too_short = is_run(source.results).sum("step").min() < 2
    items = [_key_figures(source)]
    if source.num_paths != 1 and not too_short:
        items.append(_tail(source))
    return Section(key="figures", title="Key figures and risks", text="", items=tuple(items))


def _key_figures(source: Source) -> Table:
    found = key_figures(source.results, "balance", WINDOW_STEPS)
    names = [str(name) for name in found.figure.values]
    estimates = Estimates(found, ("mean", *ENDS), ("setting", "deposit", "figure"))
    token = amount(source.token)
    columns: dict[str, Unit | None] = {"deposit": None}
    columns |= dict.fromkeys(AMOUNTS.values(), token)
    columns |= dict(zip(RATIOS.values(), (VOLATILITY, SHARE), strict=True))
    rows: list[tuple[Cell, ...]] = [
        (
            setting,
            words(name),
            *(estimates[i, n, names.index(figure)] for figure in (*AMOUNTS, *RATIOS)),
        )
        for i, setting in enumerate(source.settings)
        for n, name in enumerate(source.names)
    ]
    return by_setting(source, "Balances along a path", columns, rows, NOTE)


def _tail(source: Source) -> Table:
    found = tail_risk(source.results, "balance", PROBABILITY)
    measures = [
        Estimates(found, (name, f"{name}_low", f"{name}_high"), ("setting", "deposit"))
        for name in LOSSES
    ]
    rows: list[tuple[Cell, ...]] = [
        (setting, words(name), *(measure[i, n] for measure in measures))
        for i, setting in enumerate(source.settings)
        for n, name in enumerate(source.names)
        if source.allocated[i, n]
    ]
    token = amount(source.token)
    return by_setting(
        source,
        f"Losses from the first step to the last, {SHARE.text(PROBABILITY, 0)}",
        {"deposit": None, **{words(name): token for name in LOSSES}},
        rows,
        f"On {SHARE.text(1 - PROBABILITY, 0)} of the paths a deposit loses more than its value at "
        "risk, and there its expected shortfall on average. Negative: a gain. 95 % intervals.",
    )
