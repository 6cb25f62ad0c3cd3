"""The driver columns there are: what each may hold, whose it is, and who reads which."""

import dataclasses
from collections.abc import Collection, Sequence
from typing import Literal

from camjax.domains import COLUMN_DOMAINS, Domain
from camjax.scenario.deposit_tables import DepositTable

TIME_COLUMNS = ("step", "time")
"""Columns that place the rows of drivers.csv in time; not drivers."""


YIELDS = ("yield_rate", "savings_rate")
"""Columns that hold yields in 1/year, by their names without a deposit's."""

WEIGHTS_FROM_OUTSIDE = ("dirichlet_", "target_")
"""How columns begin that only one rule reads, and reads for all allocated deposits at once."""


@dataclasses.dataclass(frozen=True)
class ColumnKind:
    """One kind of driver column.

    Args:
      domain: what its values may be.
      shared: whether the bare name is a column, for all deposits.
      types: types of the deposits whose names may follow the bare name; None: all.
      processes: which processes may drive it: any, only those that draw nothing, or none.
      rules: weight rules that read it; None: which rule there is does not matter.
    """

    domain: Domain
    shared: bool = False
    types: frozenset[str] | None = frozenset()
    processes: Literal["any", "fixed", "none"] = "any"
    rules: frozenset[str] | None = None


COLUMN_KINDS: dict[str, ColumnKind] = {
    "volatile_asset_price": ColumnKind(COLUMN_DOMAINS["volatile_asset_price"], shared=True),
    "fei_price": ColumnKind(COLUMN_DOMAINS["fei_price"], shared=True),
    "mint_redeem": ColumnKind(COLUMN_DOMAINS["mint_redeem"], shared=True),
    "utilization": ColumnKind(COLUMN_DOMAINS["utilization"], True, frozenset({"money_market"})),
    "borrow_demand": ColumnKind(COLUMN_DOMAINS["borrow_demand"], True, frozenset({"money_market"})),
    "savings_rate": ColumnKind(COLUMN_DOMAINS["savings_rate"], True, frozenset({"savings"})),
    "yield_rate": ColumnKind(COLUMN_DOMAINS["yield_rate"], False, frozenset({"external"})),
    "risk": ColumnKind(
        COLUMN_DOMAINS["risk"], False, None, rules=frozenset({"endogenous", "pairwise"})
    ),
    "available": ColumnKind(COLUMN_DOMAINS["available"], False, None, "fixed"),
    "dirichlet": ColumnKind(
        COLUMN_DOMAINS["dirichlet"], False, None, "none", frozenset({"exogenous"})
    ),
    "target": ColumnKind(COLUMN_DOMAINS["target"], False, None, "fixed", frozenset({"prescribed"})),
}


def known_columns(deposits: Sequence[DepositTable]) -> dict[str, ColumnKind]:
    """Every driver column that means something for these deposits, by its full name."""
    shared = {stem: kind for stem, kind in COLUMN_KINDS.items() if kind.shared}
    own = {
        f"{stem}_{deposit.name}": kind
        for deposit in deposits
        for stem, kind in COLUMN_KINDS.items()
        if kind.types is None or deposit.type in kind.types
    }
    of_type = {
        f"{stem}_{deposit.name}": ColumnKind(domain)
        for deposit in deposits
        for stem, domain in deposit.columns.items()
    }
    return shared | own | of_type


def is_yield(column: str) -> bool:
    """Whether a driver column holds yields.

    >>> is_yield("yield_rate_aave"), is_yield("savings_rate"), is_yield("utilization_aave")
    (True, True, False)
    """
    return column in YIELDS or column.startswith(tuple(f"{stem}_" for stem in YIELDS))


def column_for(stem: str, deposit: str, columns: Collection[str]) -> str | None:
    """The column that a deposit reads: its own, else the shared one, else None.

    >>> column_for("utilization", "aave", {"utilization", "utilization_aave"})
    'utilization_aave'
    """
    shared = (stem,) if COLUMN_KINDS[stem].shared else ()
    candidates = (f"{stem}_{deposit}", *shared)
    return next((column for column in candidates if column in columns), None)


def unread_columns(
    deposits: Sequence[DepositTable], rule: str, columns: Collection[str]
) -> tuple[str, ...]:
    """The columns, in their order, that neither a deposit nor the weight rule reads.

    A deposit that has columns of its own does not read those for all of its type; the rule looks
    at what is under allocation.

    >>> from camjax.scenario.deposit_tables import IdleTable
    >>> idle = IdleTable(name="idle", type="idle", user_balance=1.0)
    >>> unread_columns([idle], "logit", ["fei_price", "utilization", "available_idle", "risk_idle"])
    ('utilization', 'risk_idle')
    """
    read = {stem for stem, kind in COLUMN_KINDS.items() if kind.types == frozenset()}
    for deposit in deposits:
        read |= _read_by_deposit(deposit, columns)
        if deposit.allocated:
            read |= {f"{stem}_{deposit.name}" for stem in _read_by_rule(rule)}
    return tuple(column for column in columns if column not in read)


def _read_by_deposit(deposit: DepositTable, columns: Collection[str]) -> set[str]:
    kinds = {
        stem: kind for stem, kind in COLUMN_KINDS.items() if deposit.type in (kind.types or ())
    }
    stems = {*kinds, *deposit.columns}
    own = {f"{stem}_{deposit.name}" for stem in stems} & set(columns)
    return own or {stem for stem, kind in kinds.items() if kind.shared}


def _read_by_rule(rule: str) -> list[str]:
    """What columns begin with that a rule reads of each deposit."""
    kinds = ((stem, kind) for stem, kind in COLUMN_KINDS.items() if kind.types is None)
    return [stem for stem, kind in kinds if kind.rules is None or rule in kind.rules]
