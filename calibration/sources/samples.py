"""Samples of venues, in tokens and yearly rates, from the rows of sheets."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.sources.mapping import YIELD_PREFIX, Mapping, guessed, is_wide
from calibration.sources.presets import PRESETS
from calibration.sources.sheet import Cell, Sheet
from calibration.sources.times import read_times
from camjax.errors import CamjaxError, refusal

DAYS_PER_YEAR = 365.0

_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d*)?")


@dataclass(frozen=True)
class Samples:
    """What one file says of one venue, as it stands there in order of rows.

    Attributes:
      source: the file's name.
      venue: the venue's name.
      deposit: the deposit that it belongs to, a name that scenarios take.
      days: [n] since 1970-01-01 UTC, or as counted in the file.
      is_calendar: which of both.
      balances: [n] tokens; NaN where blank.
      yield_rates: [n] 1/year, simple; NaN where blank.
      were_percent: whether yields stand there in percent.
    """

    source: str
    venue: str
    deposit: str
    days: np.ndarray
    is_calendar: bool
    balances: np.ndarray
    yield_rates: np.ndarray
    were_percent: bool


def read_samples(
    sheet: Sheet, said: Mapping, format_: str | None
) -> tuple[list[Samples], list[str]]:
    """Samples of every venue in a sheet, and sentences on what was guessed of it.

    Args:
      sheet: rows of a file.
      said: what the user says of its columns and units.
      format_: a preset by name; None: the one that recognises the sheet, if any does.

    Raises:
      CamjaxError: a column cannot be told, or a cell is no time or number.
    """
    name = format_ or next((n for n, preset in PRESETS.items() if preset.recognises(sheet)), None)
    sentences = []
    mapping = said
    if name is not None:
        mapping = said.over(PRESETS[name].mapping)
        sentences.append(f"read as {name}: {PRESETS[name].says}")
    mapping, guesses = guessed(sheet, mapping)
    sentences += guesses
    assert mapping.time is not None
    days, is_calendar = read_times(
        mapping.column(sheet, mapping.time), f"{sheet.source}, {mapping.time}"
    )
    read = _wide if is_wide(sheet, mapping) else _long
    return read(sheet, mapping, days, is_calendar), [f"{sheet.source}: {s}." for s in sentences]


def deposit_name(text: str) -> str:
    """A name that scenarios take, made of a venue's.

    >>> deposit_name("Aave v3 (USDC)")
    'aave_v3_usdc'
    """
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_").lower()
    return name or "venue"


def _long(sheet: Sheet, mapping: Mapping, days: np.ndarray, is_calendar: bool) -> list[Samples]:
    if mapping.balance is None:
        got = f"the columns {', '.join(sheet.columns)}"
        raise CamjaxError(
            refusal(sheet.source, "a column of balances", got, "Name it: --balance COLUMN.")
        )
    balances = _numbers(sheet, mapping, mapping.balance) / (mapping.unit or 1.0)
    yields = _yield_rates(sheet, mapping)
    venues = _names(sheet, mapping, mapping.venue or sheet.stem)
    deposits = venues if mapping.deposit is None else _names(sheet, mapping, mapping.deposit)
    rows: dict[tuple[str, str], list[int]] = {}
    for row, key in enumerate(zip(deposits, venues, strict=True)):
        rows.setdefault(key, []).append(row)
    return [
        Samples(
            source=sheet.source,
            venue=venue,
            deposit=deposit_name(deposit),
            days=days[at],
            is_calendar=is_calendar,
            balances=balances[at],
            yield_rates=yields[at],
            were_percent=bool(mapping.is_percent),
        )
        for (deposit, venue), at in rows.items()
    ]


def _wide(sheet: Sheet, mapping: Mapping, days: np.ndarray, is_calendar: bool) -> list[Samples]:
    """One column a deposit, and where known one of its yields."""
    names = [
        name for name in sheet.columns if name != mapping.time and not name.startswith(YIELD_PREFIX)
    ]
    found = []
    for name in names:
        yields = np.full(len(days), math.nan)
        if YIELD_PREFIX + name in sheet.columns:
            yields = _simple(_numbers(sheet, mapping, YIELD_PREFIX + name), mapping)
        found.append(
            Samples(
                source=sheet.source,
                venue=name,
                deposit=deposit_name(name),
                days=days,
                is_calendar=is_calendar,
                balances=_numbers(sheet, mapping, name) / (mapping.unit or 1.0),
                yield_rates=yields,
                were_percent=bool(mapping.is_percent),
            )
        )
    return found


def _yield_rates(sheet: Sheet, mapping: Mapping) -> np.ndarray:
    if not mapping.yield_rate:
        return np.full(sheet.num_rows, math.nan)
    total = _numbers(sheet, mapping, mapping.yield_rate)
    for column in mapping.added:
        total = total + np.nan_to_num(_numbers(sheet, mapping, column))
    return _simple(total, mapping)


def _simple(published: np.ndarray, mapping: Mapping) -> np.ndarray:
    """Simple yearly rates of published yields.

    y = 365 ((1 + apy)^(1/365) - 1) of yields compounded daily, log(1 + apy) continuously.
    """
    share = published / 100 if mapping.is_percent else published
    if mapping.apy is None:
        return share
    logarithm = np.log1p(np.maximum(share, -1 + 1e-12))
    if mapping.apy == "continuous":
        return logarithm
    return DAYS_PER_YEAR * np.expm1(logarithm / DAYS_PER_YEAR)


def _names(sheet: Sheet, mapping: Mapping, name: str) -> list[str]:
    """A name for each row: those of a column, or one for all."""
    if name not in sheet.columns and name not in mapping.cells:
        return [name] * sheet.num_rows
    cells = mapping.column(sheet, name)
    for row, cell in enumerate(cells):
        if cell is None or not str(cell).strip():
            raise CamjaxError(refusal(sheet.place(row, name), "a name", "a blank"))
    return [str(cell).strip() for cell in cells]


def _numbers(sheet: Sheet, mapping: Mapping, name: str) -> np.ndarray:
    cells: Sequence[Cell] = mapping.column(sheet, name)
    return np.array([_number(cell, sheet, row, name) for row, cell in enumerate(cells)])


def _number(cell: Cell, sheet: Sheet, row: int, name: str) -> float:
    """A finite number, NaN for a blank."""
    if cell is None or cell == "":
        return math.nan
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        text = repr(cell)
    else:
        text = str(cell).strip().rstrip("%").strip()
        if sheet.decimal_comma:
            text = text.replace(".", "").replace(",", ".")
        elif _THOUSANDS.fullmatch(text):
            text = text.replace(",", "")
    try:
        number = float(text) if text.isascii() and "_" not in text else math.inf
    except (ValueError, OverflowError):
        number = math.inf
    if math.isnan(number):
        return math.nan
    if math.isinf(number):
        raise CamjaxError(refusal(sheet.place(row, name), "a finite number", repr(cell)))
    return number
