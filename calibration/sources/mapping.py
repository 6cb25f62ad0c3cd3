"""Which columns of a file mean what, and in which units: told by the user, a preset, or a guess."""

import dataclasses
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Mapped
from typing import Any

from calibration.sources.sheet import Cell, Sheet
from calibration.sources.times import is_time
from camjax.errors import CamjaxError, refusal

GUESSES: Mapped[str, tuple[str, ...]] = {
    "time": ("time", "date", "day", "timestamp", "datetime", "block_time", "evt_block_time"),
    "balance": (
        "balance",
        "tvl",
        "tvlusd",
        "tvl_usd",
        "amount",
        "deposits",
        "supply",
    ),
    "yield_rate": ("yield_rate", "apr", "apy", "supply_rate", "supply_apr", "supply_apy", "rate"),
    "venue": ("venue", "protocol", "project", "pool", "market", "platform"),
    "deposit": ("deposit",),
}
"""Names by which a column is recognised, whatever its case, the first that is there."""

YIELD_PREFIX = "yield_rate_"
"""Of the columns of yields in a wide table, before the deposit's name."""


@dataclasses.dataclass(frozen=True)
class Mapping:
    """How to read a sheet. None: not said, to be guessed by the columns' names.

    Attributes:
      time: column of times.
      balance: column of balances.
      yield_rate: column of yields; "" where there is none.
      venue: column of venues, or one venue's name.
      deposit: column of deposits, or one deposit's name; None: each venue is one.
      unit: balances are divided by it, 1e18 for wei.
      is_percent: whether yields are in percent.
      apy: how published yields are compounded: "daily", "continuous", or None for simple rates.
      added: columns added to the yield, such as rewards.
      cells: what makes a column's cells of a sheet, where they are no plain column.
    """

    time: str | None = None
    balance: str | None = None
    yield_rate: str | None = None
    venue: str | None = None
    deposit: str | None = None
    unit: float | None = None
    is_percent: bool | None = None
    apy: str | None = None
    added: tuple[str, ...] = ()
    cells: Mapped[str, Callable[[Sheet], Sequence[Cell]]] = dataclasses.field(default_factory=dict)

    def over(self, other: "Mapping") -> "Mapping":
        """This mapping, and another where this one says nothing."""
        own = {
            field.name: value
            for field in dataclasses.fields(self)
            if (value := getattr(self, field.name)) not in (None, (), {})
        }
        return dataclasses.replace(other, **own)

    def column(self, sheet: Sheet, name: str) -> Sequence[Cell]:
        """The cells of a column.

        Raises:
          CamjaxError: there is none of that name.
        """
        if name in self.cells:
            return self.cells[name](sheet)
        if name not in sheet.columns:
            known = f"one of its columns: {', '.join(sheet.columns)}"
            raise CamjaxError(refusal(sheet.source, known, repr(name)))
        return sheet.columns[name]


def guessed(sheet: Sheet, said: Mapping) -> tuple[Mapping, list[str]]:
    """A mapping with what was not said found by names and contents, and sentences that say so.

    Raises:
      CamjaxError: no column of times or of balances can be told.
    """
    found: dict[str, Any] = {}
    sentences = []
    for role in ("time", "balance", "yield_rate", "venue", "deposit"):
        if getattr(said, role) is not None:
            continue
        column = _by_name(sheet, role)
        if role == "time" and column is None:
            column = _by_contents(sheet)
        if column is not None:
            found[role] = column
            if column.lower() != role:
                sentences.append(f"{role.replace('_', ' ')} read from the column {column}")
    mapping = dataclasses.replace(said, **found)
    columns = f"the columns {', '.join(sheet.columns)}"
    if mapping.time is None:
        raise CamjaxError(
            refusal(sheet.source, "a column of times", columns, "Name it: --time COLUMN.")
        )
    return mapping, sentences


def is_wide(sheet: Sheet, mapping: Mapping) -> bool:
    """Whether every column beside the time is a deposit's balance, or its yield."""
    return mapping.balance is None and mapping.venue is None and len(sheet.columns) > 1


def _by_name(sheet: Sheet, role: str) -> str | None:
    names: dict[str, str] = {}
    for name in sheet.columns:
        names.setdefault(name.lower(), name)
    return next((names[guess] for guess in GUESSES[role] if guess in names), None)


def _by_contents(sheet: Sheet) -> str | None:
    """The one column whose first cells are dates."""
    dated = [name for name, cells in sheet.columns.items() if all(map(is_time, cells[:3]))]
    return dated[0] if len(dated) == 1 else None
