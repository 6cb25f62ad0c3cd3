"""Daily snapshots of lending markets, as subgraphs of the standard schema answer.

Times are Unix seconds as text. Rates are a list by side and type; in percent, or, above 1e18, in
ray, units of 1e-27. Balances are those of the input token, in its smallest unit where the answer
has the token's decimals, else US dollars.

References:
  Messari's standard subgraph schema for lending, marketDailySnapshots.
"""

from collections.abc import Sequence
from typing import Any

from calibration.sources.mapping import Mapping
from calibration.sources.presets.base import Preset
from calibration.sources.sheet import Cell, Sheet

RAY = 1e27
SMALLEST_IN_RAY = 1e18
BALANCES = ("inputTokenBalance", "totalDepositBalanceUSD", "totalValueLockedUSD")
DECIMALS = ("market.inputToken.decimals", "inputToken.decimals")
VENUES = ("market.name", "market.id", "market")


def _is_snapshots(sheet: Sheet) -> bool:
    named = any("snapshot" in key.lower() for key in sheet.envelope)
    return named and "timestamp" in sheet.columns


def _balances(sheet: Sheet) -> Sequence[Cell]:
    decimals = next((sheet.columns[name] for name in DECIMALS if name in sheet.columns), None)
    names = BALANCES if decimals is not None else BALANCES[1:] + BALANCES[:1]
    name = next((name for name in names if name in sheet.columns), None)
    if name is None:
        return [None] * sheet.num_rows
    cells = sheet.columns[name]
    if name != BALANCES[0] or decimals is None:
        return cells
    return [
        None if cell is None else float(cell) / 10.0 ** int(places)
        for cell, places in zip(cells, decimals, strict=True)
    ]


def _lending_rates(sheet: Sheet) -> Sequence[Cell]:
    """What lenders earn, as a share."""
    return [_lending_rate(cell) for cell in sheet.columns.get("rates", [None] * sheet.num_rows)]


def _lending_rate(rates: Any) -> float | None:
    """The variable rate of the lenders' side."""
    if not isinstance(rates, list):
        return None
    lenders = [
        rate
        for rate in rates
        if isinstance(rate, dict) and str(rate.get("side", "")).upper() in ("LENDER", "LEND")
    ]
    variable = [rate for rate in lenders if str(rate.get("type", "")).upper() == "VARIABLE"]
    for rate in (*variable, *lenders):
        number = float(rate["rate"])
        return number / RAY if number >= SMALLEST_IN_RAY else number / 100
    return None


def _venues(sheet: Sheet) -> Sequence[Cell]:
    name = next((name for name in VENUES if name in sheet.columns), None)
    return [sheet.stem] * sheet.num_rows if name is None else sheet.columns[name]


PRESET = Preset(
    recognises=_is_snapshots,
    mapping=Mapping(
        time="timestamp",
        balance="balance of the input token",
        yield_rate="lending rate",
        venue="market",
        cells={
            "balance of the input token": _balances,
            "lending rate": _lending_rates,
            "market": _venues,
        },
        is_percent=False,
    ),
    says="yields are what lenders earn at a variable rate, from percent or ray",
)
