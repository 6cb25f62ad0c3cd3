"""Deposit types of one's own, that scenario files can name."""

import dataclasses
from typing import TYPE_CHECKING

from camjax.errors import CamjaxError, refusal
from camjax.scenario.deposit_tables import DEPOSIT_TABLES, DepositTable, deposit_entries
from camjax.scenario.schema import Document

if TYPE_CHECKING:
    from camjax.deposits import Deposit


def register_deposit(deposit: "type[Deposit]", table: type[DepositTable]) -> None:
    """Let scenario files name a deposit type: `type = "<its type>"`, with the keys of its table.

    From then on, in this process, scenarios of this type load, by file as by mapping. A class that
    is defined again, as when a cell of a notebook runs twice, takes the place of the earlier one.

    Args:
      deposit: the class; `deposit.type` is its name in files.
      table: keys beyond those of every deposit, each named as the deposit's field that it gives.

    Raises:
      CamjaxError: the type is another's already, or keys and fields are not the same.
    """
    from camjax.deposits import DEPOSITS

    where = f"register_deposit({deposit.__name__}, {table.__name__})"
    taken = DEPOSITS.get(deposit.type, deposit)
    if (taken.__module__, taken.__qualname__) != (deposit.__module__, deposit.__qualname__):
        got = f'"{deposit.type}", which is {taken.__name__}\'s'
        raise CamjaxError(refusal(where, "a type of its own", got))
    fields = {field.name for field in dataclasses.fields(deposit)}  # type: ignore[arg-type]
    keys = table.model_fields.keys() - DepositTable.model_fields.keys()
    if keys | {"user_balance"} != fields:
        expected = f"keys {', '.join(sorted(fields - {'user_balance'})) or 'of every deposit only'}"
        remedy = "A key of the table gives the field of the deposit of the same name."
        raise CamjaxError(refusal(where, expected, ", ".join(sorted(keys)) or "none", remedy))
    missing = set(deposit.series) - table.columns.keys()
    if missing:
        expected = f"columns to say what {', '.join(sorted(missing))} may hold"
        raise CamjaxError(refusal(where, expected, "none"))
    DEPOSITS[deposit.type] = deposit
    DEPOSIT_TABLES[deposit.type] = table
    Document.model_fields["deposits"].annotation = deposit_entries()
    Document.model_rebuild(force=True)
